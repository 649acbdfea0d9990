"""Answers with gzip, for those who take it, and what caches need to know about that.

Who can have an answer requested with a text of their own in it, and sees how long it is, could find
out what else it says (BREACH): what they guess right makes it shorter. Nothing here holds a token:
who may not ask is told by where a request comes from (`dashboard.security`), and cookies are in no
page. But pages repeat parts of their address next to what only their viewer is told, such as what
they earn. A site that sends a browser here with its cookie is named by the browser, so what others
cause is not compressed. Browsers before 2023 name nobody; for them the proxy can leave gzip out.
Scripts send their token themselves, which no site can make them do.
"""

import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: From so many bytes on; less fits into one packet anyway.
_LEAST_BYTES = 1_000
#: A seventh of a page's size in 0.6 ms; the highest level takes four times as long for 3% less.
_LEVEL = 5
#: By whom a browser says that a request was caused: this server, or the person alone.
_OWN = {None, "same-origin", "none"}
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.I)


def takes_gzip(headers: Headers) -> bool:
    """Whether whoever asks takes gzip (RFC 9110, section 12.5.3)."""
    return _GZIP.search(headers.get("accept-encoding", "")) is not None


def is_compressed(headers: Headers) -> bool:
    """Whether an answer to a request with these headers is compressed, if it is long enough."""
    return takes_gzip(headers) and headers.get("sec-fetch-site") in _OWN


def _in_every_encoding(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that may come in another encoding."""
    others, varies = [], []
    for name, value in headers:
        if name == b"vary":
            varies += [one for one in value.split(b", ") if one.lower() != b"accept-encoding"]
        elif name == b"etag" and not value.startswith(b"W/"):
            others.append((name, b"W/" + value))
        else:
            others.append((name, value))
    return [*others, (b"vary", b", ".join((*varies, b"Accept-Encoding")))]


class Compressed:
    """ASGI middleware: compresses, and says that it depends on what is taken.

    An ETag holds for an answer in every encoding, so it is a weak one (RFC 9110, section 8.8.1).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=_LEAST_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _in_every_encoding(message["headers"])
            await send(message)

        compresses = is_compressed(Headers(scope=scope))
        await (self._gzip if compresses else self._app)(scope, receive, with_headers)
