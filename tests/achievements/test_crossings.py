"""On which day a threshold is reached, and with which of the day's plays."""

from datetime import date

import numpy as np
import polars as pl

from pipelines.achievements.crossings import BestDays, InAll, WithinDay, follow, play_crossings
from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import DayAmounts
from tests.runs import frame

FIRST, SECOND, THIRD = (date(2026, 10, day) for day in (1, 2, 3))
IDS = Positions(np.array([5, 6]))


def plays(day: date, **amounts: int) -> DayAmounts:
    """Plays of a day by producer: p5=3."""
    where = IDS.find(np.array([int(name[1:]) for name in amounts], dtype=np.int64))
    return DayAmounts(day, where, np.array(list(amounts.values()), dtype=np.int64))


def rows(crossings: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(crossings.select("producer_id", "k", "day", "nth").rows())


def test_running_totals_reach_thresholds_in_the_middle_of_a_day() -> None:
    of_all = InAll(IDS, [1, 4, 10], frame("play_totals"))
    follow([plays(FIRST, p5=3), plays(SECOND, p5=3, p6=4)], of_all)
    assert rows(of_all.crossings) == [
        (5, 1, FIRST, 1),
        (5, 4, SECOND, 1),  # 3 before; the 4th is the first of the second day
        (6, 1, SECOND, 1),
        (6, 4, SECOND, 4),
    ]
    assert of_all.totals.rows() == [(5, 6), (6, 4)]


def test_what_was_reached_before_is_not_reached_again() -> None:
    of_all = InAll(IDS, [3, 5], frame("play_totals", {"producer_id": 5, "plays": 3}))
    follow([plays(SECOND, p5=2)], of_all)
    assert rows(of_all.crossings) == [(5, 5, SECOND, 2)]


def test_within_a_day_only_its_own_plays_count_and_the_first_such_day() -> None:
    within = WithinDay(IDS, [2, 3], frame("play_milestones").select("producer_id", "k"))
    follow([plays(FIRST, p5=1, p6=2), plays(SECOND, p5=3), plays(THIRD, p5=3, p6=3)], within)
    assert rows(within.crossings) == [
        (5, 2, SECOND, 2),
        (5, 3, SECOND, 3),
        (6, 2, FIRST, 2),
        (6, 3, THIRD, 3),
    ]


def test_what_a_day_reached_before_stands() -> None:
    reached = frame("play_milestones", {"producer_id": 5, "k": 2}).select("producer_id", "k")
    within = WithinDay(IDS, [2, 3], reached)
    follow([plays(SECOND, p5=2, p6=2)], within)
    assert rows(within.crossings) == [(6, 2, SECOND, 2)]


def test_the_best_day_has_the_most_plays() -> None:
    best = BestDays(IDS, "producer_id")
    follow([plays(FIRST, p5=3), plays(SECOND, p5=2, p6=1)], best)
    assert best.plays.rows() == [(5, 3), (6, 1)]


def test_both_kinds_of_crossings_say_what_they_count() -> None:
    nothing = InAll(IDS, [], frame("play_totals")).crossings
    within = WithinDay(IDS, [1], frame("play_milestones").select("producer_id", "k"))
    follow([plays(FIRST, p5=1)], within)
    assert play_crossings(nothing, within.crossings)["metric"].to_list() == ["day_plays"]
