"""Ledger rows of everything but plays, and what a play is worth on which day."""

from datetime import date, datetime

import polars as pl

from pipelines.achievements.unlocks import ActivityUnlocks, PlayUnlocks
from pipelines.activity.catalogue import build_catalogue
from pipelines.activity.day_counts import ProducerPlays
from pipelines.ledger.awards import award, day_rates
from pipelines.run import Run
from pipelines.tables import Table
from tests.runs import dumps, events, table


def test_a_boost_covers_its_days_but_not_the_day_it_ends(run: Run) -> None:
    days = pl.DataFrame({"day": [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2)]})
    assert day_rates(run, "play", days).rows() == [
        (date(2026, 9, 30), 10, 25),
        (date(2026, 10, 1), 20, 25),  # 10 x 200 percent
        (date(2026, 10, 2), 10, 25),
    ]
    assert day_rates(run, "upload", days)["daily_cap"].to_list() == [None] * 3


def test_rows_are_summed_by_day_and_only_what_counts_is_in_them(run: Run) -> None:
    morning, evening = datetime(2026, 10, 5, 6), datetime(2026, 10, 5, 18)
    day = morning.date()
    of_dumps = dumps(
        run,
        producers=[{"producer_id": 1, "status": "active"}],
        tracks=[
            {"track_id": n, "producer_id": 1, "status": "published", "published_at": time}
            for n, time in ((10, morning), (11, evening))
        ],
    )
    adjusted = [
        {"adjustment_id": 1, "producer_id": 1, "xp": -30, "adjusted_at": morning},
        {"adjustment_id": 2, "producer_id": 1, "xp": 50, "adjusted_at": evening},
        {"adjustment_id": 3, "producer_id": 9, "xp": 50, "adjusted_at": evening},  # unknown
        {"adjustment_id": 4, "producer_id": 1, "xp": 50, "adjusted_at": datetime(2026, 11, 1)},
    ]
    unlock = {"producer_id": 1, "achievement": 3, "unlocked_at": evening, "xp": 200}
    unlocks = ActivityUnlocks(table(run, "activity_unlocks", unlock), Table("upload_streaks"))
    by_plays = PlayUnlocks(table(run, "play_unlocks"))
    found = award(
        run,
        None,
        of_dumps,
        events(run, adjustments=adjusted),
        build_catalogue(run, of_dumps),
        ProducerPlays({}, Table("attribution")),
        unlocks,
        by_plays,
    )
    rows = {name: run.store.read(of).rows() for name, of in found.awards.items()}
    assert rows["uploads"] == [(day, 1, 2, 200)]  # 2 x 100
    assert rows["adjustments"] == [(day, 1, 2, 20)]  # -30 + 50; that of as_of itself does not count
    assert rows["activity_unlocks"] == [(day, 1, 1, 200)]
    assert rows["collaborations"] == rows["metadata_completions"] == rows["play_unlocks"] == []
    assert list(found.days) == [day]
    assert (found.days[day].unit_xp, found.days[day].plays.rows) == (10, 0)
