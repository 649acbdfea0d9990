"""How tests run: what those of a module share is made once, and their files are in memory."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from pipelines.run import Run
from tests.runs import small_run

_SHARED = ("module", "package")
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 2**30


# How long an example takes says what else the machine does.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    """Put temporary folders into memory where there is much of it: each file is synced to disk."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let tests that share a fixture of their module run in one process (`--dist loadgroup`)."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        if isinstance(item, pytest.Function) and _shares(item):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run of single steps, on an empty store."""
    with small_run(tmp_path / "store") as run:
        yield run


def _shares(item: pytest.Function) -> bool:
    definitions = item._fixtureinfo.name2fixturedefs.values()
    return any(found[-1].scope in _SHARED for found in definitions)
