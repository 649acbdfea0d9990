"""The reasons of a difference account for every number that changed, in random worlds."""

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis.differences import Difference, difference
from analysis.stages import REASONS
from pipelines.publication.manifest import all_kept
from pipelines.snapshot import PublishedSnapshot
from tests.product import Project
from tests.worlds import World

KEYS = {
    "inputs": ("entity",),
    "progress": ("producer_id",),
    "xp_ledger": ("producer_id", "day", "source"),
    "unlocks": ("producer_id", "achievement_id"),
    "level_ups": ("producer_id", "level"),
    "leaderboard": ("category", "period", "producer_id"),
    "levels": ("level",),
    "achievements": ("achievement_id",),
}
Rows = dict[str, list[dict[str, Any]]]


def expected_changes(before: Rows, after: Rows) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    """Cell by cell: (table, key, column) to the values before and after."""
    found = {}
    for table, names in KEYS.items():
        rows = [
            {" ".join(str(row[name]) for name in names): row for row in tables[table]}
            for tables in (before, after)
        ]
        for key in rows[0].keys() | rows[1].keys():
            one, other = (found.get(key, {}) for found in rows)
            for column in (one or other).keys() - set(names) - {"rank"}:
                if one.get(column) != other.get(column):
                    found[table, key, column] = (one.get(column), other.get(column))
    return found


def check_accounts_for(different: Difference, before: Rows, after: Rows) -> None:
    expected = expected_changes(before, after)
    told = {}
    for row in different.numbers.to_dicts():
        told[row["table"], row["key"], row["number"]] = (row["before"], row["after"])
        amounts = [row[reason] for reason in REASONS]
        assert sum(amounts) == (row["after"] or 0) - (row["before"] or 0), row
        assert any(amounts) or not (row["before"] or row["after"]), row
        assert not row["version"]
        assert {reason for reason in REASONS if row[reason]} <= set(different.reasons)
    for row in different.others.to_dicts():
        told[row["table"], row["key"], row["number"]] = (row["before"], row["after"])
        assert row["reasons"], row
        assert set(row["reasons"].split(", ")) <= set(different.reasons)
    assert told.keys() == expected.keys()
    for cell, (was, now) in expected.items():
        if isinstance(was, int) or isinstance(now, int):
            assert told[cell] == (was, now), cell


def check_ranks(different: Difference, before: Rows, after: Rows) -> None:
    boards = [
        {(row["category"], row["period"], row["producer_id"]): row for row in tables["leaderboard"]}
        for tables in (before, after)
    ]
    moved = {}
    for key in boards[0].keys() | boards[1].keys():
        was, now = (
            tuple(board[key][name] for name in ("rank", "score")) if key in board else (None, None)
            for board in boards
        )
        if was != now:
            moved[key] = (*was, *now)
    rows = different.ranks.to_dicts()
    assert len(rows) == len(moved)
    for row in rows:
        key = (row["category"], row["period"], row["producer_id"])
        rank_was, score_was, rank_now, score_now = moved[key]
        assert (row["rank_before"], row["score_before"]) == (rank_was, score_was)
        assert (row["rank_after"], row["score_after"]) == (rank_now, score_now)
        if rank_was is None or rank_now is None:
            assert row["own"] is None
            assert row["others"] is None
            continue
        others = [
            other["score"]
            for (*board, producer), other in boards[0].items()
            if tuple(board) == key[:2] and producer != key[2]
        ]
        own_rank = 1 + sum(score > score_now for score in others)
        assert row["own"] == own_rank - rank_was
        assert row["own"] + row["others"] == rank_now - rank_was


#: `make soak` raises it.
WORLDS = int(os.environ.get("BEATXP_WORLDS", "24")) // 8


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_changed_number_has_its_reasons(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for step in World(seed).steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        project.refresh(step.as_of)
    settings = project.settings()
    root = settings.project.store
    kept = [PublishedSnapshot(root, manifest) for manifest in all_kept(root)]
    for before, after in [*pairwise(kept), (kept[-1], kept[0])]:
        different = difference(settings, before, after)
        tables = [project.tables(snapshot.manifest) for snapshot in (before, after)]
        check_accounts_for(different, *tables)
        check_ranks(different, *tables)
