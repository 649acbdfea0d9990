"""The disk is full, or has no inodes left: a small file system of its own, which root may mount."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from pipelines.publication.manifest import current
from tests.faults.answers import command
from tests.faults.market import AS_OF, Market
from tests.faults.reading import misread
from tests.faults.tried import Tried

#: What the store and a refresh take at most.
_PLENTY = "size=64m,nr_inodes=20k"
#: More than a refresh of the market writes.
_MOST_BYTES, _MOST_INODES = 250_000, 60


def can_mount() -> bool:
    """Whether this process may mount a file system."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def attempt_bytes(market: Market, seed: int) -> Tried:
    """There is room for some bytes more."""
    return _attempt(market, seed, "size", _MOST_BYTES)


def attempt_inodes(market: Market, seed: int) -> Tried:
    """There is room for some files more."""
    return _attempt(market, seed, "nr_inodes", _MOST_INODES)


def _attempt(market: Market, seed: int, limit: str, most: int) -> Tried:
    dice = Random(seed)
    more = dice.randrange(most)
    name = f"{limit}-{seed}"
    settings = market.settings_file(name)
    with small_file_system(market.project.folder / name) as root:
        shutil.copytree(market.project.folder / "whole", root, dirs_exist_ok=True)
        _remount(root, f"{limit}={_used(root, limit) + more}")
        tried = Tried(f"{limit}: {more:,} more")
        with market.arrived():
            told = command(settings, "refresh", "--as-of", AS_OF, "--json")
        content = current(root).snapshot.content_sha256
        if told.status == 0:
            tried.seen = "there was room"
            tried.check(content == market.more, f"status 0, and content {content}")
        else:
            tried.seen = "said; the last snapshot stays"
            tried.check(content == market.same, f"status 1, and content {content}")
            code = "" if told.crash else json.loads(told.err.splitlines()[-1])["error"]["code"]
            tried.check(code == "disk_full", f"refresh: {told}")
            tried.wrong += misread(market, settings, root, dice)
        _remount(root, _PLENTY)
        tried.wrong += recovered(market, settings)
    return tried


def recovered(market: Market, settings: Path) -> Iterator[str]:
    """What is wrong with a refresh after the fault is over."""
    with market.arrived():
        told = command(settings, "refresh", "--as-of", AS_OF, "--json")
    if told.status != 0 or json.loads(told.out)["content_sha256"] != market.more:
        yield f"refresh when all is well again: {told}"
    verified = command(settings, "verify", "--json")
    if verified.status != 0:
        yield f"verify when all is well again: {verified}"


@contextmanager
def small_file_system(folder: Path) -> Iterator[Path]:
    """A file system in memory, mounted on a folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", _PLENTY, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def _remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def _used(folder: Path, limit: str) -> int:
    state = os.statvfs(folder)
    if limit == "size":
        return (state.f_blocks - state.f_bfree) * state.f_frsize
    return state.f_files - state.f_ffree
