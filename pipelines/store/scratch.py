"""Folders that live as long as the process that opened them, however it ends.

Whoever has one open holds the lock in it, which goes with the process. Folders are made and removed
under one more lock, so that none is taken for abandoned between being made and being locked.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = "lock"
#: How such a folder is called: after its process, and so that no two are the same.
_NAME = re.compile(r"[0-9]+-\w+")


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Open a new folder in `parent`; it is removed at the end. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    with FileLock(parent / _LOCK):
        _remove_abandoned(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        lock = FileLock(folder / _LOCK)
        lock.acquire()
    try:
        yield folder
    finally:
        with FileLock(parent / _LOCK):
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of this kind in `parent` that nobody has open any more."""
    # Those of another user may be beyond reach: they are theirs to remove.
    with suppress(OSError):
        if parent.is_dir():
            with FileLock(parent / _LOCK):
                _remove_abandoned(parent)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.iterdir():
        if not (_NAME.fullmatch(folder.name) and folder.is_dir()):
            continue
        with suppress(Timeout, OSError), FileLock(folder / _LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
