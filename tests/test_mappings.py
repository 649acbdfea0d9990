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
from tests.worlds.mapped import MappedStep, mapped, misread
from tests.worlds.mapped.ids import Texts

#: `make soak` raises it.
WORLDS = int(os.environ.get("BEATXP_WORLDS", "3"))
FIRST = int(os.environ.get("BEATXP_FIRST_WORLD", "0"))
#: What tells how files were written, or when.
OF_FILES = ("snapshot", "files", "rejects", "bad_cells")


def refresh_and_compare(project: Project, one: MappedStep, at: str) -> str:
    """Refresh the grown store, which has to hold what the oracle computes; its content's hash."""
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
    return grown.snapshot.content_sha256


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
def test_grown_equals_fresh_equals_oracle(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for number, one in enumerate(mapped(seed, World(seed).steps)):
        grown = refresh_and_compare(project, one, f"world {seed}, step {number}")
    fresh = project.refresh(one.step.as_of, "fresh").manifest
    assert fresh.snapshot.content_sha256 == grown


@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, WORLDS // 4)))
def test_tables_that_change_under_files_that_stay(seed: int, tmp_path: Path) -> None:
    """What the settings say anew is read anew: grown equals fresh equals oracle."""
    project = Project(tmp_path)
    steps = mapped(seed, World(seed, 0.3).steps, changing=False)
    for number, one in enumerate(misread(seed, steps)):
        grown = refresh_and_compare(project, one, f"world {seed}, step {number}")
    fresh = project.refresh(one.step.as_of, "fresh").manifest
    assert fresh.snapshot.content_sha256 == grown


@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, WORLDS // 8)))
def test_a_mapped_world_publishes_what_the_plain_one_does(seed: int, tmp_path: Path) -> None:
    """All tables, with numbers for ids, since leagues are drawn up in the order of ids."""
    published = []
    steps = mapped(seed, World(seed, 0.3).steps, texts=Texts({}))
    for name in ("plain", "step"):
        project = Project(tmp_path / name)
        for one in steps:
            getattr(one, name).install(project.exports)
        project.mappings = one.settings if name == "step" else ""
        project.rulebook.write_text(one.step.rulebook_toml)
        tables = project.tables(project.refresh(one.step.as_of).manifest)
        published.append({k: v for k, v in tables.items() if k not in OF_FILES})
    assert published[0] == published[1], steps[-1].settings
