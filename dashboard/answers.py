"""Answers from a snapshot: who asked may keep one, and is told 304 for as long as it holds.

What is shown may depend on who asks, so no cache may give it to anybody else: it is private, it
varies with what says who asks, and its ETag is a hash over who that is and what they are told.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response

from dashboard.context import Context
from dashboard.freshness import Freshness
from dashboard.index.index import Index
from dashboard.rights import Viewer

#: Where a request's scope says that its answer can be given again.
KEEP: Final = "beatxp.keep"
#: What an address says that only holds for a while: a refresh that is followed, a kept snapshot.
PASSING: Final = frozenset({"job", "snapshot"})
#: What 304 says of an answer (RFC 9110, section 15.4.5).
OF_NOT_MODIFIED: Final = ("etag", "cache-control", "vary")


@dataclass(frozen=True)
class Keep:
    """An answer holds for a viewer while a snapshot is shown; a page, while it is as fresh.

    `tag` is its ETag.
    """

    index: Index
    viewer: Viewer
    tag: str
    freshness: Freshness | None
    until: datetime


def answer(
    asked: Context,
    index: Index | None,
    content: str,
    media_type: str,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
    freshness: Freshness | None = None,
    until: datetime = datetime.max,
) -> Response:
    """A text for a viewer, or 304 if they have it.

    `freshness` is what it depends on besides, and `until` (UTC without a zone) when it changes.
    """
    viewer, request = asked.viewer, asked.request
    body = content.encode()
    snapshot_id = "none" if index is None else index.row.snapshot_id
    headers = {
        "etag": _tag(viewer, snapshot_id, body),
        "cache-control": "private, no-cache",
        "vary": "authorization, cookie",
        **(headers or {}),
    }
    if status == 200 and has(request.headers, headers["etag"]):
        kept = {name: headers[name] for name in OF_NOT_MODIFIED}
        return Response(status_code=304, headers=kept)
    # A viewer who was refused is another one with each request.
    if index is not None and viewer.refused is None and not PASSING & request.query_params.keys():
        request.scope[KEEP] = Keep(index, viewer, headers["etag"], freshness, until)
    return Response(body, status, headers, media_type)


def _tag(viewer: Viewer, snapshot_id: str, body: bytes) -> str:
    content = hashlib.blake2b(body, digest_size=12)
    content.update(f"\0{viewer.producer_id} {sorted(viewer.roles)}".encode())
    return f'"{snapshot_id}.{content.hexdigest()}"'


def has(headers: Headers, tag: str) -> bool:
    """Whether the one who asks has the answer with this ETag."""
    known = headers.get("if-none-match", "")
    return tag in (part.strip().removeprefix("W/") for part in known.split(","))
