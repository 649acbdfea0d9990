"""Exports that say things differently, read by `[exports.<entity>]`, count the same.

Random worlds are written through random tables (other names, folders, notations, zones, ids that
are texts). What is published is what the plain world publishes, apart from what tells of files.
"""

import os
from pathlib import Path

import pytest

from tests.oracle.tables import compute, data_through
from tests.product import Project
from tests.test_worlds import KEYS, differences
from tests.worlds import World
from tests.worlds.mapped import MappedStep, mapped

#: `make soak` raises it.
WORLDS = min(int(os.environ.get("BEATXP_WORLDS", "4")), 200)
FIRST = int(os.environ.get("BEATXP_FIRST_WORLD", "0"))


def refresh_and_compare(project: Project, one: MappedStep, at: str) -> dict[str, str]:
    """Refresh the grown store, which has to hold what the oracle computes; its content by table."""
    one.step.install(project.exports)
    project.rulebook.write_text(one.step.rulebook_toml)
    project.mappings = one.settings
    grown = project.refresh(one.step.as_of, "grown").manifest
    tables = project.tables(grown, "grown")
    expected = compute(project.exports, one.step.rulebook, one.step.as_of, one.tables)
    wrong = [d for name in KEYS for d in differences(name, tables[name], expected[name])]
    assert not wrong, f"{at}:\n" + "\n".join(wrong[:20]) + "\n" + one.settings
    through = data_through(project.exports, one.step.as_of, one.tables)
    assert grown.snapshot.data_through == through, at
    return {"content": grown.snapshot.content_sha256}


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
def test_grown_equals_fresh_equals_oracle(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for number, one in enumerate(mapped(seed, World(seed).steps)):
        grown = refresh_and_compare(project, one, f"world {seed}, step {number}")
    fresh = project.refresh(one.step.as_of, "fresh").manifest
    assert fresh.snapshot.content_sha256 == grown["content"]
