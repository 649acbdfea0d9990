"""What every answer says to browsers and caches, and which requests from elsewhere are refused."""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.problems import ProblemError, problem

#: Nothing from elsewhere, no inline script or style, in nobody's frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    # Except where an answer says how long it may be kept: errors and redirects, too, depend on who
    # asks.
    "cache-control": "no-store",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_SAFE = {"GET", "HEAD", "OPTIONS"}


class Security:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what comes from elsewhere, and add headers to all else."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [header for header in _RAW_HEADERS if header[0] not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await problem(Request(scope), refused)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _refused(self, scope: MutableMapping[str, Any]) -> ProblemError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        # A name of somebody else's that leads here: the page would be of their site.
        if self._hosts and _parts(f"//{host}").hostname not in self._hosts:
            return ProblemError(421, f"This server is not {host}.")
        if scope["method"] in _SAFE:
            return None
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            return ProblemError(403, "Requests from other sites are refused.")
        if origin is not None and _parts(origin).netloc != host:
            return ProblemError(403, "Requests from other sites are refused.")
        return None


def _parts(address: str) -> SplitResult:
    """The parts of an address; those of none if it is not one."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
