"""On which days tracks and producers reach thresholds of plays, and with which play of the day.

(Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import DayAmounts, Reached, Thresholds, Totals


class Follower(Protocol):
    """Somebody who is told the days one after the other."""

    def add(self, day: DayAmounts) -> None:
        """Take the next day into account."""


def follow(days: Iterable[DayAmounts], *followers: Follower) -> None:
    """Tell everybody each day, in their order."""
    for day in days:
        for follower in followers:
            follower.add(day)


def play_crossings(in_all: pl.DataFrame, within_day: pl.DataFrame) -> pl.DataFrame:
    """Crossings of producers by plays in all, and within a day: with a column `metric`."""
    both = {"plays": in_all, "day_plays": within_day}
    return pl.concat(
        crossings.with_columns(pl.lit(metric).alias("metric")) for metric, crossings in both.items()
    )


class InAll:
    """Totals over all days so far, and the thresholds that they reached within these days.

    `totals_before`: an id, plays.
    """

    def __init__(
        self, ids: Positions, thresholds: Iterable[int], totals_before: pl.DataFrame
    ) -> None:
        self._totals = Totals(ids)
        self._thresholds = Thresholds(ids, thresholds)
        self._reached = Reached(ids, totals_before.columns[0], "k", "nth")
        where = ids.find(totals_before.to_series(0).to_numpy())
        before = totals_before["plays"].to_numpy()
        self._totals.add(where, before)
        self._thresholds.skip(where, before)

    def add(self, day: DayAmounts) -> None:
        """Add a day."""
        after = self._totals.add(day.where, day.amounts)
        passed = self._thresholds.passed(day.where, after)
        before = after[passed.at] - day.amounts[passed.at]
        self._reached.add(day.day, day.where[passed.at], passed.k, passed.k - before)

    @property
    def totals(self) -> pl.DataFrame:
        """The id and the plays of everybody who has any, ascending by id."""
        return self._totals.table(self._reached.key, "plays")

    @property
    def crossings(self) -> pl.DataFrame:
        """An id, day, k, nth: which of the day's plays, in order of their times, reached k."""
        return self._reached.table()


class WithinDay:
    """The first days on which there were as many plays within the day as thresholds ask for.

    `reached_before`: an id, k.
    """

    def __init__(
        self, ids: Positions, thresholds: Sequence[int], reached_before: pl.DataFrame
    ) -> None:
        self._least = min(thresholds, default=None)
        self._thresholds = Thresholds(ids, thresholds)
        key = reached_before.columns[0]
        self._reached = Reached(ids, key, "k", "nth")
        reached = reached_before.group_by(key).agg(pl.col("k").max())
        self._thresholds.skip(ids.find(reached[key].to_numpy()), reached["k"].to_numpy())

    def add(self, day: DayAmounts) -> None:
        """Look at a day, at those who have many plays on it."""
        if self._least is None:
            return
        many = np.flatnonzero(day.amounts >= self._least)
        where = day.where[many]
        passed = self._thresholds.passed(where, day.amounts[many])
        self._reached.add(day.day, where[passed.at], passed.k, passed.k)

    @property
    def crossings(self) -> pl.DataFrame:
        """An id, day, k, nth: k is reached with the k-th play of that day."""
        return self._reached.table()


class BestDays:
    """The most plays within any of the days."""

    def __init__(self, ids: Positions, key: str) -> None:
        self._best, self._key = Totals(ids), key

    def add(self, day: DayAmounts) -> None:
        """Look at a day."""
        self._best.raise_to(day.where, day.amounts)

    @property
    def plays(self) -> pl.DataFrame:
        """The id and the plays on its best day of everybody who has any, ascending by id."""
        return self._best.table(self._key, "plays")
