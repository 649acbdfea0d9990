"""Tables in the order of their days or months: cutting them up, adding up, comparing pieces."""

import hashlib
from collections.abc import Mapping
from datetime import date

import polars as pl


def slices(frame: pl.DataFrame, dates: pl.Series) -> dict[date, pl.DataFrame]:
    """The rows of each date of a frame that is ascending by `dates`; nothing is copied."""
    if frame.is_empty():
        return {}
    found, start = {}, 0
    for length, day in dates.rle().struct.unnest().iter_rows():
        found[day] = frame.slice(start, length)
        start += length
    return found


def digests(slices: Mapping[date, pl.DataFrame]) -> dict[date, str]:
    """A digest of the rows of each date, in numbers, days and times without nulls."""
    found = {}
    for day, rows in slices.items():
        digest = hashlib.sha256()
        for column in rows.iter_columns():
            array = column.to_physical().cast(pl.Int64).rechunk().to_arrow()
            first = 8 * array.offset
            digest.update(memoryview(array.buffers()[1])[first : first + 8 * rows.height])
        found[day] = digest.hexdigest()[:32]
    return found


def months(times: pl.Series) -> pl.Series:
    """The first day of the month of each time."""
    return times.dt.date().dt.month_start()


def daily_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows (day, producer_id, xp) summed up: day, producer_id, quantity (their number), xp.

    Ascending by day and producer, as a sort finds them: cheaper than a hash table of all pairs.
    """
    ordered = rows.sort("producer_id").sort("day", maintain_order=True)
    ordered = ordered.with_columns(pl.col("xp").cum_sum().alias("until"))
    is_first = (ordered["day"] != ordered["day"].shift()) | (
        ordered["producer_id"] != ordered["producer_id"].shift()
    )
    first = is_first.fill_null(True).arg_true().cast(pl.Int64)
    last = first.shift(-1, fill_value=ordered.height) - 1
    until = ordered["until"].gather(last)
    return (
        ordered.select("day", "producer_id")
        .select(pl.all().gather(first))
        .with_columns(
            (last - first + 1).alias("quantity"), (until - until.shift(fill_value=0)).alias("xp")
        )
    )
