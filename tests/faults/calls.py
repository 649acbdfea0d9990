"""System calls that fail: the nth that changes a store, once or from then on.

Without a compiler and without root, by replacing what Python calls: `os.fsync`, `os.replace` and
their like, and files that are opened for writing. What a library in C++ writes by itself is beyond
that (`preload` reaches it).
"""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

_CHANGES = ("rename", "replace", "mkdir", "unlink", "rmdir", "link", "open")
ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE)


class Calls:
    """Counts calls below a folder; from the `nth` on they fail, or only that one."""

    def __init__(self, root: Path, nth: int, error: int, is_for_good: bool) -> None:
        self._root = str(root)
        self._nth = nth
        self._error = error
        self._is_for_good = is_for_good
        self.count = 0
        self.failed = ""
        """Which call was the first to fail."""

    def come(self, name: str, path: object) -> None:
        """A call is made. Raises OSError if it is to fail."""
        self.count += 1
        if self.count == self._nth or (self._is_for_good and self.count > self._nth):
            self.failed = self.failed or name
            raise OSError(self._error, os.strerror(self._error), str(path))

    def is_below(self, path: object) -> bool:
        """Whether a path is of the store."""
        return isinstance(path, str | Path) and str(path).startswith(self._root)

    def replaced(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        """A function of `os` that comes to this."""

        def call(path: Any, *others: Any, **named: Any) -> Any:
            reads = name == "open" and not (others and others[0] & (os.O_WRONLY | os.O_RDWR))
            if self.is_below(path) and not reads:
                self.come(name, path)
            return original(path, *others, **named)

        return call

    def opened(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`open`: what is opened for writing may fail to be written, after half of it."""

        def call(path: Any, mode: str = "r", *others: Any, **named: Any) -> Any:
            file = original(path, mode, *others, **named)
            if self.is_below(path) and mode != "r" and mode != "rb":
                write = file.write

                def half_written(data: Any) -> int:
                    try:
                        self.come("write", path)
                    except OSError:
                        write(data[: len(data) // 2])
                        raise
                    return int(write(data))

                file = _Wrapped(file, half_written)
            return file

        return call


class _Wrapped:
    """A file with another `write`."""

    def __init__(self, file: io.IOBase, write: Callable[[Any], int]) -> None:
        self._file = file
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_Wrapped":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@contextmanager
def failing(root: Path, nth: int, error: int, is_for_good: bool) -> Iterator[Calls]:
    """Calls of this process that change what is below a folder fail from the nth on."""
    calls = Calls(root, nth, error, is_for_good)
    fsync = os.fsync

    def failing_fsync(descriptor: int) -> None:
        calls.come("fsync", descriptor)
        fsync(descriptor)

    with ExitStack() as stack:
        stack.enter_context(patch("os.fsync", failing_fsync))
        for name in _CHANGES:
            stack.enter_context(patch(f"os.{name}", calls.replaced(name, getattr(os, name))))
        stack.enter_context(patch("io.open", calls.opened(io.open)))
        yield calls
