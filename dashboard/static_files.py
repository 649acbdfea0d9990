"""Scripts, styles and pictures: each address holds a hash of what it leads to."""

import hashlib
import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_HASHES = {
    path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in STATIC.iterdir()
}
_FOR_EVER = "public, max-age=31536000, immutable"


def address_of(name: str) -> str:
    """Where a file is, as long as it does not change."""
    return f"/static/{name}?{_HASHES[name]}"


class HashedFiles(StaticFiles):
    """The files. With the right hash browsers keep one for ever, else they ask again each time.

    While servers of two versions run side by side, one is asked for the other's hashes: what it
    answers must not be kept under them.
    """

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with how long it may be kept."""
        answer = await super().get_response(path, scope)
        is_right = scope["query_string"].decode("latin-1") == _HASHES.get(os.fspath(path))
        answer.headers["cache-control"] = _FOR_EVER if is_right else "no-cache"
        return answer
