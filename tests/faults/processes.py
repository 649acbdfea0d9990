"""Several processes at one store, and what is done to them: stopped, interrupted, left unheard."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import IO

from pipelines.publication.manifest import current
from tests.faults.answers import command
from tests.faults.market import AS_OF, Market
from tests.faults.room import can_mount, recovered
from tests.faults.tried import Tried

REFRESH = ("refresh", "--as-of", AS_OF)
#: A process that takes so long does not end any more.
PATIENCE = 120
_INTERRUPTED = 130
_WAITS = "Another refresh is at work"


def started(
    settings: Path,
    *arguments: str,
    out: IO[bytes] | int = subprocess.PIPE,
    before: Callable[[], object] | None = None,
) -> "subprocess.Popen[str]":
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "--config", str(settings), *arguments],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def attempt_two_writers(market: Market, seed: int) -> Tried:
    """Two refreshes at once: the later one waits, says so, and finds nothing new."""
    name = f"both-{seed}"
    settings = market.settings_file(name)
    tried = Tried("two refreshes at once", "one publishes, one waits")
    with market.copied(name) as root, market.arrived():
        both = [started(settings, *REFRESH, "--json") for _ in range(2)]
        said = [process.communicate(timeout=PATIENCE) for process in both]
        for process, (_, complaints) in zip(both, said, strict=True):
            tried.check(process.returncode == 0, complaints)
        if not any(process.returncode for process in both):
            answers = [json.loads(out) for out, _ in said]
            tried.check(answers[0]["snapshot_id"] == answers[1]["snapshot_id"], f"{answers}")
            tried.check({a["published"] for a in answers} == {True, False}, "both publish")
        tried.check(current(root).snapshot.content_sha256 == market.more, "another content")
    return tried


def attempt_paused(market: Market, seed: int) -> Tried:
    """The one that holds the lock is stopped for a while: readers go on, another one waits."""
    dice = Random(seed)
    name = f"paused-{seed}"
    settings = market.settings_file(name)
    tried = Tried("the lock's owner is stopped", "another waits and says so; readers go on")
    with market.copied(name) as root, market.arrived():
        owner = started(settings, *REFRESH, "--json")
        while not (root / "unfinished").exists() and owner.poll() is None:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.3))
        owner.send_signal(signal.SIGSTOP)
        other = started(settings, *REFRESH, "--json")
        assert other.stderr is not None
        if (root / "unfinished").exists():
            tried.check(_WAITS in other.stderr.readline(), "it does not say that it waits")
            tried.check(other.poll() is None, "it does not wait")
        else:
            tried.seen = "the owner was done"
        told = command(settings, "show", "1", "--json")
        tried.check(told.status == 0, f"show: {told}")
        owner.send_signal(signal.SIGCONT)
        for process in (owner, other):
            _, complaints = process.communicate(timeout=PATIENCE)
            tried.check(process.returncode == 0, complaints)
        tried.check(current(root).snapshot.content_sha256 == market.more, "another content")
    return tried


def attempt_interrupt(market: Market, seed: int) -> Tried:
    """Ctrl+C at any moment of a refresh, from the start of the program on."""
    dice = Random(seed)
    name = f"interrupted-{seed}"
    settings = market.settings_file(name)
    with market.copied(name) as root:
        with market.arrived():
            process = started(settings, *REFRESH)
            after = dice.uniform(0.15, 4.0)
            time.sleep(after)
            process.send_signal(signal.SIGINT)
            out, complaints = process.communicate(timeout=PATIENCE)
        tried = Tried(f"Ctrl+C after {after:.2f} s", f"status {process.returncode}")
        content = current(root).snapshot.content_sha256
        if process.returncode == 0:
            tried.check(content == market.more, f"status 0, and content {content}")
        elif process.returncode == -signal.SIGINT:
            # Before the program's first line: Python's own end.
            tried.check(content == market.same, f"content {content}")
        else:
            tried.check(process.returncode == _INTERRUPTED, f"{out} {complaints}")
            tried.check("Traceback" not in complaints, complaints)
        tried.check(content in (market.same, market.more), f"content {content}")
        tried.wrong += recovered(market, settings)
    return tried


def attempt_unheard(market: Market, seed: int) -> Tried:
    """Nobody hears what a refresh says: a full device, a closed output, a reader that is gone."""
    ways: dict[str, Callable[[Path], subprocess.Popen[str]]] = {
        "/dev/full": _into_full_device,
        "a closed output": lambda settings: started(
            settings, *REFRESH, before=partial(os.close, 1)
        ),
        "a reader that is gone": _to_nobody,
    }
    way = list(ways)[seed % len(ways)]
    name = f"unheard-{seed}"
    settings = market.settings_file(name)
    tried = Tried(f"standard output is {way}", "published, status 0")
    with market.copied(name) as root, market.arrived():
        process = ways[way](settings)
        _, complaints = process.communicate(timeout=PATIENCE)
        tried.check(process.returncode == 0, f"status {process.returncode}: {complaints}")
        tried.check("Traceback" not in complaints, complaints)
        tried.check(current(root).snapshot.content_sha256 == market.more, "another content")
    return tried


def _into_full_device(settings: Path) -> "subprocess.Popen[str]":
    with Path("/dev/full").open("wb") as full:
        return started(settings, *REFRESH, out=full)


def _to_nobody(settings: Path) -> "subprocess.Popen[str]":
    read, write = os.pipe()
    os.close(read)
    try:
        return started(settings, *REFRESH, out=write)
    finally:
        os.close(write)


@contextmanager
def _read_only(root: Path) -> Iterator[None]:
    """A folder that its owner may not write in, or for root, who may all, one mounted so."""
    if can_mount():
        subprocess.run(["mount", "--bind", root, root], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", root], check=True)
        return
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


def attempt_read_only(market: Market, seed: int) -> Tried:
    """Nobody may write in the store: readers read, and a refresh says why it cannot."""
    name = f"fixed-{seed}"
    settings = market.settings_file(name)
    tried = Tried("a store that nobody may write", "readers read; a refresh says why not")
    with market.copied(name) as root, _read_only(root):
        for words in (("show", "1"), ("snapshots",), ("verify",), ("diff", "previous")):
            told = command(settings, *words, "--json")
            tried.check(told.status == 0 and not told.crash, f"{words}: {told}")
        with market.arrived():
            told = command(settings, "refresh", "--as-of", AS_OF, "--json")
        tried.check(told.status == 1 and not told.crash, f"refresh: {told}")
        tried.check(str(root) in told.err, f"refresh names no place: {told}")
        tried.check(current(root).snapshot.content_sha256 == market.same, "another content")
    return tried
