"""The bytes of an export file: their hash, and reading exactly the bytes that were hashed.

A file can grow or be replaced while it is read. So small files are read into memory once, and
hashed and parsed from there; large ones are hashed first, and once more as they are parsed.
"""

import hashlib
import io
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from pipelines.exports.files import ExportFile

IN_MEMORY_BYTES = 128 * 1024 * 1024
BLOCK_BYTES = 4 * 1024 * 1024


class FileChanged(Exception):
    """An export file's bytes are not those that were hashed before: hash it again."""


class Content:
    """The bytes of an export file, which is open until the context ends.

    Whatever happens to the file's name, these are the bytes of one inode, and they are `held` in
    memory unless they are too many. Raises OSError if the file cannot be read, FileNotFoundError
    if it is gone.
    """

    def __init__(self, file: ExportFile) -> None:
        self.handle = file.location.open("rb")
        try:
            self.held, self.sha256 = _held_and_hashed(self.handle)
        except BaseException:
            self.handle.close()
            raise
        self._compared = self.held is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.handle.close()

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
        """All bytes in their order, once. Raises FileChanged at the end if they are not right."""
        if self.held is not None:
            for start in range(0, len(self.held), block_bytes):
                yield self.held[start : start + block_bytes]
            return
        again = hashlib.sha256()
        while block := self.handle.read(block_bytes):
            again.update(block)
            yield block
        self._compared = True
        if again.hexdigest() != self.sha256:
            raise FileChanged(
                f"{self.handle.name} changed while it was read. Write exports under a name that "
                "ends in .part and rename them when they are complete."
            )

    def verify(self) -> None:
        """Make sure that the bytes that were read are those of the hash. Raises FileChanged."""
        if not self._compared:
            self.handle.seek(0)
            for _ in self.blocks():
                pass


def _held_and_hashed(handle: io.BufferedReader) -> tuple[bytes | None, str]:
    """The bytes, if they are few, and their SHA-256 in hexadecimal; leaves the handle at 0."""
    start = handle.read(IN_MEMORY_BYTES + 1)
    handle.seek(0)
    if len(start) <= IN_MEMORY_BYTES:
        return start, hashlib.sha256(start).hexdigest()
    del start
    sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    handle.seek(0)
    return None, sha256
