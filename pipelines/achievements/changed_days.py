"""Milestones of plays after some days changed: only what the change touches is followed again.

What was reached before the earliest changed day stands.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import polars as pl

from pipelines.achievements.changed_tracks import changed_tracks
from pipelines.achievements.crossings import (
    InAll,
    WithinDay,
    follow,
    play_crossings,
)
from pipelines.achievements.milestones import (
    PlayMilestones,
    keep,
    reaching,
)
from pipelines.achievements.threshold_times import ThresholdTimes, find_threshold_times
from pipelines.activity.daily_amounts import PLAYS_OF_PRODUCERS, PLAYS_OF_TRACKS, read_amounts
from pipelines.activity.day_counts import DayCounts, ProducerPlays, attribution_changes
from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import adjusted, without
from pipelines.run import Run
from pipelines.tables import Table, union


def from_changes(
    run: Run, previous: PlayMilestones, produced: ProducerPlays, changed: Sequence[date]
) -> PlayMilestones:
    """Bring totals, and the milestones of the same thresholds, up to date.

    `changed`: the days of which plays, or who earns them, are not what they were, ascending.
    """
    days, before = produced.days, previous.days
    now, gone = [d for d in changed if d in days], [d for d in changed if d in before]
    tracks = changed_tracks(run, before, days, changed)
    producers = run.engine.query(
        "incremental/changed_producers",
        changed_tracks=tracks,
        attribution=produced.attribution,
        attribution_before=previous.attribution,
        attribution_changes=attribution_changes(run, previous.attribution, produced.attribution),
    )
    read = run.store.read
    track_totals = adjusted(
        read(previous.track_totals),
        read(_track_plays(days, now), PLAYS_OF_TRACKS),
        read(_track_plays(before, gone), PLAYS_OF_TRACKS),
    )
    play_totals = adjusted(
        read(previous.play_totals),
        read(_producer_plays(days, now), PLAYS_OF_PRODUCERS),
        read(_producer_plays(before, gone), PLAYS_OF_PRODUCERS),
    )
    start = changed[0]
    later = {day: counts for day, counts in days.items() if day >= start}
    thresholds = previous.thresholds
    many = reaching(track_totals, thresholds["track_plays"])
    ids = Positions(many.filter(many.is_in(tracks["track_id"].implode())).to_numpy())
    plays = {day: counts.track_plays for day, counts in later.items()}
    of_day = partial(read_amounts, run, plays, PLAYS_OF_TRACKS, ids)
    of_tracks = InAll(ids, thresholds["track_plays"], without(track_totals, ids, of_day()))
    follow(of_day(), of_tracks)
    ids = Positions(producers["producer_id"].to_numpy())
    plays = {day: counts.producer_plays for day, counts in later.items()}
    of_day = partial(read_amounts, run, plays, PLAYS_OF_PRODUCERS, ids)
    standing = _standing(run, previous.play_milestones, producers, "producer_id", start)
    reached_before = standing.filter(pl.col("metric") == "day_plays").select("producer_id", "k")
    of_producers = InAll(ids, thresholds["plays"], without(play_totals, ids, of_day()))
    within_day = WithinDay(ids, thresholds["day_plays"], reached_before)
    follow(of_day(), of_producers, within_day)
    threshold_times = find_threshold_times(
        run,
        days,
        produced.attribution,
        of_tracks.crossings,
        play_crossings(of_producers.crossings, within_day.crossings),
    )
    threshold_times = ThresholdTimes(
        pl.concat(
            [
                _standing(run, previous.track_milestones, tracks, "track_id", start),
                threshold_times.track_milestones,
            ]
        ),
        pl.concat([standing, threshold_times.play_milestones]),
    )
    best = _best_days(run, previous, days, now, gone)
    return keep(run, thresholds, produced, track_totals, play_totals, best, threshold_times)


def _best_days(
    run: Run,
    previous: PlayMilestones,
    days: Mapping[date, DayCounts],
    now: Sequence[date],
    gone: Sequence[date],
) -> pl.DataFrame:
    """The best days after a change; only who lost a best day is looked at in full."""
    best = run.store.read(previous.best_days)
    plays = run.store.read(_producer_plays(days, now))
    lost = (
        run.store.read(_producer_plays(previous.days, gone))
        .join(best, on=["producer_id", "plays"], how="semi")
        .join(plays, on=["producer_id", "day"], how="left", suffix="_now")
        .filter(pl.col("plays_now").fill_null(0) < pl.col("plays"))
        .select("producer_id")
        .unique()
    )
    if not lost.is_empty():
        in_full = run.engine.query(
            "incremental/plays_of_changed_producers",
            producer_plays=_producer_plays(days, sorted(days)),
            changed_producers=lost,
        )
        plays = pl.concat([plays, in_full])
    return run.engine.query(
        "achievements/best_days",
        best_days_before=best.join(lost, on="producer_id", how="anti"),
        producer_plays=plays,
    )


def _standing(
    run: Run, milestones: Table, affected: pl.DataFrame, key: str, start: date
) -> pl.DataFrame:
    """The milestones that a change from `start` on leaves alone."""
    known = run.store.read(milestones)
    is_early = pl.col("reached_at").dt.date() < start
    return pl.concat(
        [known.filter(is_early), known.filter(~is_early).join(affected, on=key, how="anti")]
    )


def _track_plays(days: Mapping[date, DayCounts], chosen: Sequence[date]) -> Table:
    return union("track_plays", [days[day].track_plays for day in chosen])


def _producer_plays(days: Mapping[date, DayCounts], chosen: Sequence[date]) -> Table:
    return union("producer_plays", [days[day].producer_plays for day in chosen])
