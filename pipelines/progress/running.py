"""Running totals of many ids at once, and the thresholds that they pass, day after day.

Each id has a place in a series, so that adding a day is a look-up and an addition without any hash
table. (Specification, section 3: plays, track_plays, day_plays, level_ups.)
"""

from collections.abc import Iterable

import polars as pl

from pipelines.activity.positions import Positions

NEVER = 2**63 - 1
CROSSINGS = pl.Schema({"at": pl.UInt32, "k": pl.Int64})


class Totals:
    """A total for each of some ids."""

    def __init__(self, positions: Positions, ids: pl.Series, totals: pl.Series) -> None:
        self._positions = positions
        self._totals = constant(0, positions.count + 1)
        if len(ids):
            self._totals = self._totals.scatter(positions.find(ids), totals)

    def add(self, where: pl.Series, amounts: pl.Series) -> pl.Series:
        """Add amounts at distinct positions; returns the totals there."""
        after = self._totals.gather(where) + amounts
        self._totals.scatter(where, after)
        return after

    def at(self, where: pl.Series) -> pl.Series:
        """The totals at some positions."""
        return self._totals.gather(where)

    def table(self, name: str, amount: str) -> pl.DataFrame:
        """The ids whose total is not 0, and their totals; ascending by id."""
        found = (self._totals != 0).arg_true()
        return pl.DataFrame(
            {name: self._positions.ids(found), amount: self._totals.gather(found)}
        )


class Thresholds:
    """For each of some positions, the next threshold that was not passed yet."""

    def __init__(self, positions: Positions, thresholds: Iterable[int]) -> None:
        self._steps = pl.Series([*sorted(set(thresholds)), NEVER], dtype=pl.Int64)
        self._next = constant(int(self._steps[0]), positions.count + 1)

    def skip(self, where: pl.Series, values: pl.Series) -> None:
        """All thresholds up to these values were passed before."""
        if len(where):
            later = self._steps.search_sorted(values, side="right")
            self._next.scatter(where, self._steps.gather(later))

    def passed(self, where: pl.Series, values: pl.Series) -> pl.DataFrame:
        """The thresholds `k` that values at distinct positions pass now; `at` = row in `where`."""
        at = (values >= self._next.gather(where)).arg_true()
        if not len(at):
            return pl.DataFrame(schema=CROSSINGS)
        reached = values.gather(at)
        found = pl.DataFrame(
            {"at": at, "next": self._next.gather(where.gather(at)), "value": reached}
        ).join(self._steps.alias("k").to_frame(), how="cross")
        self.skip(where.gather(at), reached)
        return found.filter(pl.col("k").is_between("next", "value")).select("at", "k")


def constant(value: int, count: int) -> pl.Series:
    """A series of one number."""
    return pl.Series([value], dtype=pl.Int64).new_from_index(0, count)
