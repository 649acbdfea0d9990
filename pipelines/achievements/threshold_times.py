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
from pipelines.activity.plays import before, read_plays, reading_groups
from pipelines.arrays.attribution import AttributionIndex
from pipelines.arrays.by_date import slices
from pipelines.arrays.positions import Integers, members
from pipelines.run import Run
from pipelines.tables import TIME, Table


class Played(NamedTuple):
    """Plays of some tracks or producers: the id of each, and its time in microseconds."""

    ids: Integers
    times: Integers

    def at(self, places: Integers) -> "Played":
        """Some of them."""
        return Played(self.ids[places], self.times[places])


class ThresholdTimes(NamedTuple):
    """The tables `track_milestones` and `play_milestones`, for some crossings."""

    track_milestones: pl.DataFrame
    play_milestones: pl.DataFrame


def find_threshold_times(
    run: Run,
    days: Mapping[date, DayCounts],
    attribution: Table,
    track_crossings: pl.DataFrame,
    play_crossings: pl.DataFrame,
) -> ThresholdTimes:
    """Look the times up in the plays of the days on which thresholds were reached.

    `track_crossings`: track_id, k, day, nth; `play_crossings`: producer_id, metric, k, day, nth.
    """
    if track_crossings.is_empty() and play_crossings.is_empty():
        return ThresholdTimes(*(Table(name).empty for name in ThresholdTimes._fields))
    every = [track_crossings.sort("day"), play_crossings.sort("day")]
    of_tracks, of_producers = (slices(crossings, crossings["day"]) for crossings in every)
    index = run.attribution_index(attribution)
    # Asked for a few producers on each day, and made once for all of them.
    tracks_of = index.tracks_of(index.find(play_crossings["producer_id"].unique().to_numpy()))
    plays_of = {day: counts.plays for day, counts in days.items()}

    def look_up(group: Sequence[date]) -> list[tuple[Integers, Integers]]:
        found = []
        for day, plays in sorted(read_plays(run.store, plays_of, group).items()):
            plays = before(plays, days[day].cut)
            valid = plays if plays["valid"].all() else plays.filter("valid")
            played = Played(
                valid["track_id"].to_numpy(), valid["played_at"].to_physical().to_numpy()
            )
            tracks = producers = np.zeros(0, dtype=np.int64)
            if day in of_tracks:
                crossed = of_tracks[day]
                tracks = nth_times(_plays_of_tracks(played, index, crossed["track_id"]), crossed)
            if day in of_producers:
                crossed = of_producers[day]
                theirs = index.find(crossed["producer_id"].unique().to_numpy())
                of_theirs = index.are_of(played.ids, tracks_of.any_of(theirs))
                some = played.at(np.flatnonzero(of_theirs))
                producers = nth_times(_plays_of_producers(some, index, day, theirs), crossed)
            found.append((tracks, producers))
        return found

    groups = reading_groups(plays_of, of_tracks.keys() | of_producers.keys())
    found = [times for group in run.each(look_up, groups) for times in group]
    nothing = (np.zeros(0, dtype=np.int64),) * 2
    times = [np.concatenate(part) for part in zip(nothing, *found, strict=True)]
    return ThresholdTimes(
        *(
            crossings.with_columns(pl.Series("reached_at", reached).cast(TIME)).select(
                Table(name).schema.names()
            )
            for name, crossings, reached in zip(ThresholdTimes._fields, every, times, strict=True)
        )
    )


def nth_times(plays: Played, crossings: pl.DataFrame) -> Integers:
    """For each of some crossings (an id, and `nth`) the nth smallest of the id's times."""
    ids, times = plays
    wanted, nth = crossings.to_series(0).to_numpy(), crossings["nth"].to_numpy()
    order = np.lexsort((times, ids))
    place = np.searchsorted(ids[order], wanted) + nth - 1
    found: Integers = times[order[place]]
    return found


def _plays_of_tracks(plays: Played, index: AttributionIndex, wanted: pl.Series) -> Played:
    """The plays of some tracks, among all of a day."""
    tracks = index.tracks(wanted.to_numpy())
    if tracks.all():
        mine = np.flatnonzero(index.are_of(plays.ids, tracks))
    else:
        mine = np.flatnonzero(np.isin(plays.ids, wanted.to_numpy()))
    return plays.at(mine)


def _plays_of_producers(
    plays: Played, index: AttributionIndex, day: date, wanted: Integers
) -> Played:
    """Of plays of tracks, those that some producers earn, shared ones too, by producer."""
    earned = index.of(index.tracks(plays.ids), day)
    is_wanted = members(wanted, index.count)
    uploaded = np.flatnonzero(is_wanted[earned.uploaders])
    shared = np.flatnonzero(is_wanted[earned.collaborators])
    mine = np.concatenate([earned.uploaders[uploaded], earned.collaborators[shared]])
    when = np.concatenate([uploaded, earned.shared[shared]])
    return Played(index.ids(mine), plays.times[when])
