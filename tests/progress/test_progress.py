"""What is published of a producer's progress: rows, unlocks by month, holders."""

from datetime import datetime
from typing import Any

import polars as pl

from pipelines.achievements.milestones import PlayMilestones
from pipelines.achievements.unlocks import ActivityUnlocks, PlayUnlocks
from pipelines.activity.catalogue import build_catalogue
from pipelines.ledger.awards import SOURCE_OF, Awards
from pipelines.ledger.levels import LevelUps
from pipelines.progress.progress import Progress, summarize
from pipelines.run import Run
from tests.runs import dumps, events, table

SEPTEMBER, OCTOBER = datetime(2026, 9, 30, 23), datetime(2026, 10, 1)


def unlock(achievement: int, time: datetime, producer_id: int = 1) -> dict[str, Any]:
    """Of achievements in the order of ids: days-2, plays-3, tracks-2, uploads-2."""
    return {
        "producer_id": producer_id,
        "achievement": achievement,
        "unlocked_at": time,
        "xp": 100,
    }


def summarized(
    run: Run, by_activity: list[dict[str, Any]], previous: Progress | None = None
) -> Progress:
    """Two producers; 1 has two plays, an unlock of plays in October and some others."""
    of_dumps = dumps(run, producers=[{"producer_id": n, "display_name": f"P{n}"} for n in (1, 2)])
    earned = [
        {"earning_id": 1, "producer_id": 1, "amount_cents": 500, "earned_at": OCTOBER},
        {"earning_id": 2, "producer_id": 1, "amount_cents": -700, "earned_at": OCTOBER},
        {"earning_id": 3, "producer_id": 1, "amount_cents": 99, "earned_at": run.as_of},
    ]
    plays = {"producer_id": 1, "plays": 2}
    awards = Awards(
        {name: table(run, "awards") for name in SOURCE_OF}
        | {
            "uploads": table(
                run, "awards", {"day": OCTOBER.date(), "producer_id": 1, "quantity": 1, "xp": 100}
            )
        },
        {},
        {},
    )
    level_ups = LevelUps(
        "",
        awards,
        table(run, "xp_sums", {"producer_id": 1, "play_xp": 20, "xp": 120}),
        table(run, "level_ups", {"producer_id": 1, "level": 2, "reached_on": OCTOBER.date()}),
        table(run, "level_unlocks"),
    )
    return summarize(
        run,
        previous,
        of_dumps,
        events(run, earnings=earned),
        build_catalogue(run, of_dumps),
        PlayMilestones(
            {},
            {},
            table(run, "attribution"),
            table(run, "track_totals"),
            table(run, "track_milestones"),
            table(run, "play_totals", plays),
            table(run, "best_days", plays),
            table(run, "play_milestones"),
        ),
        ActivityUnlocks(
            table(run, "activity_unlocks", *by_activity),
            table(run, "upload_streaks", {"producer_id": 1, "best_upload_streak": 3}),
        ),
        PlayUnlocks(table(run, "play_unlocks", unlock(1, OCTOBER))),
        awards,
        level_ups,
    )


def published(run: Run, progress: Progress, name: str) -> pl.DataFrame:
    parts = progress.parts[name]
    return pl.concat(
        pl.read_parquet(run.store.root / part.file, hive_partitioning=False) for part in parts
    )


def test_a_row_brings_together_what_a_producer_has(run: Run) -> None:
    found = summarized(run, [unlock(3, SEPTEMBER)])
    [first, second] = published(run, found, "progress").rows(named=True)
    assert (first["total_xp"], first["play_xp"], first["upload_xp"]) == (120, 20, 100)
    assert (first["uploads"], first["plays"], first["best_day_plays"]) == (1, 2, 2)
    assert first["best_upload_streak"] == 3
    assert first["earnings_cents"] == -200  # 500 - 700; that of as_of itself does not count
    assert (first["achievements_unlocked"], first["achievements_locked"]) == (2, 2)
    assert (second["total_xp"], second["achievements_locked"]) == (0, 4)


def test_how_many_have_each_achievement(run: Run) -> None:
    found = summarized(run, [unlock(3, SEPTEMBER), unlock(3, OCTOBER, producer_id=2)])
    held = published(run, found, "achievements").select("achievement_id", "unlocked_by").rows()
    assert held == [("days-2", 0), ("plays-3", 1), ("tracks-2", 0), ("uploads-2", 2)]


def test_a_month_whose_unlocks_stay_keeps_its_file(run: Run) -> None:
    before = summarized(run, [unlock(3, SEPTEMBER)])
    assert [part.partition for part in before.parts["unlocks"]] == ["2026-09", "2026-10"]
    later = summarized(run, [unlock(3, SEPTEMBER), unlock(0, OCTOBER)], before)
    september, october = (
        [found.parts["unlocks"][place] for found in (before, later)] for place in (0, 1)
    )
    assert september[0] == september[1]
    assert october[0] != october[1]
    assert published(run, later, "unlocks").select("achievement_id", "unlocked_at").rows() == [
        ("uploads-2", SEPTEMBER),
        ("days-2", OCTOBER),
        ("plays-3", OCTOBER),
    ]
