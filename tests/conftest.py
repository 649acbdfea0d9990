"""How tests run: the longest begin first, and their files are in memory."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from pipelines.run import Run

_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 2**30
_LONGEST = (
    "tests/faults/test_faults.py",
    "tests/test_interruption.py",
    "tests/test_benchmarks.py",
    "tests/dashboard/test_refreshing.py",
    "tests/test_examples.py",
    "tests/dashboard/test_dagster_server.py",
    "tests/test_installation.py",
    "tests/dashboard/test_pages.py",
    "tests/balance/test_worlds.py",
    "tests/test_worlds.py",
)


# How long an example takes says what else the machine does.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    """Put temporary folders into memory where there is much of it: each file is synced to disk."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin first, so that no process waits for it at the end."""
    place = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


@pytest.fixture
def run(tmp_path: Path) -> "Iterator[Run]":
    """A run of single steps, on an empty store."""
    # Imported here: tests of other things need no engine, and pytest would hold on to it at exit.
    from tests.runs import small_run

    with small_run(tmp_path / "store") as run:
        yield run
