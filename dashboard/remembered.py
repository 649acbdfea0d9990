"""Answers are made once: the same viewer who asks for the same again is given the bytes of before.

A snapshot never changes, so what is told of it to somebody only depends on who that is and what
they ask for; a page, besides, on its `Freshness`. All is forgotten with the snapshot.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.answers import KEEP, OF_NOT_MODIFIED, Keep, has
from dashboard.compression import is_compressed
from dashboard.context import Parts, context_of
from dashboard.freshness import freshness
from dashboard.index.index import Index
from dashboard.problems import ProblemError
from dashboard.rights import Viewer

#: How many bytes answers take that are kept, by default: of a thousand pages.
MOST_BYTES = 32 * 1024 * 1024
#: What an answer takes besides its bytes: headers, keys, objects.
_AROUND = 4_096
#: Longer ones are downloads, which nobody asks for again and again.
_LONGEST_ANSWER = 256 * 1024
#: Longer ones of a header that texts depend on are nobody's real ones.
_LONGEST_HEADER = 200
_OF_NOT_MODIFIED = {name.encode() for name in OF_NOT_MODIFIED}


class _Asked(NamedTuple):
    """What a request asks for, whoever asks."""

    path: str
    query: bytes
    is_compressed: bool
    language: str
    host: str


class _Answer(NamedTuple):
    """`route`: what metrics count it under."""

    keep: Keep
    route: Any
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class Remembered:
    """ASGI middleware: keeps what `dashboard.answers` says can be kept, and answers with it."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._index: Index | None = None
        #: What each viewer was told; what was asked for last is at the end.
        self._kept: OrderedDict[_Asked, dict[Viewer, _Answer]] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless its answer is known."""
        asked = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        parts: Parts = scope["app"].state.parts
        if self._index is not parts.served.index:
            self._forget(parts.served.index)
        known = await self._known(asked, parts, scope) if asked in self._kept else None
        if known is None:
            await self._answer(asked, scope, receive, send)
            return
        scope["app"].state.metrics.repeated.inc()
        scope["route"] = known.route
        await _send(known, scope, send)

    async def _known(self, asked: _Asked, parts: Parts, scope: Scope) -> _Answer | None:
        try:
            viewer = (await context_of(Request(scope))).viewer
        except ProblemError:
            return None  # who is refused is told why
        answer = self._kept.get(asked, {}).get(viewer)
        # Meanwhile another snapshot may be shown.
        if answer is None or not _holds(answer.keep, parts):
            return None
        self._kept.move_to_end(asked)
        return answer

    async def _answer(self, asked: _Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Have it answered, and keep the answer if it can be."""
        headers: Sequence[tuple[bytes, bytes]] = ()

        async def noting(message: Message) -> None:
            nonlocal headers
            keep: Keep | None = scope.get(KEEP)
            if message["type"] == "http.response.start":
                headers = message["headers"] if message["status"] == 200 else ()
            elif headers and keep is not None and not message.get("more_body", False):
                answer = _Answer(keep, scope.get("route"), headers, message.get("body", b""))
                self._keep(asked, answer)
            await send(message)

        await self._app(scope, receive, noting)

    def _keep(self, asked: _Asked, answer: _Answer) -> None:
        if answer.keep.index is not self._index or len(answer.body) > _LONGEST_ANSWER:
            return
        told = self._kept.setdefault(asked, {})
        self._kept.move_to_end(asked)
        before = told.get(answer.keep.viewer)
        told[answer.keep.viewer] = answer
        self._bytes += _size(asked, answer) - (_size(asked, before) if before else 0)
        while self._bytes > self._most_bytes:
            other, given_up = self._kept.popitem(last=False)
            self._bytes -= sum(_size(other, one) for one in given_up.values())

    def _forget(self, index: Index | None) -> None:
        self._index = index
        self._kept.clear()
        self._bytes = 0


def _size(asked: _Asked, answer: _Answer) -> int:
    return _AROUND + len(asked.path) + len(asked.query) + len(answer.body)


def _holds(keep: Keep, parts: Parts) -> bool:
    """Whether an answer is still what would be answered."""
    if keep.index is not parts.served.index or parts.clock() >= keep.until:
        return False
    return keep.freshness is None or keep.freshness == freshness(parts)


def _asked(scope: Scope) -> _Asked | None:
    """What is asked for, if its answer could be kept."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    headers = Headers(scope=scope)
    language, host = headers.get("accept-language", ""), headers.get("host", "")
    if max(len(language), len(host)) > _LONGEST_HEADER:
        return None
    query: bytes = scope["query_string"]
    return _Asked(scope["path"], query, is_compressed(headers), language, host)


async def _send(answer: _Answer, scope: Scope, send: Send) -> None:
    status, headers, body = 200, answer.headers, answer.body
    if has(Headers(scope=scope), answer.keep.tag):
        status, body = 304, b""
        headers = [header for header in headers if header[0] in _OF_NOT_MODIFIED]
    # A copy: whoever sends it adds to it.
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": body})
