"""Read many mutated files: `python -m tests.fuzz`; one again: `python -m tests.fuzz csv 4711`."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from tests.fuzz.check import check
from tests.fuzz.files import FORMATS, fuzz_file
from tests.fuzz.workers import Limits, findings


def main() -> int:
    """The exit status: 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("format", nargs="?", choices=FORMATS, help="all if none is named")
    parser.add_argument("seed", nargs="?", type=int, help="only this one, whose file is kept")
    parser.add_argument("--files", type=int, default=100_000, help="files of each format")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _again(asked.format, asked.seed)
    return max(
        [
            _run(format, asked.first, asked.files)
            for format in FORMATS
            if asked.format in (None, format)
        ]
    )


def _run(format: str, first: int, files: int) -> int:
    seeds = range(first, first + files)
    started, found = time.monotonic(), 0
    for finding in findings(partial(check, format), seeds, Limits(), nice=10):
        found += 1
        _say(f"python -m tests.fuzz {format} {finding.seed}", *finding.faults)
    minutes = (time.monotonic() - started) / 60
    _say(f"{format}: {files:,} files, {found:,} findings, {minutes:.1f} minutes")
    return int(found > 0)


def _again(format: str, seed: int) -> int:
    file = fuzz_file(format, seed)
    kept = Path(mkdtemp(prefix=f"fuzz-{seed}-")) / file.name
    kept.write_bytes(file.content)
    _say(f"{file.entity}: {kept}")
    faults = check(format, seed)
    _say(*faults)
    return int(bool(faults))


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
