"""Plays of many days, one day after the other, ready to be added up without any hash table."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import DayAmounts
from pipelines.run import Run, batches
from pipelines.tables import Table

#: What is read of `track_plays` and of `producer_plays`.
PLAYS_OF_TRACKS = ("track_id", "plays")
PLAYS_OF_PRODUCERS = ("producer_id", "plays")
#: Rows of days that are read at once: each reading has a cost of its own.
READ_ROWS: Final = 1_000_000


def read_amounts(
    run: Run, days: Mapping[date, Table], columns: tuple[str, str], ids: Positions
) -> Iterator[DayAmounts]:
    """The days in their order; `columns` of their tables: an id, of which each day has one row at
    most, and an amount. Of ids without a position nothing is told.
    """
    if not ids.count:
        return iter(())

    def read(some: Sequence[date]) -> list[DayAmounts]:
        tables = run.store.read_each([days[day] for day in some], columns)
        return [_placed(day, rows, ids) for day, rows in zip(some, tables, strict=True)]

    groups = batches([(day, days[day].rows) for day in sorted(days)], READ_ROWS)
    return chain.from_iterable(run.each(read, groups))


def _placed(day: date, rows: pl.DataFrame, ids: Positions) -> DayAmounts:
    where, amounts = ids.find(rows.to_series(0).to_numpy()), rows.to_series(1).to_numpy()
    is_known = where > 0
    if is_known.all():
        return DayAmounts(day, where, amounts)
    known = np.flatnonzero(is_known)
    return DayAmounts(day, where[known], amounts[known])
