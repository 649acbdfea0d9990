"""Tables in the order of their days: cutting them into days, adding up, comparing days."""

import hashlib
from datetime import date

import polars as pl


def slices_by_day(frame: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """The rows of each day of a frame that is ascending by `day`; nothing is copied."""
    if frame.is_empty():
        return {}
    runs = frame["day"].rle().struct.unnest()
    found, start = {}, 0
    for length, day in runs.iter_rows():
        found[day] = frame.slice(start, length)
        start += length
    return found


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


def day_digests(frame: pl.DataFrame) -> dict[date, str]:
    """A digest of each day's rows, of a frame of numbers and times that is ascending by `day`."""
    if frame.is_empty():
        return {}
    columns = [_bytes_of(column) for column in frame.iter_columns()]
    digests, start = {}, 0
    for length, day in frame["day"].rle().struct.unnest().iter_rows():
        digest = hashlib.sha256()
        for column in columns:
            digest.update(column[8 * start : 8 * (start + length)])
        digests[day] = digest.hexdigest()[:32]
        start += length
    return digests


def _bytes_of(column: pl.Series) -> memoryview:
    """The values of a column without nulls, eight bytes each."""
    array = column.to_physical().cast(pl.Int64).rechunk().to_arrow()
    return memoryview(array.buffers()[1])[8 * array.offset :]
