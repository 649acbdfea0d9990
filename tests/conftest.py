"""How tests run: what those of a module share is made once, and their files are in memory."""

import os
import shutil
from pathlib import Path

import hypothesis
import pytest

_SHARED = ("module", "package")
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 2**30


_LONGEST = (
    "tests/test_interruption.py",
    "tests/test_benchmarks.py",
    "tests/dashboard/test_refreshing.py",
    "tests/test_examples.py",
    "tests/dashboard/test_dagster_server.py",
    "tests/test_installation.py",
    "tests/dashboard/test_pages.py",
    "tests/balance/test_worlds.py",
)


# How long an example takes says what else the machine does.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    """Put temporary folders into memory where there is much of it: each file is synced to disk."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let tests that share a fixture of their module run in one process (`--dist loadgroup`), and
    what takes long begin first, so that nothing waits for it at the end.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    place = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: place.get(_module(item), len(place)))
    for item in items:
        if isinstance(item, pytest.Function) and _shares(item):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _shares(item: pytest.Function) -> bool:
    definitions = item._fixtureinfo.name2fixturedefs.values()
    return any(found[-1].scope in _SHARED for found in definitions)
