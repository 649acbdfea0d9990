"""One measured run of a command, and rounds in which the sides of a figure take turns."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

LAUNCHER = Path(__file__).with_name("launcher.py")
#: Above this share of the memory files do not stay in the page cache: reading them first is vain.
WARM_SHARE = 0.4
READ_BYTES = 1 << 22


class CommandFailed(Exception):
    """A measured command that did not succeed, with the end of what it said."""


@dataclass(frozen=True)
class CommandRun:
    """What a command took, and what it printed.

    `peak_bytes` is the most resident memory, mapped files included: the kernel's own figure for
    the largest process (exact), or all processes together at one of the looks that are taken ten
    times a second, whichever is more.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str

    @property
    def said(self) -> dict[str, Any]:
        """The JSON object on the last line of its output."""
        document: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return document

    def numbers(self) -> dict[str, float]:
        """What is kept of it in the results."""
        return {name: value for name, value in asdict(self).items() if name != "output"}


Round = Mapping[str, CommandRun]


def run(command: Iterable[str | Path]) -> CommandRun:
    """Run a command and measure it. Raises CommandFailed."""
    words = [str(word) for word in command]
    os.sync()  # what earlier runs wrote is not written back during this one
    with tempfile.TemporaryDirectory() as folder:
        report, output, errors = (Path(folder) / name for name in ("report", "out", "err"))
        with output.open("wb") as out, errors.open("wb") as err:
            command = [sys.executable, "-I", "-S", str(LAUNCHER), str(report), *words]
            failed = _finish(subprocess.Popen(command, stdout=out, stderr=err, process_group=0))
        took = {"status": failed} if failed else json.loads(report.read_text())
        if took["status"] != 0:
            last = "\n".join(errors.read_text().splitlines()[-15:])
            raise CommandFailed(f"{' '.join(words)} ended with {took['status']}:\n{last}")
        peak = max(took["largest_process_bytes"], took["all_processes_bytes"])
        return CommandRun(took["seconds"], took["cpu_seconds"], peak, output.read_text())


def _finish(launcher: subprocess.Popen[bytes]) -> int:
    """Wait for a launcher; if the suite is stopped, so is all that it started."""
    try:
        return launcher.wait()
    except BaseException:
        os.killpg(launcher.pid, signal.SIGKILL)
        raise


def take_turns(rounds: int, sides: Mapping[str, Callable[[], CommandRun]]) -> list[Round]:
    """Run each side once per round, one after the other, so that all meet the same machine."""
    return [{name: side() for name, side in sides.items()} for _ in range(rounds)]


def ratio(rounds: list[Round], side: str, to: str) -> float:
    """The median, over rounds, of the seconds of one side to those of another."""
    return median(found[side].seconds / found[to].seconds for found in rounds)


def peak_gib(rounds: list[Round], side: str) -> float:
    """The most memory that a side had in any round, in GiB."""
    return max(found[side].peak_bytes for found in rounds) / 2**30


def warm(files: Iterable[Path]) -> None:
    """Read files once, so that every run finds them in the page cache, or none does."""
    found = list(files)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if sum(file.stat().st_size for file in found) > WARM_SHARE * memory:
        return
    for path in found:
        with path.open("rb", buffering=0) as file:
            while file.read(READ_BYTES):
                pass
