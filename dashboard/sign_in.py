"""The way to sign in, and back to where one was.

Where one comes back to is an address of ours under a name that the settings know: requests under
other names are refused before they come here (`security`), and of a Host header nothing is used but
its name and port.
"""

from urllib.parse import quote, urlsplit

_PLACE = "{address}"
#: Names of the machine itself: there is no certificate for them.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def sign_in_link(sign_in: str, host: str, where: str) -> str:
    """The address at which browsers sign in; "" if the settings have none.

    `sign_in` is that of the settings, `host` the request's Host header, and `where` the path and
    query of the page that one comes back to.
    """
    if _PLACE not in sign_in:
        return sign_in
    return sign_in.replace(_PLACE, quote(f"{_origin(host)}{where}", safe=""))


def _origin(host: str) -> str:
    parts = urlsplit(f"//{host}")
    name = parts.hostname or ""
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    # The cookie that signing in sets is for https alone (`Secure`).
    scheme = "http" if name in LOOPBACK else "https"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}{port}"
