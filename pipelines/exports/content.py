"""The bytes of an export file: their hash, and reading exactly the bytes that were hashed.

A file can grow or be replaced while it is read. So small files are read into memory once, and
hashed and parsed from there; of large ones the bytes are hashed as they are parsed.
"""

import hashlib
import io
from collections.abc import Iterator

from pipelines.exports.files import ExportFile

IN_MEMORY_BYTES = 128 * 1024 * 1024
BLOCK_BYTES = 4 * 1024 * 1024


class FileChanged(Exception):
    """An export file's bytes are not those that were hashed before: hash it again."""


def content_sha256(file: ExportFile) -> str:
    """The SHA-256 of the file's bytes, in hexadecimal.

    Raises OSError if the file cannot be read, FileNotFoundError if it is gone.
    """
    with file.location.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class Content:
    """The bytes of an open export file, which must hash to `sha256` in the end.

    Either `held` (all bytes, already found to be the right ones) or read in blocks from `handle`:
    whatever happens to the file's name, these are the bytes of one inode.
    Raises FileChanged.
    """

    def __init__(self, handle: io.BufferedReader, sha256: str) -> None:
        self.handle = handle
        self.held: bytes | None = None
        self._sha256 = sha256
        self._hash = hashlib.sha256()
        self._compared = False
        start = handle.read(IN_MEMORY_BYTES + 1)
        if len(start) <= IN_MEMORY_BYTES:
            self.held = start
            self._hash.update(start)
            self._compare()
        else:
            handle.seek(0)

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
        """All bytes in their order, once. Raises FileChanged at the end if they are not right."""
        if self.held is not None:
            for start in range(0, len(self.held), block_bytes):
                yield self.held[start : start + block_bytes]
            return
        while block := self.handle.read(block_bytes):
            self._hash.update(block)
            yield block
        self._compare()

    def verify(self) -> None:
        """Make sure that the right bytes were read, however they were. Raises FileChanged."""
        if not self._compared:
            self.handle.seek(0)
            for _ in self.blocks():
                pass

    def _compare(self) -> None:
        self._compared = True
        if self._hash.hexdigest() != self._sha256:
            raise FileChanged(
                f"{self.handle.name} changed while it was read. Write exports under a name that "
                "ends in .part and rename them when they are complete."
            )
