"""On which days tracks and producers reach thresholds of plays, and with which play of the day.

(Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.activity.positions import Integers, Positions
from pipelines.progress.running import Passed, Thresholds, Totals
from pipelines.tables import COUNT, DAY, ID, TEXT

#: `nth` says which of the day's plays, in the order of their times, reaches threshold `k`.
TRACK_CROSSINGS = pl.Schema({"track_id": ID, "k": COUNT, "day": DAY, "nth": COUNT})
PLAY_CROSSINGS = pl.Schema(
    {"producer_id": ID, "metric": TEXT, "k": COUNT, "day": DAY, "nth": COUNT}
)


class DayPlays(NamedTuple):
    """The plays of one day: `where` the ids stand that have any, each once, and how many."""

    day: date
    where: Integers
    plays: Integers


class Folded(NamedTuple):
    """Totals after the last day and the most plays within one of the days (id, plays), and the
    days on which thresholds were reached.
    """

    totals: pl.DataFrame
    best_days: pl.DataFrame
    crossings: pl.DataFrame


def placed(day: date, rows: pl.DataFrame, ids: Positions) -> DayPlays:
    """A day's plays (an id, plays) of those ids that have a position."""
    where, plays = ids.find(rows.to_series(0).to_numpy()), rows["plays"].to_numpy()
    if where.all():
        return DayPlays(day, where, plays)
    known = np.flatnonzero(where)
    return DayPlays(day, where[known], plays[known])


def fold_tracks(
    days: Iterable[DayPlays],
    tracks: Positions,
    thresholds: Sequence[int],
    totals_before: pl.DataFrame,
) -> Folded:
    """Fold days of plays of tracks in their order; `totals_before`: track_id, plays."""
    known, before = _where(totals_before, tracks)
    totals = Totals(tracks)
    totals.add(known, before)
    marks = Thresholds(tracks, thresholds)
    marks.skip(known, before)
    crossings = [pl.DataFrame(schema=TRACK_CROSSINGS)]
    for day, where, plays in days:
        after = totals.add(where, plays)
        passed = marks.passed(where, after)
        crossings += _crossings(day, "track_id", tracks, where, passed, after - plays)
    nothing = totals.table("track_id", "plays").clear()
    return Folded(totals.table("track_id", "plays"), nothing, pl.concat(crossings))


def fold_producers(
    days: Iterable[DayPlays],
    producers: Positions,
    thresholds: Mapping[str, Sequence[int]],
    totals_before: pl.DataFrame,
    reached_before: pl.DataFrame,
) -> Folded:
    """Fold days of plays of producers in their order.

    `thresholds` of the metrics plays and day_plays; `totals_before`: producer_id, plays;
    `reached_before`: the rows of `play_milestones` before these days.
    """
    known, before = _where(totals_before, producers)
    totals = Totals(producers)
    totals.add(known, before)
    in_all = Thresholds(producers, thresholds["plays"])
    in_all.skip(known, before)
    within_day = Thresholds(producers, thresholds["day_plays"])
    reached = (
        reached_before.filter(pl.col("metric") == "day_plays")
        .group_by("producer_id")
        .agg(pl.col("k").max())
    )
    within_day.skip(producers.find(reached["producer_id"].to_numpy()), reached["k"].to_numpy())
    of_all = [pl.DataFrame(schema=TRACK_CROSSINGS).rename({"track_id": "producer_id"})]
    of_days = list(of_all)
    best = Totals(producers)
    for day, where, plays in days:
        after = totals.add(where, plays)
        passed = in_all.passed(where, after)
        of_all += _crossings(day, "producer_id", producers, where, passed, after - plays)
        best.raise_to(where, plays)
        passed = within_day.passed(where, plays)
        of_days += _crossings(day, "producer_id", producers, where, passed, plays * 0)
    crossings = pl.concat(
        [
            pl.concat(found).with_columns(pl.lit(metric).alias("metric"))
            for metric, found in (("plays", of_all), ("day_plays", of_days))
        ]
    )
    return Folded(
        totals.table("producer_id", "plays"),
        best.table("producer_id", "plays"),
        crossings.select(PLAY_CROSSINGS.names()),
    )


def _where(totals: pl.DataFrame, ids: Positions) -> tuple[Integers, Integers]:
    return ids.find(totals.to_series(0).to_numpy()), totals["plays"].to_numpy()


def _crossings(
    day: date, key: str, ids: Positions, where: Integers, passed: Passed, before: Integers
) -> list[pl.DataFrame]:
    """The crossings of a day: the id, k, day and nth, from what was there before the day."""
    if not len(passed.at):
        return []
    found = {key: ids.ids(where[passed.at]), "k": passed.k, "nth": passed.k - before[passed.at]}
    return [pl.DataFrame(found).select(key, "k", pl.lit(day).alias("day"), "nth")]
