"""A refresh costs what changed: what stayed is not looked at again."""

import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.ledger.points import award_rows
from tests.product import Project
from tests.worlds.rulebooks import toml_text

AS_OF = datetime(2026, 11, 1)
RULES = toml_text(
    {
        "rulebook": {"name": "Small", "version": "1"},
        "metadata": {"fields": ["artwork"], "complete_at_percent": 80},
        "collaboration": {"play_min_profile_completion": 80},
        "plays": {"min_seconds": 0},
        "xp": {"rates": [{"from": AS_OF.date(), "upload": 1}]},
        "levels": [{"level": 1, "title": "Novice", "min_xp": 0}],
        "leaderboards": {"overall": {"plays": 1}},
    }
)
PRODUCERS = (
    "producer_id,display_name,joined_at,profile_completion,status\n1,Ada,2026-01-01,100,active\n"
)


def test_awards_are_read_only_for_days_of_the_ledger_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[tuple[Any, ...]] = []

    def read_and_tell(*arguments: Any) -> Any:
        reads.append(arguments)
        return award_rows(*arguments)

    monkeypatch.setattr("pipelines.ledger.ledger.award_rows", read_and_tell)
    project = Project(tmp_path)
    project.rulebook.write_text(RULES)
    for name, rows in {
        "producers/2026-10-01.csv": PRODUCERS,
        "adjustments/one.csv": "adjustment_id,producer_id,xp,adjusted_at,reason\n"
        "1,1,50,2026-10-05,contest\n",
        "earnings/one.csv": "earning_id,producer_id,amount_cents,earned_at\n1,1,100,2026-10-06\n",
    }.items():
        (project.exports / name).parent.mkdir()
        (project.exports / name).write_text(rows)
        reads.clear()
        assert project.refresh(AS_OF).published
        assert bool(reads) == name.startswith("adjustments")


def test_another_file_costs_no_call_for_each_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file more took as long as everything that was known: a look at each contribution.

    Listing gets the status of each file as it reads the folders; of all other calls of the system
    there are as many beside 400 known files as beside 80.
    """
    calls: Counter[str] = Counter()

    def counted(name: str) -> None:
        call = getattr(os, name)

        def call_and_count(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return call(*arguments, **options)

        monkeypatch.setattr(os, name, call_and_count)

    # Any file is recognised, however young it is.
    monkeypatch.setattr("pipelines.exports.ingest.STILL_NS", -(10**18))
    for name in ("stat", "lstat", "open", "listdir", "mkdir", "rename", "fsync"):
        counted(name)
    header = "play_id,track_id,played_at\n"
    found = []
    for files in (80, 400):
        project = Project(tmp_path / str(files))
        project.rulebook.write_text(RULES)
        plays = {
            f"plays/{n:03}.csv": f"{header}{n + 1},1,2026-10-0{1 + n % 4}\n" for n in range(files)
        }
        project.deliver({"producers/2026-10-01.csv": PRODUCERS, **plays})
        assert project.refresh(AS_OF).published
        project.deliver({"plays/new.csv": f"{header}900,1,2026-10-09\n"})
        calls.clear()
        assert project.refresh(AS_OF).published
        found.append(dict(calls))
    # Threads that come to one folder at once may both look into it.
    few, many = found
    assert few.keys() == many.keys()
    assert all(abs(many[name] - few[name]) <= 10 for name in many)
