"""A refresh costs what changed: what stayed is not looked at again."""

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
        "producers/2026-10-01.csv": "producer_id,display_name,joined_at,profile_completion,status\n"
        "1,Ada,2026-01-01,100,active\n",
        "adjustments/one.csv": "adjustment_id,producer_id,xp,adjusted_at,reason\n"
        "1,1,50,2026-10-05,contest\n",
        "earnings/one.csv": "earning_id,producer_id,amount_cents,earned_at\n1,1,100,2026-10-06\n",
    }.items():
        (project.exports / name).parent.mkdir()
        (project.exports / name).write_text(rows)
        reads.clear()
        assert project.refresh(AS_OF).published
        assert bool(reads) == name.startswith("adjustments")
