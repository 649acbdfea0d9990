"""What a refresh publishes is what the SQL files give, table by table, in random worlds."""

import os
from pathlib import Path

import pytest

from pipelines.reference.comparison import KEYS
from pipelines.reference.sample import Sample
from tests.product import Project
from tests.reference.compared import compared
from tests.worlds import World, drifting

#: `make soak` raises it.
WORLDS = max(3, int(os.environ.get("BEATXP_WORLDS", "12")) // 4)
FIRST = int(os.environ.get("BEATXP_FIRST_WORLD", "0"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
def test_a_refresh_publishes_what_the_rules_give(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    steps = World(seed).steps if seed % 3 else drifting(seed)
    for step in steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        manifest = project.refresh(step.as_of).manifest
    every = compared(project, manifest)
    assert set(every) == set(KEYS)
    for table, found in every.items():
        assert not found.different, f"world {seed}, {table}: {found.first}"
        assert found.rows == sum(part.rows for part in manifest.parts(table))
    for sample in (Sample(seed, 3), Sample(seed + 1, 3, plays=20)):
        for table, found in compared(project, manifest, sample).items():
            assert not found.different, f"world {seed}, {sample}, {table}: {found.first}"
