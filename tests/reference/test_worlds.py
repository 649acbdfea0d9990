"""What a refresh publishes is what the SQL files give, table by table, in random worlds."""

import os
from pathlib import Path

import pytest

from pipelines.exports.ingest import Deliveries
from pipelines.publication.manifest import Manifest
from pipelines.reference.comparison import KEYS, Comparison, compare_published
from pipelines.reference.recompute import Sample, Source
from pipelines.refresh import open_store
from pipelines.rulebook import parse_rulebook
from tests.product import Project
from tests.worlds import World, drifting

#: `make soak` raises it.
WORLDS = max(3, int(os.environ.get("BEATXP_WORLDS", "12")) // 4)
FIRST = int(os.environ.get("BEATXP_FIRST_WORLD", "0"))


def compared(
    project: Project, manifest: Manifest, sample: Sample | None = None
) -> dict[str, Comparison]:
    store = open_store(project.settings())
    deliveries = store.load("deliveries", Deliveries)
    assert deliveries is not None
    rulebook = parse_rulebook(manifest.rulebook.encode(), "the rulebook")
    source = Source(store, deliveries, rulebook, manifest.snapshot.as_of)
    published = {table: manifest.paths(store.root, table) for table in KEYS}
    return {c.table: c for c in compare_published(source, published, sample)}


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
    for table, found in compared(project, manifest, Sample("a sample", 3)).items():
        assert not found.different, f"world {seed}, sample, {table}: {found.first}"
