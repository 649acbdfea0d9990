"""Paths in which "%2F" is a part of a segment: an id may hold a slash."""

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASH = b"%2f"
_PERCENT = b"%25"


class EncodedSlashes:
    """ASGI middleware: leaves a path with a "%2F" as it was sent, so that it has its segments.

    Servers decode paths, after which such a slash would be one between segments. A path with a
    "%25" is left as well: nobody is to decode it twice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and is_as_sent(scope):
            scope["path"] = scope["raw_path"].decode("ascii", "replace")
        await self._app(scope, receive, send)


def is_as_sent(scope: Scope) -> bool:
    """Whether a request's path is still as it was sent, percent-encoded."""
    sent = scope.get("raw_path", b"").lower()
    return _SLASH in sent or _PERCENT in sent


def decoded(scope: Scope, segment: str) -> str:
    """A segment of a request's path as it was meant."""
    return unquote(segment) if is_as_sent(scope) else segment
