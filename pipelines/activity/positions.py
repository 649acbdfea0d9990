"""Where ids stand in a list of ids, for a whole column at once.

Ids that leave few gaps, as counters do, are looked up in a table; others are searched for.
Positions count from 1, so that 0 can stand for what is unknown: columns without nulls are the fast
ones.
"""

import polars as pl

#: A table of positions may have so many places for each id, before searching takes its place.
PLACES_PER_ID = 8


class Positions:
    """Where ids stand in an ascending series of distinct ids: 1 = first, 0 = not in it."""

    def __init__(self, ids: pl.Series) -> None:
        self._ids = ids
        self.count = len(ids)
        self._least = int(ids[0]) if len(ids) else 0
        self._places: pl.Series | None = None
        span = int(ids[-1]) - self._least + 1 if len(ids) else 0
        if span <= PLACES_PER_ID * len(ids):
            self._places = table(span, ids - self._least, numbers(len(ids)))

    def find(self, wanted: pl.Series) -> pl.Series:
        """The position of each id, as UInt32."""
        if not len(self._ids) or not len(wanted):
            return zeros(len(wanted))
        if self._places is None:
            found = self._ids.search_sorted(wanted).clip(upper_bound=len(self._ids) - 1)
            same = self._ids.gather(found) == wanted
            return ((found + 1) * same).cast(pl.UInt32)
        place = wanted - self._least
        inside = place.is_between(0, len(self._places) - 1)
        if inside.all():
            return self._places.gather(place)
        return self._places.gather(place * inside) * inside

    def ids(self, positions: pl.Series) -> pl.Series:
        """The ids at some positions, none of them 0."""
        return self._ids.gather(positions - 1)


def numbers(count: int) -> pl.Series:
    """1, 2, 3, ... as UInt32."""
    return pl.int_range(1, count + 1, dtype=pl.UInt32, eager=True)


def zeros(count: int) -> pl.Series:
    """Only 0, as UInt32."""
    return pl.Series([0], dtype=pl.UInt32).new_from_index(0, count)


def table(size: int, places: pl.Series, values: pl.Series) -> pl.Series:
    """Zeros, and a value at each of some places."""
    return zeros(size).scatter(places, values) if len(places) else zeros(size)
