"""Scripts, styles and pictures: each address holds a hash of what it leads to.

They are few and small, so they are in memory, compressed once.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from analysis.document.palette import style
from dashboard.answers import has
from dashboard.compression import takes_gzip

STATIC = Path(__file__).parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class _File:
    content: bytes
    compressed: bytes
    digest: str
    media_type: str


def _read(path: Path) -> _File:
    content = path.read_bytes()
    if path.suffix == ".css":
        content = style().encode() + content
    media_type, _ = mimetypes.guess_type(path.name)
    digest = hashlib.sha256(content).hexdigest()[:12]
    return _File(content, gzip.compress(content, mtime=0), digest, media_type or "")


_FILES = {path.name: _read(path) for path in STATIC.iterdir()}


def address_of(name: str) -> str:
    """Where a file is, as long as it does not change."""
    return f"/static/{name}?{_FILES[name].digest}"


class HashedFiles:
    """The files. With the right hash browsers keep one for ever, else they ask again each time.

    While servers of two versions run side by side, one is asked for the other's hashes: what it
    answers must not be kept under them.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file. Raises HTTPException."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        file = _FILES.get(scope["path"].removeprefix(f"{scope['root_path']}/"))
        if file is None:
            raise HTTPException(404)
        request = Request(scope)
        is_right = scope["query_string"].decode("latin-1") == file.digest
        answer = {
            "etag": f'"{file.digest}"',
            "cache-control": _FOR_EVER if is_right else "no-cache",
        }
        if has(request.headers, answer["etag"]):
            await Response(status_code=304, headers=answer)(scope, receive, send)
            return
        content = file.content
        if takes_gzip(request.headers):
            content = file.compressed
            answer["content-encoding"] = "gzip"
        await Response(content, headers=answer, media_type=file.media_type)(scope, receive, send)
