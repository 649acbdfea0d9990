"""The backbone: a snapshot is a pure function of export files, rulebook and as_of.

Random worlds arrive in steps, with bad rows, broken files, corrections, late, vanished, renamed and
replaced files, changed rulebooks, and an as_of that moves both ways. After every step the grown
store must hold what an oracle computes event by event, and after the last one what a fresh store
holds, hash by hash.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipelines.achievements import play_thresholds
from pipelines.ledger import levels
from pipelines.publication.manifest import Manifest
from pipelines.refresh import open_store
from pipelines.steps import RESULTS
from tests.oracle.tables import compute, data_through
from tests.product import EVERY_STEP, Project
from tests.worlds import Step, World, drifting

#: `make soak` raises it.
WORLDS = int(os.environ.get("BEATXP_WORLDS", "16"))
FIRST = int(os.environ.get("BEATXP_FIRST_WORLD", "0"))
KEYS = {
    "inputs": ("entity",),
    "progress": ("producer_id",),
    "xp_ledger": ("producer_id", "day", "source"),
    "unlocks": ("producer_id", "achievement_id"),
    "level_ups": ("producer_id", "level"),
    "leaderboard": ("category", "period", "producer_id"),
    "rejects": ("entity", "file", "row"),
    "bad_cells": ("entity", "file", "column"),
}
#: What follows less than everything after a change.
RESUMED = (
    (play_thresholds, "from_changes"),
    (play_thresholds, "_with_thresholds"),
    (levels, "_from_changes"),
)

#: Drifting worlds in which all of these have something to resume.
RESUMING = (1, 2, 3, 4)


def keyed(table: str, rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {tuple(row[k] for k in KEYS[table]): row for row in rows}
    assert len(found) == len(rows), f"{table}: a key twice"
    return found


def differences(table: str, got: list[dict[str, Any]], want: list[dict[str, Any]]) -> list[str]:
    have, expected = keyed(table, got), keyed(table, want)
    columns = list(want[0]) if want else []
    said = [f"{table} missing {expected[k]}" for k in expected if k not in have]
    said += [f"{table} extra {have[k]}" for k in have if k not in expected]
    for key in expected.keys() & have.keys():
        wrong = {
            c: (have[key][c], expected[key][c]) for c in columns if have[key][c] != expected[key][c]
        }
        if wrong:
            said.append(f"{table} {key}: (got, want) {wrong}")
    return said


def refresh_and_compare(project: Project, step: Step, at: str) -> Manifest:
    """Refresh the grown store, which has to hold what the oracle computes."""
    step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    grown = project.refresh(step.as_of, "grown").manifest
    tables = project.tables(grown, "grown")
    expected = compute(project.exports, step.rulebook, step.as_of)
    wrong = [d for name in KEYS for d in differences(name, tables[name], expected[name])]
    assert not wrong, f"{at}:\n" + "\n".join(wrong[:20])
    return grown


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
def test_grown_equals_fresh_equals_oracle(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    steps = World(seed).steps
    for number, step in enumerate(steps):
        at = f"world {seed}, step {number}"
        grown = refresh_and_compare(project, step, at)
        assert grown.snapshot.data_through == data_through(project.exports, step.as_of)
        store = open_store(project.settings("grown"))
        lost = [name for name, kind in RESULTS.items() if store.load(name, kind) is None]
        assert not lost, f"{at}: the next refresh has to compute {lost} anew"

        if EVERY_STEP or step is steps[-1]:
            fresh = project.refresh(step.as_of, f"fresh-{number}").manifest
            assert fresh.tables == grown.tables, f"{at}: other files"
            assert fresh.snapshot.content_sha256 == grown.snapshot.content_sha256

    last = project.refresh(step.as_of, "grown")
    assert not last.published
    full = project.refresh(step.as_of, "grown", full=True)
    assert full.manifest.snapshot.content_sha256 == grown.snapshot.content_sha256


@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(4, WORLDS // 6)))
def test_what_changed_a_little_everywhere_at_once_equals_fresh_equals_oracle(
    seed: int, tmp_path: Path
) -> None:
    """Late plays, other dumps, thresholds, levels and rates within one refresh."""
    project = Project(tmp_path)
    with ExitStack() as watched:
        resumed = [
            watched.enter_context(patch.object(module, name, wraps=getattr(module, name)))
            for module, name in RESUMED
        ]
        for number, step in enumerate(drifting(seed)):
            grown = refresh_and_compare(project, step, f"drifting world {seed}, step {number}")
        assert seed not in RESUMING or all(function.called for function in resumed)
    fresh = project.refresh(step.as_of, "fresh").manifest
    assert fresh.tables == grown.tables
