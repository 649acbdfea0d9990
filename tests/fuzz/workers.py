"""Processes that check files side by side, and what is known of those that do not come back.

A reader that crashes, hangs or takes all memory takes its process with it. So each process says
which seed it is at before it begins, and whoever started it looks after it: a process that ends
early, or stays at one seed for too long, is a finding, and another goes on after that seed.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

#: What is wrong with the file of a seed; none of the sentences if nothing is.
Check = Callable[[int], list[str]]

_BATCH = 5_000
#: What a process may take before its first file and after its last.
_BETWEEN_SECONDS = 300
#: More address space would be taken from the whole machine; much of it is never used.
_ROOM = 8 * 2**30
_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_PEAK, _NOW = "VmHWM", "VmRSS"


@dataclass(frozen=True)
class Limits:
    """What one file may take: of a processor, and of time in which others may have that."""

    seconds: float = 10
    patience: float = 120
    megabytes: int = 512


@dataclass(frozen=True)
class Finding:
    """Why the file of a seed is one too many."""

    seed: int
    faults: tuple[str, ...]


def findings(
    check: Check, seeds: range, limits: Limits, processes: int = 2, nice: int = 0
) -> Iterator[Finding]:
    """Check all seeds; yields what is found as it is found. `check` has to be importable."""
    waiting = [
        range(start, min(start + _BATCH, seeds.stop))
        for start in range(seeds.start, seeds.stop, _BATCH)
    ][::-1]
    working: list[_Worker] = []
    try:
        while waiting or working:
            while waiting and len(working) < processes:
                working.append(_Worker(check, waiting.pop(), limits, nice))
            multiprocessing.connection.wait([w.inbox for w in working], timeout=0.5)
            for worker in list(working):
                yield from worker.found()
                rest = worker.rest()
                if rest is None:
                    continue
                working.remove(worker)
                yield from worker.found()
                if worker.end:
                    yield Finding(worker.seed, (worker.end,))
                if rest:
                    waiting.append(rest)
    finally:
        for worker in working:
            worker.stop()


class _Worker:
    """A process that checks some seeds."""

    def __init__(self, check: Check, seeds: range, limits: Limits, nice: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self.inbox, outbox = spawning.Pipe(duplex=False)
        self.end = ""
        """Why it ended too early, as a sentence."""
        self._seeds = seeds
        self._limits = limits
        self._at: Synchronized[int] = spawning.Value("q", -1)
        self._seen, self._since, self._busy = -1, time.monotonic(), 0.0
        self._process: BaseProcess = spawning.Process(
            target=_work, args=(check, seeds, limits, nice, self._at, outbox)
        )
        self._process.start()
        outbox.close()

    @property
    def seed(self) -> int:
        """The one that it is at; -1 before the first, that after the last one at the end."""
        return self._at.value

    def found(self) -> Iterator[Finding]:
        """What it has told since it was asked last."""
        with contextlib.suppress(EOFError):
            while self.inbox.poll():
                yield self.inbox.recv()

    def rest(self) -> range | None:
        """What is left of its seeds if it has ended, or had to be ended; None while it works."""
        if self._process.is_alive():
            if not self._is_late():
                return None
            self.end = "it is not read in time"
            self.stop()
        elif self._process.exitcode:
            code = self._process.exitcode
            self.end = f"it ended the process: {signal.Signals(-code).name if code < 0 else code}"
        if not self.end:
            return range(0)
        if self.seed < 0:
            raise RuntimeError(f"A worker did not begin: {self.end}.")
        return range(self.seed + 1, self._seeds.stop)

    def _is_late(self) -> bool:
        busy = _busy_seconds(self._process.pid)
        if self.seed != self._seen:
            self._seen, self._since, self._busy = self.seed, time.monotonic(), busy
        waited = time.monotonic() - self._since
        if self._seen not in self._seeds:
            return waited > _BETWEEN_SECONDS
        return busy - self._busy > self._limits.seconds or waited > self._limits.patience

    def stop(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.join()


def _work(
    check: Check,
    seeds: range,
    limits: Limits,
    nice: int,
    at: "Synchronized[int]",
    outbox: Connection,
) -> None:
    os.nice(nice)
    resource.setrlimit(resource.RLIMIT_AS, (_ROOM, _ROOM))
    parent = os.getppid()
    for seed in seeds:
        if os.getppid() != parent:  # nobody listens any more
            return
        at.value = seed
        before = _reset_peak()
        faults = check(seed)
        used = (_memory(_PEAK) - before) // 1024
        if used > limits.megabytes:
            faults = [*faults, f"took {used:,} MB of memory"]
        if faults:
            outbox.send(Finding(seed, tuple(faults)))
    at.value = seeds.stop


def _busy_seconds(pid: int | None) -> float:
    """What a process has had of the processors."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _reset_peak() -> int:
    """Let the peak of memory begin anew; returns the KB in use."""
    _CLEAR_REFS.write_text("5")
    return _memory(_NOW)


def _memory(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"{_STATUS} has no {name}")
