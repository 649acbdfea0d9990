"""The bytes that backups are made of: files that are named after the checksum of their bytes."""

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from xxhash import xxh3_128

from pipelines.failures import Failure
from pipelines.store.atomic import atomic_file, explained_if_full, sync_folder, write_bytes
from pipelines.store.checksums import Damaged, checksum_of, checksum_of_file

_BLOCK_BYTES: Final = 1 << 20
_OTHER_BYTES: Final = "is damaged: its bytes are not those that were written"

OnProgress = Callable[[int, int], None]


class BackupFile(msgspec.Struct, frozen=True, array_like=True):
    """A file: its path, the checksum of its bytes, and their number."""

    path: str
    checksum: str
    bytes: int


class BackupDamaged(Failure):
    """What a backup holds is gone or damaged."""

    code = "backup_damaged"


class Objects:
    """A folder of objects. Each appears whole; equal bytes are one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checksums(self) -> set[str]:
        """The checksums of all objects."""
        return {path.name for path in self._folder.glob("*/*")}

    def path(self, checksum: str) -> Path:
        """Where the object with this checksum is, or is to be."""
        return self._folder / checksum[:2] / checksum

    def put(self, data: bytes) -> str:
        """Keep bytes; returns their checksum. Raises OSError."""
        checksum = checksum_of(data)
        path = self.path(checksum)
        if not path.exists():
            write_bytes(data, path)
        return checksum

    def put_file(self, source: Path, checksum: str) -> int:
        """Keep a file with this checksum; returns its size. Raises Damaged, OSError."""
        path = self.path(checksum)
        path.parent.mkdir(parents=True, exist_ok=True)
        return copy_verified(source, path, checksum)

    def sync(self) -> None:
        """Make the names of all objects survive a power cut, also of those that were there."""
        for folder in (*self._folder.iterdir(), self._folder):
            sync_folder(folder)

    def remove_others(self, checksums: Iterable[str]) -> None:
        """Remove all objects but some."""
        for checksum in self.checksums().difference(checksums):
            self.path(checksum).unlink()

    def get(self, file: BackupFile) -> bytes:
        """The bytes of a file of a backup. Raises BackupDamaged, OSError."""
        path = self.path(file.checksum)
        with _told_of(file, path):
            data = path.read_bytes()
            if checksum_of(data) != file.checksum:
                raise Damaged(path, _OTHER_BYTES)
        return data

    def get_file(self, file: BackupFile, place: Path) -> None:
        """Copy a file of a backup to a place. Raises BackupDamaged, OSError."""
        path = self.path(file.checksum)
        place.parent.mkdir(parents=True, exist_ok=True)
        with _told_of(file, path):
            copy_verified(path, place, file.checksum)

    def damaged(self, files: Iterable[BackupFile], on_progress: OnProgress) -> list[str]:
        """What is gone or damaged of some files of backups, as sentences.

        Calls `on_progress(done, total)` with the bytes that were read. Raises OSError.
        """
        different = {file.checksum: file for file in files}
        total, done = sum(file.bytes for file in different.values()), 0
        found = []
        for file in different.values():
            path = self.path(file.checksum)
            try:
                with _told_of(file, path):
                    if checksum_of_file(path) != file.checksum:
                        raise Damaged(path, _OTHER_BYTES)
            except BackupDamaged as error:
                found.append(str(error))
            done += file.bytes
            on_progress(done, total)
        return found


def copy_verified(source: Path, place: Path, checksum: str) -> int:
    """Copy a file that has this checksum, whole or not at all; returns its size.

    Raises Damaged if it has another one or cannot be read, FileNotFoundError, OSError.
    """
    size, state = 0, xxh3_128()
    with (
        source.open("rb", buffering=0) as read,
        explained_if_full(place, source.stat().st_size),
        atomic_file(place) as hidden,
        hidden.open("wb") as written,
    ):
        while block := _block(read.read, source):
            state.update(block)
            size += written.write(block)
        if state.hexdigest() != checksum:
            raise Damaged(source, _OTHER_BYTES)
    return size


def _block(read: Callable[[int], bytes | None], source: Path) -> bytes | None:
    try:
        return read(_BLOCK_BYTES)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        raise Damaged(source, "cannot be read from its disk") from None


@contextmanager
def _told_of(file: BackupFile, path: Path) -> Iterator[None]:
    """Say of which file of a backup an object is gone or damaged. Raises BackupDamaged."""
    try:
        yield
    except (Damaged, FileNotFoundError) as error:
        state = error.state if isinstance(error, Damaged) else "is gone"
        raise BackupDamaged(
            f"The copy of {file.path} in the backup cannot be used: {path} {state}. Restore "
            "another backup, which does not have it or has another version of it."
        ) from None
