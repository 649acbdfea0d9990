"""The exact times at which plays reached thresholds, once it is known on which days they did.

(Specification, section 3: plays, track_plays, day_plays.) Ties never matter: the k-th smallest time
is the same whichever play comes first.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.activity.day_counts import DayCounts
from pipelines.activity.earners import Earners
from pipelines.activity.plays import before, read_plays, reading_groups
from pipelines.activity.positions import Integers, members
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
    of_tracks = _by_day(track_crossings)
    of_producers = _by_day(play_crossings)
    nothing = Moments(
        pl.DataFrame(schema=Table("track_milestones").schema),
        pl.DataFrame(schema=Table("play_milestones").schema),
    )
    if not of_tracks and not of_producers:
        return nothing
    earners = run.earners(attribution)
    plays_of = {day: counts.plays for day, counts in days.items()}

    def look_up(group: Sequence[date]) -> list[Moments]:
        found = []
        for day, plays in read_plays(run.store, plays_of, group).items():
            valid = before(plays, days[day].cut).filter("valid")
            tracks, producers = nothing
            if day in of_tracks:
                mine = _plays_of_tracks(valid, earners, of_tracks[day]["track_id"])
                tracks = nth_times(*mine, of_tracks[day])
            if day in of_producers:
                mine = _plays_of_producers(valid, earners, day, of_producers[day]["producer_id"])
                producers = nth_times(*mine, of_producers[day])
            found.append(
                Moments(
                    tracks.select(nothing.track_milestones.columns),
                    producers.select(nothing.play_milestones.columns),
                )
            )
        return found

    groups = reading_groups(plays_of, of_tracks.keys() | of_producers.keys())
    found = [m for group in run.each(look_up, groups) for m in group]
    return Moments(
        pl.concat([nothing.track_milestones, *(m.track_milestones for m in found)]),
        pl.concat([nothing.play_milestones, *(m.play_milestones for m in found)]),
    )


def nth_times(ids: Integers, times: pl.Series, crossings: pl.DataFrame) -> pl.DataFrame:
    """`crossings` (an id, and `nth`) with `reached_at`: the nth smallest of the id's times.

    `ids` and `times` have an entry for each play of these ids.
    """
    wanted, nth = crossings.to_series(0).to_numpy(), crossings["nth"].to_numpy()
    moments = times.to_physical().to_numpy()
    order = np.lexsort((moments, ids))
    place = np.searchsorted(ids[order], wanted) + nth - 1
    return crossings.with_columns(pl.Series("reached_at", moments[order][place]).cast(times.dtype))


def _plays_of_tracks(
    plays: pl.DataFrame, earners: Earners, wanted: pl.Series
) -> tuple[Integers, pl.Series]:
    """The plays of some tracks on a day: their track ids and their times."""
    track_ids, tracks = plays["track_id"].to_numpy(), earners.tracks(wanted.to_numpy())
    if tracks.all():
        mine = np.flatnonzero(earners.are_of(track_ids, tracks))
    else:
        mine = np.flatnonzero(np.isin(track_ids, wanted.to_numpy()))
    return track_ids[mine], plays["played_at"].gather(mine)


def _plays_of_producers(
    plays: pl.DataFrame, earners: Earners, day: date, wanted: pl.Series
) -> tuple[Integers, pl.Series]:
    """The plays of some producers on a day, shared ones too: their producer ids and their times.

    Most plays are of other tracks: they are left out before anybody asks who earns them.
    """
    theirs = earners.find(wanted.unique().to_numpy())
    track_ids = plays["track_id"].to_numpy()
    some = np.flatnonzero(earners.are_of(track_ids, earners.tracks_of(theirs)))
    earned = earners.of(earners.tracks(track_ids[some]), day)
    is_wanted = members(theirs, earners.count)
    uploaded = np.flatnonzero(is_wanted[earned.uploaders])
    shared = np.flatnonzero(is_wanted[earned.collaborators])
    mine = np.concatenate([earned.uploaders[uploaded], earned.collaborators[shared]])
    when = some[np.concatenate([uploaded, earned.shared[shared]])]
    return earners.ids(mine), plays["played_at"].gather(when)


def _by_day(crossings: pl.DataFrame) -> dict[date, pl.DataFrame]:
    return {day[0]: rows for day, rows in crossings.partition_by("day", as_dict=True).items()}
