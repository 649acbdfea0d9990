"""Files and folders that appear whole or not at all: written under a hidden name, then renamed.

The contract, for everything that is written so: whoever reads a name finds all of what was written
under it, or what was there before. What is `durable` is on the disk before its name appears, so
this holds after a power cut, too; that the name itself survives one takes `sync_folder` of the
folder it is in. What is not `durable` may be damaged by a power cut. A process that dies leaves its
hidden file or folder, whose name begins with a dot and has one of two endings: nobody reads it, and
`remove_leftovers` removes it.
"""

import errno
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from pipelines.failures import Failure

_ENDINGS = (".tmp", ".removed")


class DiskFull(Failure, OSError):
    """There was no room for a file."""

    code = "disk_full"
    may_pass = True

    def __init__(self, path: Path, size: int) -> None:
        place = next(folder for folder in path.parents if folder.exists())
        free = shutil.disk_usage(place).free
        missing = (
            f"at least {size - free:,} bytes more"
            if size > free
            else "some other limit of the file system (files, or what a user may take)"
        )
        super().__init__(
            f"The disk is full: {path} takes {size:,} bytes, {free:,} are free; what is missing is "
            f"{missing}. Make room there, and try again: what was finished is found again."
        )


@contextmanager
def atomic_file(path: Path, durable: bool = True) -> Iterator[Path]:
    """Give a hidden name to write a file under, which takes its place at the end.

    After an error nothing has changed. Raises OSError.
    """
    hidden = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield hidden
        if durable:
            _sync(hidden)
        hidden.replace(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def write_bytes(data: bytes | memoryview, path: Path, durable: bool = True) -> None:
    """Write a whole file; its folder is made if need be. Raises OSError."""
    with explained_if_full(path, len(data)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path, durable) as hidden:
            hidden.write_bytes(data)


@contextmanager
def explained_if_full(path: Path, size: int) -> Iterator[None]:
    """Say what is missing where, if there is no room for so many bytes. Raises DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(path, size) from error


def move_file(path: Path, target: Path) -> None:
    """Move a whole file to its place, durably but for its name. Raises OSError."""
    _sync(path)
    path.replace(target)


def place_folder(hidden: Path, folder: Path, durable: bool = True, anew: bool = False) -> None:
    """Move a folder of files, complete under a hidden name, to its place.

    `anew`: instead of one that may be there. Raises OSError, without `anew` also if there is one
    that is not empty.
    """
    if durable:
        for path in hidden.iterdir():
            _sync(path)
        sync_folder(hidden)
    if anew:
        remove_folder(folder)
    hidden.rename(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove what has this name, if there is something: a file, or a folder in its place."""
    if path.is_dir():
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is there: at no time does it lack some of its files.

    What a process leaves that dies meanwhile is hidden: its name begins with a dot.
    """
    hidden = folder
    if not folder.name.startswith("."):
        # No other removal has this name: not one at the same time, and not one that was cut short.
        hidden = folder.with_name(f".{folder.name}.{uuid4().hex}.removed")
        try:
            folder.rename(hidden)
        except FileNotFoundError:
            return
    shutil.rmtree(hidden, ignore_errors=True)


def remove_leftovers(root: Path, except_below: Collection[str] = ()) -> None:
    """Remove what processes that died left below a folder, as far as that can be done.

    Nobody may be writing there, except in some folders of it.
    """
    for folder, folders, files in os.walk(root):
        if folder == str(root):
            folders[:] = [name for name in folders if name not in except_below]
        for name in filter(is_leftover, files):
            with suppress(OSError):
                Path(folder, name).unlink()
        for name in filter(is_leftover, folders):
            shutil.rmtree(Path(folder, name), ignore_errors=True)
        folders[:] = [name for name in folders if not is_leftover(name)]


def is_leftover(name: str) -> bool:
    """Whether a name is one under which something is written or removed."""
    return name.startswith(".") and name.endswith(_ENDINGS)
