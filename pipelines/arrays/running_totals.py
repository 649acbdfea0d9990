"""Running totals of many ids at once, and the thresholds that they pass, day after day.

Each id has a place in an array, so that adding a day is a look-up and an addition without any hash
table. (Specification, section 3: plays, track_plays, day_plays, level_ups.)
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from pipelines.arrays.positions import Integers, Positions, ranges

NEVER: Final = 2**63 - 1


class DayAmounts(NamedTuple):
    """What some ids get on a day: `where` they stand (each once, none of them 0), and amounts."""

    day: date
    where: Integers
    amounts: Integers


class Passed(NamedTuple):
    """Thresholds that were passed: `k`, and `at`, which of the values asked about passed it."""

    at: Integers
    k: Integers


class Totals:
    """A total for each of some ids, 0 at first."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self._totals = np.zeros(positions.count + 1, dtype=np.int64)

    def add(self, where: Integers, amounts: Integers) -> Integers:
        """Add amounts at distinct positions; returns the totals there."""
        after = self._totals[where] + amounts
        self._totals[where] = after
        return after

    def add_each(self, where: Integers, amounts: Integers) -> None:
        """Add amounts at positions, any of which may come several times."""
        np.add.at(self._totals, where, amounts)

    def raise_to(self, where: Integers, amounts: Integers) -> None:
        """Let totals at distinct positions be at least some amounts."""
        self._totals[where] = np.maximum(self._totals[where], amounts)

    def at(self, where: Integers) -> Integers:
        """The totals at some positions."""
        return self._totals[where]

    def table(self, name: str, amount: str) -> pl.DataFrame:
        """The ids whose total is not 0, and their totals; ascending by id."""
        # Position 0 is that of everybody else.
        found = np.flatnonzero(self._totals[1:]) + 1
        return pl.DataFrame({name: self._positions.ids(found), amount: self._totals[found]})


class Thresholds:
    """For each of some positions, the next threshold that was not passed yet."""

    def __init__(self, positions: Positions, thresholds: Iterable[int]) -> None:
        self._steps = np.array([*sorted(set(thresholds)), NEVER], dtype=np.int64)
        self._next = np.full(positions.count + 1, self._steps[0])

    def skip(self, where: Integers, values: Integers) -> None:
        """All thresholds up to these values were passed before."""
        self._next[where] = self._steps[np.searchsorted(self._steps, values, side="right")]

    def passed(self, where: Integers, values: Integers) -> Passed:
        """The thresholds that values at distinct positions pass now."""
        at = np.flatnonzero(values >= self._next[where])
        first = np.searchsorted(self._steps, self._next[where[at]])
        above = np.searchsorted(self._steps, values[at], side="right")
        self._next[where[at]] = self._steps[above]
        several = above - first
        return Passed(np.repeat(at, several), self._steps[ranges(first, several)])


class Reached:
    """What ids reached, day by day: an id, the day, and the values that are named."""

    def __init__(self, positions: Positions, key: str, *values: str) -> None:
        self.key = key
        self._positions = positions
        self._names = (key, "day", *values)
        nothing = np.zeros(0, dtype=np.int64)
        self._columns = [(nothing, nothing.astype("datetime64[D]"), *(nothing for _ in values))]

    def add(self, day: date, where: Integers, *values: Integers) -> None:
        """Those at some positions reached something, each with its values."""
        if len(where):
            days = np.full(len(where), day, dtype="datetime64[D]")
            self._columns.append((self._positions.ids(where), days, *values))

    def table(self) -> pl.DataFrame:
        """One row each."""
        columns = (np.concatenate(column) for column in zip(*self._columns, strict=True))
        return pl.DataFrame(dict(zip(self._names, columns, strict=True)))


def adjusted(totals: pl.DataFrame, added: pl.DataFrame, removed: pl.DataFrame) -> pl.DataFrame:
    """Totals (an id, an amount; ascending by id) after amounts are added and removed.

    Ids whose total becomes 0 are left out.
    """
    key, amount = totals.columns
    changes = (
        pl.concat([added, removed.with_columns(-pl.col(amount))])
        .group_by(key)
        .agg(pl.col(amount).sum())
        .filter(pl.col(amount) != 0)
    )
    ids, amounts = totals[key].to_numpy(), totals[amount].to_numpy().copy()
    where = np.searchsorted(ids, changes[key].to_numpy())
    # No id is 0.
    is_known = np.append(ids, 0)[where] == changes[key].to_numpy()
    amounts[where[is_known]] += changes[amount].to_numpy()[is_known]
    result = pl.DataFrame({key: ids, amount: amounts}, schema=totals.schema)
    if not amounts.all():
        result = result.filter(pl.col(amount) != 0)
    new = changes.filter(~pl.Series(is_known))
    return result if new.is_empty() else pl.concat([result, new]).sort(key)


def without(totals: pl.DataFrame, ids: Positions, days: Iterable[DayAmounts]) -> pl.DataFrame:
    """What totals (an id, an amount) of some ids were before some days."""
    key, amount = totals.columns
    before = Totals(ids)
    before.add(ids.find(totals[key].to_numpy()), totals[amount].to_numpy())
    for _, where, amounts in days:
        before.add(where, -amounts)
    return before.table(key, amount)
