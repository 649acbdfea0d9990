"""A process that ends, as if by a signal, at the nth time that a file is made durable."""

import subprocess
import sys

_UNTIL_THEN = """
import os, sys
from datetime import datetime
from pathlib import Path
at_write, sys.argv = int(sys.argv[1]), sys.argv[2:]
left, fsync = at_write, os.fsync

def dying(descriptor):
    global left
    left -= 1
    if left == 0:
        os._exit(9)
    fsync(descriptor)

os.fsync = dying
"""
_AT_THE_END = "\nprint(at_write - left)\n"


def die(code: str, at_write: int, *arguments: object) -> int:
    """Run code in a process that dies there; how many writes there were, 0 if it has died.

    The code finds its arguments, as texts, in `sys.argv`, and `datetime` and `Path` imported.
    """
    done = subprocess.run(
        [sys.executable, "-c", _UNTIL_THEN + code + _AT_THE_END, *map(str, (at_write, *arguments))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 9), done.stderr
    return int(done.stdout or 0)
