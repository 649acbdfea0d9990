"""Runs one command and writes down what it took: a program of its own that imports almost nothing.

    python -I -S launcher.py REPORT COMMAND [ARGUMENT...]

It stands between the suite and what is measured for one reason: Linux hands a process's greatest
memory on to what it starts (`ru_maxrss` survives `exec`), so a command that is started by a large
process would look large.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

#: Seconds between two looks at the memory of all processes.
INTERVAL = 0.1


class Tree:
    """A process and all that it started, and the most memory they had together at one look."""

    def __init__(self, root: int) -> None:
        self.peak_bytes = 0
        self._members = {root}
        self._others = set(_all_processes()) - {root}

    def look(self) -> None:
        """Add up the memory now.

        Private memory counts for each process. Shared memory and mapped files count once, for the
        process that has most of them: processes of one command share nearly all of it.
        """
        for process in sorted(_all_processes() - self._members - self._others):
            is_ours = _parent(process) in self._members
            (self._members if is_ours else self._others).add(process)
        private, shared, mapped = 0, 0, 0
        for process in self._members:
            memory = _memory(process)
            private += memory.get("RssAnon", 0)
            shared = max(shared, memory.get("RssShmem", 0))
            mapped = max(mapped, memory.get("RssFile", 0))
        self.peak_bytes = max(self.peak_bytes, private + shared + mapped)


def _all_processes() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdecimal()}


def _parent(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[1])


def _memory(process: int) -> dict[str, int]:
    """Bytes by kind; nothing for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines if line.startswith("Rss"))
    return {name.rstrip(":"): int(size) * 1024 for name, size, _ in pairs}


def run(command: list[str]) -> dict[str, float | int]:
    """Run a command to its end: status, seconds, and memory in bytes."""
    began = time.monotonic()
    child = subprocess.Popen(command)
    ended = threading.Event()
    tree = Tree(child.pid)

    def watch() -> None:
        while not ended.wait(INTERVAL):
            tree.look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "largest_process_bytes": usage.ru_maxrss * 1024,
        "all_processes_bytes": tree.peak_bytes,
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(run(sys.argv[2:])))
