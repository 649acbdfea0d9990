"""What is kept of a measurement: a JSON file, with the machine and versions it is true of."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.bench import Size
from benchmarks.comparison import Compared
from benchmarks.figures import FIGURES, Measured
from benchmarks.peers import Peer

PROJECT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results")
MEASURED = ("pipelines", "dashboard", "cli", "sql", "rules", "pyproject.toml", "requirements.lock")
PACKAGES = ("polars", "duckdb", "dagster", "pandera", "pyarrow", "numpy")


def machine() -> dict[str, Any]:
    """The processor, cores, memory and kernel."""
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor[1] if processor else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "kernel": platform.release(),
    }


def commit() -> str:
    """The last commit that changed what is measured, with a plus sign if it was changed since."""

    def git(*words: str) -> str:
        command = ["git", *words, "--", *MEASURED]
        said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        return said.stdout.strip()

    changed = "+" if git("status", "--porcelain") else ""
    return (git("log", "-1", "--format=%h", "--abbrev=10") or "unknown") + changed


def circumstances(size: Size | None) -> dict[str, Any]:
    """What a number is true of; without a size, of the demo."""
    return {
        **({} if size is None else {"size": asdict(size)}),
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "commit": commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def save(output: Path, name: str, document: Mapping[str, Any]) -> None:
    """Write a result, replacing the last one as a whole."""
    output.mkdir(parents=True, exist_ok=True)
    temporary = output / f".{name}.tmp"
    temporary.write_text(json.dumps(document, indent=1) + "\n")
    temporary.replace(output / f"{name}.json")


def save_figure(output: Path, measured: Measured, size: Size) -> None:
    """Keep a figure with all its runs."""
    document = {
        **asdict(measured.figure),
        "value": measured.value,
        "met": measured.met,
        "rounds": [{side: run.numbers() for side, run in r.items()} for r in measured.rounds],
        "checks": measured.checks,
        **circumstances(size),
    }
    save(output, measured.figure.name, document)


def save_failure(output: Path, name: str, reason: str, size: Size) -> None:
    """Keep that a figure could not be measured: an older, better number must not stay."""
    document = {**asdict(FIGURES[name]), "met": False, "failed": reason, **circumstances(size)}
    save(output, name, document)


def save_peer(output: Path, compared: Compared, size: Size) -> None:
    """Keep what a peer took, with all its runs."""
    document = {
        **asdict(compared.peer),
        "load_seconds": compared.load_seconds,
        "refresh_seconds": compared.refresh_seconds,
        "peak_gib": compared.peak_gib,
        "rounds": [
            {"load": load.numbers(), "refresh": refresh.numbers()}
            for load, refresh in zip(compared.loads, compared.refreshes, strict=True)
        ],
        "checks": compared.checks,
        **circumstances(size),
    }
    save(output, f"peer-{compared.peer.name}", document)


def save_peer_failure(output: Path, peer: Peer, reason: str, size: Size) -> None:
    """Keep that a peer could not be measured."""
    document = {**asdict(peer), "failed": reason, **circumstances(size)}
    save(output, f"peer-{peer.name}", document)


def save_floor(output: Path, floor: Mapping[str, Any], size: Size) -> None:
    """Keep what a part of the work takes that nobody can leave out."""
    save(output, f"floor-{floor['name']}", {**floor, **circumstances(size)})


def save_load(output: Path, found: Mapping[str, Any], size: Size) -> None:
    """Keep how the dashboard answered under load."""
    save(output, "load", {"name": "load", **found, **circumstances(size)})


def save_requests(output: Path, found: Mapping[str, Any]) -> None:
    """Keep what requests cost."""
    save(output, "requests", {"name": "requests", **found, **circumstances(None)})


def load(output: Path, name: str) -> dict[str, Any] | None:
    """A result, if it is there."""
    try:
        document: dict[str, Any] = json.loads((output / f"{name}.json").read_text())
    except FileNotFoundError:
        return None
    return document
