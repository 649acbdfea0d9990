"""Where ids stand in a list of ids, for a whole column at once.

Ids that leave few gaps, as counters do, are looked up in a table; others are searched for.
Positions count from 1, so that 0 can stand for what is unknown.
"""

from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Number = TypeVar("Number", np.int32, np.int64)

#: A table of positions may have so many places for each id, or so many in all (4 bytes each),
#: before searching takes its place.
PLACES_PER_ID: Final = 8
PLACES: Final = 4_000_000
#: So many counters are looked through for each number that is counted, before sorting is quicker.
COUNTED_PER_NUMBER: Final = 32


class Positions:
    """Where ids stand in an ascending array of distinct ids: 1 = first, 0 = not in it."""

    def __init__(self, ids: Integers) -> None:
        self.count = len(ids)
        self._ids = ids
        self._least = int(ids[0]) if len(ids) else 0
        self._places: npt.NDArray[np.int32] | None = None
        span = int(ids[-1]) - self._least + 1 if len(ids) else 0
        if span <= max(PLACES, PLACES_PER_ID * len(ids)):
            # The last place is that of all ids beyond both ends.
            self._places = np.zeros(span + 1, dtype=np.int32)
            self._places[ids - self._least] = np.arange(1, len(ids) + 1)

    def find(self, wanted: Integers) -> Integers:
        """The position of each id."""
        if not len(self._ids) or not len(wanted):
            return np.zeros(len(wanted), dtype=np.int64)
        if self._places is None:
            found = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
            return np.where(self._ids[found] == wanted, found + 1, 0)
        return self._places[self._place(wanted, self._places)].astype(np.int64)

    def among(self, ids: Integers, positions: Integers) -> npt.NDArray[np.bool_]:
        """Whether each id stands at one of some positions, none of them 0."""
        if self._places is None or not len(positions) or not len(ids):
            return np.isin(ids, self._ids[positions - 1])
        are = members(self._ids[positions - 1] - self._least, len(self._places) - 1)
        return are[self._place(ids, self._places)]

    def _place(self, ids: Integers, places: npt.NDArray[np.int32]) -> Integers:
        """Where in the table each of some ids would be."""
        least, beyond = self._least, len(places) - 1
        if ids.min() >= least and ids.max() < least + beyond:
            return ids - least
        return np.where((ids >= least) & (ids < least + beyond), ids - least, beyond)

    def ids(self, positions: npt.NDArray[np.integer[Any]]) -> Integers:
        """The ids at some positions, none of them 0."""
        found: Integers = self._ids[positions - 1]
        return found


def runs(numbers: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], Integers]:
    """The distinct numbers, ascending, and how often each stands there."""
    ordered = np.sort(numbers)
    starts = run_starts(ordered)
    return ordered[starts], np.diff(starts, append=len(ordered))


def tally(numbers: npt.NDArray[Number]) -> tuple[Integers, Integers]:
    """The distinct numbers, ascending, and how often each stands there."""
    if not len(numbers):
        return (np.zeros(0, dtype=np.int64),) * 2
    least = int(numbers.min())
    if int(numbers.max()) - least > COUNTED_PER_NUMBER * len(numbers):
        distinct, times = runs(numbers)
        return distinct.astype(np.int64), times
    counts = np.bincount(numbers - least)
    found = np.flatnonzero(counts)
    return found + least, counts[found]


def counts_of(numbers: npt.NDArray[Number]) -> tuple[Integers, Integers]:
    """The distinct numbers above 0, ascending, and how often each stands there."""
    distinct, times = tally(numbers)
    first = np.searchsorted(distinct, 1)
    return distinct[first:], times[first:]


def add_up(ids: Integers, *amounts: Integers) -> tuple[Integers, ...]:
    """The distinct ids, ascending, and the sums of the amounts of each."""
    distinct, _ = tally(ids)
    where = Positions(distinct).find(ids) - 1
    sums = [np.zeros(len(distinct), dtype=np.int64) for _ in amounts]
    for total, amount in zip(sums, amounts, strict=True):
        np.add.at(total, where, amount)
    return distinct, *sums


def members(numbers: npt.NDArray[np.integer[Any]], greatest: int) -> npt.NDArray[np.bool_]:
    """For each number from 0 to `greatest`, whether it is one of these."""
    are = np.zeros(greatest + 1, dtype=np.bool_)
    are[numbers] = True
    return are


def ranges(starts: Integers, lengths: Integers) -> Integers:
    """The numbers of several ranges, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)


def run_starts(*ordered: npt.NDArray[Any]) -> Integers:
    """Where a new combination begins in columns that are ordered by it."""
    length = len(ordered[0])
    is_first = np.zeros(length, dtype=np.bool_)
    is_first[:1] = True
    for column in ordered:
        is_first[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(is_first)
