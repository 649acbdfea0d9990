"""On which day producers reach levels."""

from datetime import date

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import DayAmounts
from pipelines.ledger.levels import fold_levels
from pipelines.rulebook.tables import levels
from pipelines.run import Run
from tests.runs import frame

FIRST, SECOND, THIRD = (date(2026, 10, day) for day in (1, 2, 3))
IDS = Positions(np.array([5, 6]))


def played(day: date, xp: int = 0) -> DayAmounts:
    """A day on which producer 5 has so much XP for plays."""
    where = IDS.find(np.array([5])) if xp else np.zeros(0, dtype=np.int64)
    return DayAmounts(day, where, np.full(len(where), xp))


def won(*rows: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"producer_id": pl.Int64, "xp": pl.Int64}, orient="row")


def fold(
    run: Run,
    days: list[DayAmounts],
    awarded: dict[date, pl.DataFrame],
    sums: pl.DataFrame | None = None,
    reached: pl.DataFrame | None = None,
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Levels begin at 100 and at 400."""
    sums = frame("xp_sums") if sums is None else sums
    reached = frame("level_ups") if reached is None else reached
    after, ups = fold_levels(days, awarded, IDS, levels(run.rulebook), sums, reached)
    return sorted(after.select("producer_id", "play_xp", "xp").rows()), sorted(ups.rows())


def test_a_level_is_reached_at_the_end_of_a_day(run: Run) -> None:
    # 60 + 40 are enough for level 2. On the third day 300 + 100 - 200 are not for level 3.
    days = [played(FIRST, 60), played(SECOND, 40), played(THIRD, 100)]
    after, ups = fold(run, days, {THIRD: won((5, 300), (5, -200), (6, 99))})
    assert ups == [(5, 2, SECOND)]
    assert after == [(5, 200, 300), (6, 0, 99)]  # 200 for plays, 100 of awards


def test_a_day_may_reach_several_levels(run: Run) -> None:
    _, ups = fold(run, [played(FIRST)], {FIRST: won((6, 150), (6, 250))})
    assert ups == [(6, 2, FIRST), (6, 3, FIRST)]


def test_a_level_that_was_reached_before_a_fall_is_not_reached_again(run: Run) -> None:
    sums = frame("xp_sums", {"producer_id": 5, "play_xp": 0, "xp": 50})
    reached = frame("level_ups", {"producer_id": 5, "level": 2, "reached_on": FIRST})
    after, ups = fold(run, [played(SECOND, 60), played(THIRD, 300)], {}, sums, reached)
    assert ups == [(5, 3, THIRD)]  # 50 + 60 + 300
    assert after == [(5, 360, 410)]
