"""Answers from a snapshot: who asked may keep one, and is told 304 for as long as it holds.

What is shown may depend on who asks, so no cache may give it to anybody else: it is private, it
varies with what says who asks, and its ETag is a hash over who that is and what they are told.
"""

import hashlib
from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from dashboard.rights import Viewer


def answer(
    request: Request,
    viewer: Viewer,
    snapshot_id: str,
    content: str,
    media_type: str,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """A text for a viewer, or 304 if they have it."""
    body = content.encode()
    headers = {
        "etag": _tag(viewer, snapshot_id, body),
        "cache-control": "private, no-cache",
        "vary": "authorization, cookie",
        **(headers or {}),
    }
    if status == 200 and has(request, headers["etag"]):
        kept = ("etag", "cache-control", "vary")
        return Response(status_code=304, headers={name: headers[name] for name in kept})
    return Response(body, status, headers, media_type)


def _tag(viewer: Viewer, snapshot_id: str, body: bytes) -> str:
    content = hashlib.blake2b(body, digest_size=12)
    content.update(f"\0{viewer.producer_id} {sorted(viewer.roles)}".encode())
    return f'"{snapshot_id}.{content.hexdigest()}"'


def has(request: Request, tag: str) -> bool:
    """Whether the one who asks has the answer with this ETag."""
    known = request.headers.get("if-none-match", "")
    return tag in (part.strip().removeprefix("W/") for part in known.split(","))
