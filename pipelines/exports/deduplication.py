"""Which of several rows of one file is valid, and what can be said of the ids of those that are.

(specification, section 1: the same identity again: the later row wins)

Within a chunk the last row of each identity is kept. That no identity stands in two chunks is
proven by the range of identities in each; where that fails, the file is not called distinct, and
whoever puts files together has to compare its rows as those of two files that overlap.
"""

from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import pandera.polars as pa
import polars as pl

from pipelines.exports.schemas import identity, time_column

_EPOCH = date(1970, 1, 1)
_DAY_US = 24 * 60 * 60 * 1_000_000
_DAY = "row:day"
_PLACE = "row:place"

_Columns = tuple[str, ...]
_Key = tuple[int, ...]


class FileAccount(NamedTuple):
    """How many rows of a file are valid, and their days and keys as a Contribution has them."""

    file: int
    accepted: int
    days: dict[str, list[int]]
    keys: list[int]


class Deduplication:
    """Deduplicates the good rows of one file, chunk after chunk, and keeps account of them."""

    def __init__(self, schema: pa.DataFrameSchema) -> None:
        self.accepted = 0
        self.repeated = 0
        self.is_distinct = True
        """Whether it is certain that no identity stands twice among the rows so far."""
        self._time = time_column(schema)
        self._key, day_of = identity(schema)
        self._within_day = day_of is not None
        self._days: dict[int, list[int]] = {}
        # By day, if that is part of the identity: the least and the greatest identity so far.
        self._ranges: dict[int | None, tuple[_Key, _Key]] = {}

    @property
    def days(self) -> dict[str, list[int]]:
        """The days of events, as a Contribution has them."""
        return {
            _iso(day): [
                *counted,
                *(key[0] for key in self._ranges.get(day, ())),
            ]
            for day, counted in sorted(self._days.items())
        }

    @property
    def keys(self) -> list[int]:
        """The least and the greatest id, as a Contribution has them."""
        return [key[0] for key in self._ranges.get(None, ())]

    def deduplicated(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The valid rows of the next chunk: in file order, but plays in the order of their days."""
        if not rows.height:
            return rows
        before = rows.height
        if self._time is None:
            rows = self._last_of_each(rows, self._key)
        elif self._is_one_day(rows[self._time]):
            rows = self._last_of_each(rows, self._key)
            self._count_day(rows, self._time)
        else:
            rows = self._settle_days(rows, self._time)
        if not self._within_day:
            self._note_range(None, *_range_of(rows, self._key))
        self.accepted += rows.height
        self.repeated += before - rows.height
        return rows

    def _is_one_day(self, times: pl.Series) -> bool:
        first, last = _bounds(times.to_physical())
        return first // _DAY_US == last // _DAY_US

    def _count_day(self, rows: pl.DataFrame, time: str) -> None:
        """Account for rows that are all of one day."""
        first, last = _bounds(rows[time].to_physical())
        day = first // _DAY_US
        self._note_day(day, rows.height, first, last)
        if self._within_day:
            self._note_range(day, *_range_of(rows, self._key))

    def _settle_days(self, rows: pl.DataFrame, time: str) -> pl.DataFrame:
        """Deduplicate and account for rows of several days."""
        rows = rows.with_columns(pl.col(time).dt.date().cast(pl.Int32).alias(_DAY))
        rows = self._last_of_each(rows, (*self._key, _DAY) if self._within_day else self._key)
        if self._within_day and not rows[_DAY].is_sorted():
            rows = rows.sort(_DAY, maintain_order=True)
        micros, key = pl.col(time).to_physical(), pl.col(self._key[0])
        counted = rows.group_by(_DAY).agg(
            pl.len(),
            first=micros.min(),
            last=micros.max(),
            least=key.min(),
            greatest=key.max(),
        )
        for day, count, first, last, least, greatest in counted.iter_rows():
            self._note_day(day, count, first, last)
            if self._within_day:
                self._note_range(day, (least,), (greatest,))
        return rows.drop(_DAY)

    def _note_day(self, day: int, count: int, first: int, last: int) -> None:
        before = self._days.get(day, [0, first, last])
        self._days[day] = [before[0] + count, min(before[1], first), max(before[2], last)]

    def _note_range(self, day: int | None, least: _Key, greatest: _Key) -> None:
        """Another chunk has identities from `least` to `greatest`."""
        if day in self._ranges:
            so_far = self._ranges[day]
            self.is_distinct &= so_far[1] < least or greatest < so_far[0]
            least, greatest = min(least, so_far[0]), max(greatest, so_far[1])
        self._ranges[day] = (least, greatest)

    def _last_of_each(self, rows: pl.DataFrame, columns: _Columns) -> pl.DataFrame:
        """The rows that no later row repeats in these columns, in their order."""
        if _greater(rows.slice(1), rows.slice(0, rows.height - 1), self._key):
            return rows
        # As long as ids ascend none stands twice: only those of later rows do. There are few where
        # an export has its rows in order and appends what it delivers again.
        ids = rows[self._key[0]]
        ascending = (ids.slice(1) <= ids.slice(0, rows.height - 1)).arg_true()[0] + 1
        suspects = ids.is_in(ids.slice(ascending).unique().implode()).arg_true()
        places = rows[suspects].select(columns).with_columns(suspects.alias(_PLACE))
        last = places.unique(columns, keep="last", maintain_order=True)[_PLACE]
        if len(last) == len(suspects):
            return rows
        every = pl.Series([True]).new_from_index(0, rows.height)
        return rows.filter(every.scatter(suspects, False).scatter(last, True))


def distinct_files(
    schema: pa.DataFrameSchema, rows: pl.DataFrame, file: str
) -> tuple[pl.DataFrame, list[FileAccount]]:
    """The valid rows of many small files, one file after the other, and an account of each: what
    `Deduplication` would say of those that repeat no identity. The others are left out.

    `rows`: the good rows of events, with the number of their file in the column `file`.
    """
    time, (key, day_of) = time_column(schema), identity(schema)
    assert time is not None
    within_day = day_of is not None
    rows = rows.with_columns(pl.col(time).dt.date().cast(pl.Int32).alias(_DAY))
    same = (file, *key, _DAY) if within_day else (file, *key)
    repeats = rows[file].filter(rows.select(same).is_duplicated())
    if len(repeats):
        rows = rows.filter(~rows[file].is_in(repeats.unique().implode()))
    if within_day:
        rows = rows.sort(file, _DAY, maintain_order=True)
    micros, first_key = pl.col(time).to_physical(), pl.col(key[0])
    counted = rows.group_by(file, _DAY).agg(
        pl.len(),
        first=micros.min(),
        last=micros.max(),
        least=first_key.min(),
        greatest=first_key.max(),
    )
    accounts = []
    for number, of_file in groupby(counted.sort(file, _DAY).iter_rows(), key=itemgetter(0)):
        days = {day: said for _, day, *said in of_file}
        keys = [min(said[3] for said in days.values()), max(said[4] for said in days.values())]
        accounts.append(
            FileAccount(
                file=number,
                accepted=sum(said[0] for said in days.values()),
                days={_iso(d): said if within_day else said[:3] for d, said in days.items()},
                keys=[] if within_day else keys,
            )
        )
    return rows.drop(file, _DAY), accounts


def _iso(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _greater(rows: pl.DataFrame, others: pl.DataFrame, columns: _Columns) -> bool:
    """Whether each row is greater than the other at its place, compared column by column."""
    value, other = rows[columns[0]], others[columns[0]]
    greater = value > other
    if greater.all():
        return True
    if len(columns) == 1 or (value < other).any():
        return False
    ties = ~greater
    return _greater(rows.filter(ties), others.filter(ties), columns[1:])


def _range_of(rows: pl.DataFrame, columns: _Columns) -> tuple[_Key, _Key]:
    """The least and the greatest row in these columns, compared column by column."""
    first = columns[0]
    least, greatest = _bounds(rows[first])
    if len(columns) == 1:
        return (least,), (greatest,)
    return (
        (least, *_range_of(rows.filter(pl.col(first) == least), columns[1:])[0]),
        (greatest, *_range_of(rows.filter(pl.col(first) == greatest), columns[1:])[1]),
    )


def _bounds(values: pl.Series) -> tuple[int, int]:
    return values.min(), values.max()  # type: ignore[return-value]
