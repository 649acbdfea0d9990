"""From the local times of a zone to UTC (specification, section 1: `timezone`).

A time that comes twice, as clocks go back, is the first; one that does not exist, as they go
forward, is as much later as they are moved.
"""

from datetime import datetime, timedelta

import polars as pl

#: No zone moves its clocks twice within it.
_BEFORE = timedelta(days=1)


def to_utc(times: pl.Series, zone: str) -> pl.Series:
    """Naive times of a zone as naive times of UTC."""

    def localized(local: pl.Expr) -> pl.Expr:
        at_zone = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        return at_zone.dt.convert_time_zone("UTC").dt.replace_time_zone(None)

    local = pl.col("local")
    # Where there is no such time, the clock is asked that was not moved yet.
    unmoved = localized(local - _BEFORE) + _BEFORE
    frame = times.to_frame("local").select(pl.coalesce(localized(local), unmoved))
    return frame.to_series().alias(times.name)


def utc_of(time: datetime, zone: str) -> datetime:
    """A naive time of a zone as a naive time of UTC."""
    moved = to_utc(pl.Series([time], dtype=pl.Datetime("us")), zone).item()
    assert isinstance(moved, datetime)
    return moved
