"""Tables in the order of their days or months: cutting them up, adding up, comparing pieces."""

import hashlib
from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions, run_starts, tally


def slices(frame: pl.DataFrame, dates: pl.Series) -> dict[date, pl.DataFrame]:
    """The rows of each date of a frame that is ascending by `dates`; nothing is copied."""
    return {day: frame.slice(start, length) for day, start, length in _runs(dates)}


def digests(frame: pl.DataFrame, dates: pl.Series) -> dict[date, str]:
    """A digest of the rows of each date, in numbers, days and times without nulls.

    The frame is ascending by `dates`.
    """
    columns = [_bytes_of(column) for column in frame.iter_columns()]
    found = {}
    for day, start, length in _runs(dates):
        digest = hashlib.sha256()
        for column in columns:
            digest.update(column[8 * start : 8 * (start + length)])
        found[day] = digest.hexdigest()[:32]
    return found


def _runs(dates: pl.Series) -> Iterator[tuple[date, int, int]]:
    """Each date, the place of its first row, and how many rows it has."""
    start = 0
    for length, day in dates.rle().struct.unnest().iter_rows():
        yield day, start, length
        start += length


def _bytes_of(column: pl.Series) -> memoryview:
    """The values of a column without nulls, eight bytes each."""
    array = column.to_physical().cast(pl.Int64).rechunk().to_arrow()
    data = array.buffers()[1]
    return memoryview(data if data is not None else b"")[8 * array.offset :]


def months(times: pl.Series) -> pl.Series:
    """The first day of the month of each time."""
    return times.dt.date().dt.month_start()


def daily_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows (day, producer_id, xp) summed up: day, producer_id, quantity (their number), xp.

    Ascending by day and producer, as a sort of one number for both finds them: cheaper than a sort
    by two columns, and than a hash table of all pairs.
    """
    days, producers = rows["day"].to_physical().to_numpy(), rows["producer_id"].to_numpy()
    known, _ = tally(producers)
    both = days.astype(np.int64) * len(known) + Positions(known).find(producers) - 1
    ordered = pl.DataFrame({"both": both, "xp": rows["xp"]}).sort("both")
    pairs, xp = ordered["both"].to_numpy(), ordered["xp"].to_numpy()
    starts = run_starts(pairs)
    day, place = np.divmod(pairs[starts], max(1, len(known)))
    return pl.DataFrame(
        {
            "day": pl.Series(day.astype(np.int32)).cast(pl.Date),
            "producer_id": known[place],
            "quantity": np.diff(starts, append=len(pairs)),
            "xp": np.add.reduceat(xp, starts) if len(starts) else xp,
        }
    )
