"""The check of a format and a seed, as the processes of a run have it."""

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.fuzz.files import fuzz_file
from tests.fuzz.verdict import faults

#: Chunks of so many rows besides the usual ones, in some of the files.
_CHUNKS = (*[None] * 8, 1, 3)
_MEMORY = Path("/dev/shm")


def check(format: str, seed: int) -> list[str]:
    """What is wrong with how the file of a seed is read."""
    return faults(fuzz_file(format, seed), _folder(), _CHUNKS[seed % len(_CHUNKS)])


@cache
def _folder() -> Path:
    """A folder of this process, in memory where there is such a thing."""
    folder = Path(mkdtemp(prefix="fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
