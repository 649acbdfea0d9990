"""On which days tracks and producers reach thresholds of plays, and with which play of the day.

(Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from pipelines.activity.positions import Positions
from pipelines.progress.running import Thresholds, Totals
from pipelines.tables import COUNT, DAY, ID, TEXT

TRACK_CROSSINGS = pl.Schema({"track_id": ID, "k": COUNT, "day": DAY, "nth": COUNT})
PLAY_CROSSINGS = pl.Schema({"producer_id": ID, "metric": TEXT, "k": COUNT, "day": DAY, "nth": COUNT})


class Folded(NamedTuple):
    """Totals after the last day (id, plays), and the days on which thresholds were reached.

    `nth` says which of the day's plays, in the order of their times, reaches threshold `k`.
    """

    totals: pl.DataFrame
    crossings: pl.DataFrame


def fold_tracks(
    days: Iterable[pl.DataFrame],
    tracks: Positions,
    thresholds: Sequence[int],
    totals_before: pl.DataFrame,
) -> Folded:
    """Fold days of `track_plays` in their order; `totals_before`: track_id, plays."""
    totals = Totals(tracks, totals_before["track_id"], totals_before["plays"])
    marks = Thresholds(tracks, thresholds)
    marks.skip(tracks.find(totals_before["track_id"]), totals_before["plays"])
    crossings = [pl.DataFrame(schema=TRACK_CROSSINGS)]
    for plays in days:
        where = tracks.find(plays["track_id"])
        after = totals.add(where, plays["plays"])
        passed = _passed(plays, "track_id", marks.passed(where, after), after - plays["plays"])
        crossings.append(passed.select(TRACK_CROSSINGS.names()))
    return Folded(totals.table("track_id", "plays"), pl.concat(crossings))


def fold_producers(
    days: Iterable[pl.DataFrame],
    producers: Positions,
    thresholds: Mapping[str, Sequence[int]],
    totals_before: pl.DataFrame,
    reached_before: pl.DataFrame,
) -> Folded:
    """Fold days of `producer_plays` in their order.

    `thresholds` of the metrics plays and day_plays; `totals_before`: producer_id, plays;
    `reached_before`: the rows of `play_milestones` before these days.
    """
    totals = Totals(producers, totals_before["producer_id"], totals_before["plays"])
    in_all = Thresholds(producers, thresholds["plays"])
    in_all.skip(producers.find(totals_before["producer_id"]), totals_before["plays"])
    within_day = Thresholds(producers, thresholds["day_plays"])
    best = (
        reached_before.filter(pl.col("metric") == "day_plays")
        .group_by("producer_id")
        .agg(pl.col("k").max())
    )
    within_day.skip(producers.find(best["producer_id"]), best["k"])
    crossings = [pl.DataFrame(schema=PLAY_CROSSINGS)]
    for plays in days:
        where = producers.find(plays["producer_id"])
        after = totals.add(where, plays["plays"])
        none = plays["plays"] * 0
        for metric, passed, before in (
            ("plays", in_all.passed(where, after), after - plays["plays"]),
            ("day_plays", within_day.passed(where, plays["plays"]), none),
        ):
            found = _passed(plays, "producer_id", passed, before)
            found = found.with_columns(pl.lit(metric).alias("metric"))
            crossings.append(found.select(PLAY_CROSSINGS.names()))
    return Folded(totals.table("producer_id", "plays"), pl.concat(crossings))


def _passed(
    plays: pl.DataFrame, key: str, passed: pl.DataFrame, before: pl.Series
) -> pl.DataFrame:
    """Crossings of one day: the id, day, k, and nth, from what was there before the day."""
    return plays.select(key, "day")[passed["at"]].with_columns(
        passed["k"], (passed["k"] - before.gather(passed["at"])).alias("nth")
    )
