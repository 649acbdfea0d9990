"""Standard output and error that no verdict depends on: whatever becomes of them, no writer fails.

A refresh that has published has published, also if the reader of its output is gone or the disk
below it is full. So what cannot be written is dropped, and only at the end is it asked whether
anything was, and whether that was what the command was asked for.
"""

import io
import os
import select
import sys
from dataclasses import dataclass
from typing import TextIO


@dataclass
class Printing:
    """What a run of the command prints: `is_done` once it only tells of what is done by then."""

    is_done: bool = False
    errors_as_json: bool = False


class _Output(io.FileIO):
    """A file whose writer never hears that it failed; `lost` is the first failure."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.lost: OSError | None = None

    def write(self, data: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        """Write all of it, or drop it."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left and self.lost is None:
                written = super().write(left)
                if written is None:
                    # Whoever started this made it a file that does not wait.
                    select.select([], [self], [])
                else:
                    left = left[written:]
        except OSError as error:
            self.lost = error
        return size

    def failure(self) -> OSError | None:
        """Why what was printed is lost; a reader who did not want more of it is no failure."""
        return None if isinstance(self.lost, ConnectionError) else self.lost


def open_streams() -> _Output:
    """Put streams that never fail in the place of the standard ones; returns that of the output.

    One that is closed leads nowhere, and its number is taken, so that no other file gets it. What
    the encoding of a stream does not have is written as an escape.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    while nowhere <= 2:
        nowhere = os.dup(nowhere)
    os.close(nowhere)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout, output = _stream(sys.stdout, 1)
    sys.stderr, _ = _stream(sys.stderr, 2)
    return output


def _stream(stream: TextIO | None, descriptor: int) -> tuple[io.TextIOWrapper, _Output]:
    output = _Output(descriptor)
    text = io.TextIOWrapper(
        io.BufferedWriter(output),
        encoding=stream.encoding if stream else "utf-8",
        errors="backslashreplace",
        line_buffering=descriptor == 2 or output.isatty(),
    )
    return text, output


def verdict(status: int, printing: Printing, output: _Output) -> int:
    """The exit status of a command that ends with one, after what it printed is written.

    If that failed, standard error says so, and it is a failure unless all was done by then.
    """
    sys.stdout.flush()
    failure = output.failure()
    if failure is None:
        return status
    why = f"could not be written: {failure.strerror}."
    if printing.is_done:
        sys.stderr.write(f"What was asked for is done, but what it prints {why}\n")
        return status
    sys.stderr.write(f"The answer {why}\n")
    return status or 1
