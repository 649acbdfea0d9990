"""The reasons of a difference account for every number that changed, in random worlds."""

import os
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis import difference as what_differs
from analysis.difference import REASONS, SnapshotDifference
from analysis.differences import difference
from pipelines.publication.manifest import all_kept
from pipelines.published.snapshot import PublishedSnapshot
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
                values = (one.get(column), other.get(column))
                # A row that comes or goes changes nothing where its number is 0.
                is_nothing = {None, 0} == set(values) and not any(map(is_flag, values))
                if values[0] != values[1] and not is_nothing:
                    found[table, key, column] = (one.get(column), other.get(column))
    return found


def is_flag(value: Any) -> bool:
    """Whether a value is true or false, which Python also counts among the numbers."""
    return isinstance(value, bool)


def check_accounts_for(different: SnapshotDifference, before: Rows, after: Rows) -> None:
    expected = expected_changes(before, after)
    told = {}
    for row in different.numbers.to_dicts():
        told[row["table"], row["key"], row["number"]] = (row["before"], row["after"])
        amounts = [row[reason] for reason in REASONS]
        assert sum(amounts) == (row["after"] or 0) - (row["before"] or 0), row
        assert any(amounts), row
        assert not row["version"]
        assert {reason for reason in REASONS if row[reason]} <= set(different.reasons)
    for row in different.others.to_dicts():
        told[row["table"], row["key"], row["number"]] = (row["before"], row["after"])
        assert row["reasons"], row
        assert set(row["reasons"].split(", ")) <= set(different.reasons)
    assert told.keys() == expected.keys()
    for cell, (was, now) in expected.items():
        if is_flag(was) or is_flag(now):
            written = tuple(None if flag is None else str(flag).lower() for flag in (was, now))
            assert told[cell] == written, cell
        elif isinstance(was, int) or isinstance(now, int):
            assert told[cell] == (was, now), cell


def check_ranks(different: SnapshotDifference, before: Rows, after: Rows) -> None:
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
    # What was found of all is known of each.
    of_one = difference(settings, before, after, 1).tables
    assert all(
        of_one[name].equals(table) for name, table in different.of_producer(1).tables.items()
    )


RULES = Path(__file__).parents[2] / "rules/beatpass.toml"
PRODUCERS = (
    "producer_id,display_name,joined_at,profile_completion,status\n1,Ada,2026-01-01,100,active\n"
)
TRACKS = "track_id,producer_id,title,status,published_at,updated_at\n"
PLAYS = "play_id,track_id,played_at\n"
ADJUSTMENTS = "adjustment_id,producer_id,xp,adjusted_at,reason\n"


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """One producer with a track that a dump of 5 March removes, and one that stays."""
    project = Project(tmp_path)
    project.rulebook.write_text(RULES.read_text())
    write(project, "producers/2026-03-01.csv", PRODUCERS)
    row = "{},1,Track,{},2026-02-01,2026-02-01\n"
    both = "".join(row.format(n, "published") for n in "12")
    write(project, "tracks/2026-03-01.csv", TRACKS + both)
    removed = row.format(1, "removed") + row.format(2, "published")
    write(project, "tracks/2026-03-05.csv", TRACKS + removed)
    write(project, "plays/2026-03-02.csv", PLAYS + "1,2,2026-03-02T10:00\n")
    return project


def write(project: Project, path: str, text: str) -> None:
    file = project.exports / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def upload_xp(different: SnapshotDifference) -> dict[str, int]:
    rows = different.numbers.filter(number="upload_xp").to_dicts()
    return {reason: amount for row in rows for reason in REASONS if (amount := row[reason])}


def test_a_dump_that_comes_into_force_is_no_activity(small: Project) -> None:
    small.refresh(datetime(2026, 3, 4))
    write(small, "plays/2026-03-06.csv", PLAYS + "2,2,2026-03-06T10:00\n")
    small.refresh(datetime(2026, 3, 8))
    settings = small.settings()
    root = settings.project.store
    before, after = (PublishedSnapshot(root, manifest) for manifest in all_kept(root))
    assert upload_xp(difference(settings, before, after)) == {"removed": -100}
    back = difference(settings, after, before)
    assert upload_xp(back) == {"removed": 100}
    plays = back.numbers.filter(table="progress", number="plays").to_dicts()
    assert [(row["time"], row["corrected"]) for row in plays] == [(-1, 0)]


def test_reasons_are_known_after_a_refresh_that_started_from_nothing(small: Project) -> None:
    small.refresh(datetime(2026, 3, 4))
    write(small, "plays/2026-03-02.csv", PLAYS + "1,2,2026-03-02T10:00\n3,2,2026-03-02T11:00\n")
    small.refresh(datetime(2026, 3, 4))
    small.refresh(datetime(2026, 3, 4), full=True)
    settings = small.settings()
    root = settings.project.store
    before, after = (PublishedSnapshot(root, manifest) for manifest in all_kept(root))
    plays = difference(settings, before, after).numbers.filter(table="progress", number="plays")
    assert plays.to_dicts()[0]["corrected"] == 1


def test_reasons_that_cancel_are_told_of_all_producers_together(small: Project) -> None:
    small.refresh(datetime(2026, 3, 6))
    write(small, "adjustments/a.csv", ADJUSTMENTS + "1,1,100,2026-03-01,late\n")
    row = "{},1,Track,removed,2026-02-01,2026-02-01\n"
    write(small, "tracks/2026-03-06.csv", TRACKS + "".join(row.format(n) for n in "12"))
    small.refresh(datetime(2026, 3, 6))
    settings = small.settings()
    root = settings.project.store
    before, after = (PublishedSnapshot(root, manifest) for manifest in all_kept(root))
    told = dict(difference(settings, before, after).by_reason.select("reason", "xp").iter_rows())
    assert told["corrected"] == 100
    assert told["removed"] < 0


def test_only_some_of_a_ledger_that_is_another_everywhere_is_told(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.refresh(datetime(2026, 3, 4))
    small.rulebook.write_text(RULES.read_text().replace("upload = 100", "upload = 120"))
    small.refresh(datetime(2026, 3, 4))
    settings = small.settings()
    root = settings.project.store
    before, after = (PublishedSnapshot(root, manifest) for manifest in all_kept(root))
    monkeypatch.setattr(what_differs, "MOST_LEDGER_ROWS", 0)
    of_all = difference(settings, before, after)
    assert not of_all.is_ledger_told
    assert "xp_ledger" not in of_all.numbers["table"]
    assert "xp_ledger" in difference(settings, before, after, 1).numbers["table"]
