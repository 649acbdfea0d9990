"""Which bytes a Parquet file of the store has: its name ends with their checksum.

A file is verified before it is read: once per process, as long as it is left alone. Bits that a
disk turned, a copy that was cut short and a file that somebody put in another's place all have
another checksum. It proves no more than that the bytes are those that were written, and costs
little (XXH3 passes over memory about as fast as it can be read, SHA-256 took 25 times as long).
Files of early versions have no checksum in their names, and are read as they are.
"""

import errno
import os
import re
from pathlib import Path
from typing import Final

import xxhash

from pipelines.failures import Failure

_IN_NAME: Final = re.compile(r"\.([0-9a-f]{32})\.parquet")
_BLOCK_BYTES: Final = 1 << 20

#: Which file, at which size and time, had the checksum that its name says.
_verified: set[tuple[int, int, int, int, str]] = set()


class Damaged(Failure):
    """A file of the store is gone or has other bytes than were written; `path` is the file's."""

    code = "damaged"
    may_pass = True

    def __init__(self, path: Path, state: str) -> None:
        super().__init__(
            f"{path} {state}. `beatxp verify --repair` computes what is damaged again, and so does "
            "the next refresh that needs it."
        )
        self.path = path
        self.state = state


def checksum_of(data: bytes | memoryview) -> str:
    """The checksum of bytes in memory, 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(data)


def checksum_of_file(path: Path) -> str:
    """The checksum of a file's bytes. Raises OSError."""
    state = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        block = memoryview(bytearray(min(_BLOCK_BYTES, os.fstat(file.fileno()).st_size + 1)))
        while count := file.readinto(block):
            state.update(block[:count])
    return state.hexdigest()


def parquet_name(label: str, checksum: str) -> str:
    """The name of a Parquet file with this checksum."""
    return f"{label}.{checksum}.parquet"


def checksum_in(name: str) -> str | None:
    """The checksum that a Parquet file's name says; None if it says none."""
    found = _IN_NAME.search(name)
    return None if found is None else found[1]


def label_of(name: str) -> str:
    """What stands before the checksum in a file's name, or the whole name without one."""
    found = _IN_NAME.search(name)
    return name[: found.start()] if found else name


def verify(path: Path) -> None:
    """Raise Damaged unless a file is there, with the bytes that its name says. Raises OSError."""
    try:
        stat = path.stat()
        checksum = checksum_in(path.name)
        if checksum is None:
            return
        state = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, checksum)
        if state in _verified:
            return
        if checksum_of_file(path) != checksum:
            raise Damaged(path, "is damaged: its bytes are not those that were written")
    except (FileNotFoundError, NotADirectoryError):
        raise Damaged(path, "is gone") from None
    except IsADirectoryError:
        raise Damaged(path, "is a folder, and no file any more") from None
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        raise Damaged(path, "cannot be read from its disk") from None
    _verified.add(state)


def verify_again() -> None:
    """Rely on nothing that was verified so far, as another process would."""
    _verified.clear()


def damage_of(path: Path) -> Damaged | None:
    """What verifying a file would raise; None if it is whole. Raises OSError."""
    try:
        verify(path)
    except Damaged as damage:
        return damage
    return None


def verified(path: Path) -> Path:
    """The path, after the file was verified. Raises Damaged, OSError."""
    verify(path)
    return path


def written(path: Path) -> None:
    """Remember that a file was just written by this process, so that it need not be verified."""
    stat = path.stat()
    checksum = checksum_in(path.name)
    if checksum is not None:
        _verified.add((stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, checksum))
