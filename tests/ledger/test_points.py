"""Points of a day, and how points differ."""

from datetime import date

import numpy as np
import polars as pl

from pipelines.ledger.awards import SOURCE_OF, Awards, LedgerDay
from pipelines.ledger.points import POINTS, award_changes, negative, play_xp, points_by_day, sums_of
from pipelines.run import Run
from pipelines.tables import Table
from tests.runs import table

FIRST, SECOND = date(2026, 10, 1), date(2026, 10, 2)


def points(*rows: tuple[int, int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=POINTS, orient="row")


def test_plays_are_worth_so_much_each_up_to_the_cap() -> None:
    plays = np.array([1, 2, 3])
    worth = LedgerDay(Table("producer_plays"), "", 10, 25)
    assert play_xp(plays, worth).tolist() == [10, 20, 25]  # 30 would be above
    uncapped = LedgerDay(Table("producer_plays"), "", 10, None)
    assert play_xp(plays, uncapped).tolist() == [10, 20, 30]


def test_points_are_cut_by_day_whatever_they_are_for() -> None:
    schema = {"day": pl.Date, "producer_id": pl.Int64, "xp": pl.Int64}
    uploads = pl.DataFrame([(FIRST, 1, 100), (SECOND, 1, 100)], schema=schema, orient="row")
    unlocks = pl.DataFrame([(FIRST, 1, 500)], schema=schema, orient="row")
    cut = points_by_day([uploads, unlocks])
    assert {day: sorted(rows.rows()) for day, rows in cut.items()} == {
        FIRST: [(1, 100), (1, 500)],
        SECOND: [(1, 100)],
    }


def test_sums_leave_out_who_has_nothing_left() -> None:
    had = points((1, 10, 30), (2, 5, 5))
    gone = negative(points((2, 5, 5), (1, 10, 10)))
    assert sums_of(had, gone).rows() == [(1, 0, 20)]  # 30 - 10, of which 10 - 10 for plays


def test_points_that_only_moved_change_both_days(run: Run) -> None:
    def awards(day: date) -> Awards:
        tables = {name: table(run, "awards") for name in SOURCE_OF}
        row = {"day": day, "producer_id": 1, "quantity": 1, "xp": 100}
        return Awards(tables | {"uploads": table(run, "awards", row)}, {}, {})

    changes = award_changes(run, awards(FIRST), awards(SECOND), FIRST)
    assert sorted(changes.rows()) == [(1, 0, -100), (1, 0, 100)]
    assert award_changes(run, awards(FIRST), awards(FIRST), FIRST).is_empty()
    # What lies before the first day is none of the change.
    assert award_changes(run, awards(FIRST), awards(SECOND), SECOND).rows() == [(1, 0, 100)]
