"""The exact times at which plays reached thresholds, once it is known on which days they did.

(Specification, section 3: plays, track_plays, day_plays.) Ties never matter: the k-th smallest time
is the same whichever play comes first.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from pipelines.activity.day_counts import DayCounts
from pipelines.activity.earners import Earners
from pipelines.activity.plays import before, read_plays, reading_groups
from pipelines.run import Run
from pipelines.tables import Table


class Moments(NamedTuple):
    """The tables `track_milestones` and `play_milestones`, for some crossings."""

    track_milestones: pl.DataFrame
    play_milestones: pl.DataFrame


def find_moments(
    run: Run,
    days: Mapping[date, DayCounts],
    attribution: Table,
    track_crossings: pl.DataFrame,
    play_crossings: pl.DataFrame,
) -> Moments:
    """Look the times up in the plays of the days on which thresholds were reached.

    `track_crossings`: track_id, k, day, nth; `play_crossings`: producer_id, metric, k, day, nth.
    """
    wanted = {
        *track_crossings["day"].unique().to_list(),
        *play_crossings["day"].unique().to_list(),
    }
    of_tracks = _by_day(track_crossings)
    of_producers = _by_day(play_crossings)
    nothing = Moments(
        pl.DataFrame(schema=Table("track_milestones").schema),
        pl.DataFrame(schema=Table("play_milestones").schema),
    )
    if not wanted:
        return nothing
    earners = Earners(run.store.read(attribution))
    plays_of = {day: counts.plays for day, counts in days.items()}

    def look_up(group: Sequence[date]) -> list[Moments]:
        found = []
        for day, plays in read_plays(run.store, plays_of, group).items():
            valid = before(plays, days[day].cut).filter("valid")
            tracks, producers = nothing
            if day in of_tracks:
                tracks = nth_times(valid.select("track_id", "played_at"), of_tracks[day])
            if day in of_producers:
                earned = _earned(valid, earners, day, of_producers[day]["producer_id"])
                producers = nth_times(earned, of_producers[day])
            found.append(
                Moments(
                    tracks.select(nothing.track_milestones.columns),
                    producers.select(nothing.play_milestones.columns),
                )
            )
        return found

    found = [m for group in run.each(look_up, reading_groups(plays_of, wanted)) for m in group]
    return Moments(
        pl.concat([nothing.track_milestones, *(m.track_milestones for m in found)]),
        pl.concat([nothing.play_milestones, *(m.play_milestones for m in found)]),
    )


def nth_times(plays: pl.DataFrame, crossings: pl.DataFrame) -> pl.DataFrame:
    """`crossings` (with an id and `nth`) and `reached_at`: the nth smallest time of each id.

    `plays` has the id and `played_at`.
    """
    key = plays.columns[0]
    times = (
        plays.join(crossings.select(key).unique(), on=key, how="semi")
        .sort(key, "played_at")
        .with_columns(pl.int_range(pl.len(), dtype=pl.Int64).over(key).alias("at") + 1)
    )
    return crossings.join(times, left_on=[key, "nth"], right_on=[key, "at"]).rename(
        {"played_at": "reached_at"}
    )


def _earned(
    plays: pl.DataFrame, earners: Earners, day: date, producers: pl.Series
) -> pl.DataFrame:
    """The plays of some producers on a day: producer_id, played_at."""
    earned, _ = earners.of(plays["track_id"], day)
    wanted = pl.DataFrame({"producer_id": producers.unique()})
    wanted = wanted.with_columns(earners.find(wanted["producer_id"]).alias("earner"))
    mine = earned.join(wanted, on="earner")
    return mine.select("producer_id", plays["played_at"].gather(mine["play"]))


def _by_day(crossings: pl.DataFrame) -> dict[date, pl.DataFrame]:
    return {day[0]: rows for day, rows in crossings.partition_by("day", as_dict=True).items()}
