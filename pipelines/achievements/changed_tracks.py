"""Which tracks' plays a change of some days touches."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from pipelines.activity.day_counts import DayCounts
from pipelines.activity.plays import before, read_plays
from pipelines.run import Run
from pipelines.tables import ID, TIME

PLAYS = pl.Schema({"track_id": ID, "played_at": TIME})


def changed_tracks(
    run: Run,
    former: Mapping[date, DayCounts],
    now: Mapping[date, DayCounts],
    changed: Sequence[date],
) -> pl.DataFrame:
    """The tracks (track_id) whose valid plays on some days are not what they were."""

    def compare(day: date) -> pl.DataFrame:
        was, is_ = former.get(day), now.get(day)
        if was is not None and is_ is not None and (was.plays, was.cut) == (is_.plays, is_.cut):
            return pl.DataFrame(schema={"track_id": ID})
        return different_tracks(_valid(run, former, day), _valid(run, now, day))

    found = [pl.DataFrame(schema={"track_id": ID}), *run.each(compare, changed)]
    return pl.concat(found).unique().sort("track_id")


def different_tracks(former: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The tracks whose plays differ, compared as multisets of times.

    Both have track_id and played_at: a corrected time touches a track like a new play does.
    """
    signed = pl.concat(
        [former.with_columns(pl.lit(-1).alias("sign")), now.with_columns(pl.lit(1).alias("sign"))]
    )
    sums = signed.group_by("track_id", "played_at").agg(pl.col("sign").sum())
    return sums.filter(pl.col("sign") != 0).select("track_id").unique()


def _valid(run: Run, days: Mapping[date, DayCounts], day: date) -> pl.DataFrame:
    if day not in days:
        return pl.DataFrame(schema=PLAYS)
    plays = read_plays(run.store, {day: days[day].plays}, [day])[day]
    return before(plays, days[day].cut).filter("valid").select(PLAYS.names())
