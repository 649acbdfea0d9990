"""When tracks and producers reached thresholds of plays, to the microsecond.

Days are folded in order with running totals. After a change only the tracks and producers that it
touches are followed again, from the earliest changed day on, and of other thresholds only the new
ones are looked for. (Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.activity.day_counts import ProducerPlays
from pipelines.activity.positions import Integers, Positions
from pipelines.progress.changed_days import from_changes
from pipelines.progress.crossings import DayPlays, Folded, fold_producers, fold_tracks, placed
from pipelines.progress.milestones import (
    METRICS,
    PLAYS_OF_PRODUCERS,
    PLAYS_OF_TRACKS,
    PlayMilestones,
    keep,
    keep_others,
    reaching,
)
from pipelines.progress.moments import Moments, find_moments
from pipelines.rulebook.tables import thresholds
from pipelines.run import MOST_CHANGED_PERCENT, Run
from pipelines.tables import COUNT, TEXT, Table


def follow_plays(
    run: Run, previous: PlayMilestones | None, produced: ProducerPlays
) -> PlayMilestones:
    """Bring totals and milestones up to date."""
    days, wanted = produced.days, _thresholds(run)
    if previous is None:
        return _from_nothing(run, wanted, produced)
    changed = sorted(
        day for day in days.keys() | previous.days.keys() if days.get(day) != previous.days.get(day)
    )
    if 100 * len(changed) > MOST_CHANGED_PERCENT * len(days):
        return _from_nothing(run, wanted, produced)
    if changed:
        now = from_changes(run, previous, produced, changed)
    else:
        now = msgspec.structs.replace(previous, attribution=produced.attribution)
    return now if now.thresholds == wanted else _with_thresholds(run, now, wanted)


def _from_nothing(
    run: Run, wanted: dict[str, list[int]], produced: ProducerPlays
) -> PlayMilestones:
    by_track, by_producer, moments = _follow_all(
        run,
        produced,
        Positions(_track_ids(run, produced)),
        Positions(_producer_ids(run, produced)),
        wanted,
    )
    totals = (by_track.totals, by_producer.totals, by_producer.best_days)
    return keep(run, wanted, produced, *totals, moments)


def _with_thresholds(run: Run, now: PlayMilestones, wanted: dict[str, list[int]]) -> PlayMilestones:
    """Milestones of other thresholds: only those are looked for that were not there before.

    Who has never had as many plays as the least of them asks for needs no following.
    """
    new = {metric: sorted(set(wanted[metric]) - set(now.thresholds[metric])) for metric in METRICS}
    track_totals, play_totals, best_days = (
        run.store.read(table) for table in (now.track_totals, now.play_totals, now.best_days)
    )
    tracks = reaching(track_totals, new["track_plays"])
    producers = pl.concat(
        [reaching(play_totals, new["plays"]), reaching(best_days, new["day_plays"])]
    )
    produced = ProducerPlays(now.days, now.attribution)
    *_, moments = _follow_all(
        run,
        produced,
        Positions(tracks.to_numpy()),
        Positions(producers.unique().sort().to_numpy()),
        new,
    )
    stay = pl.DataFrame(
        [(metric, k) for metric in METRICS for k in wanted[metric]],
        schema={"metric": TEXT, "k": COUNT},
        orient="row",
    )
    of_tracks, of_producers = (
        run.store.read(table) for table in (now.track_milestones, now.play_milestones)
    )
    moments = Moments(
        pl.concat(
            [
                of_tracks.filter(pl.col("k").is_in(wanted["track_plays"])),
                moments.track_milestones,
            ]
        ),
        pl.concat(
            [
                of_producers.join(stay, on=["metric", "k"], how="semi"),
                moments.play_milestones,
            ]
        ),
    )
    return keep_others(run, now, wanted, moments)


def _follow_all(
    run: Run,
    produced: ProducerPlays,
    tracks: Positions,
    producers: Positions,
    wanted: Mapping[str, Sequence[int]],
) -> tuple[Folded, Folded, Moments]:
    """Fold all days of some tracks and producers, who reached nothing before them."""
    days = produced.days
    ordered = sorted(days)

    def plays_of_tracks(day: date) -> DayPlays:
        return placed(day, run.store.read(days[day].track_plays, PLAYS_OF_TRACKS), tracks)

    def plays_of_producers(day: date) -> DayPlays:
        return placed(day, run.store.read(days[day].producer_plays, PLAYS_OF_PRODUCERS), producers)

    def of_tracks() -> Folded:
        plays = run.each(plays_of_tracks, ordered if tracks.count else ())
        return fold_tracks(plays, tracks, wanted["track_plays"], _empty("track_totals"))

    def of_producers() -> Folded:
        plays = run.each(plays_of_producers, ordered if producers.count else ())
        nothing = (_empty("play_totals"), _empty("play_milestones"))
        return fold_producers(plays, producers, wanted, *nothing)

    by_track, by_producer = run.both(of_tracks, of_producers)
    moments = find_moments(
        run, days, produced.attribution, by_track.crossings, by_producer.crossings
    )
    return by_track, by_producer, moments


def _track_ids(run: Run, produced: ProducerPlays) -> Integers:
    """All tracks that may have plays: the known ones, and unknown ones that were played."""
    known = run.store.read(produced.attribution)["track_id"]
    unmatched = [day.track_plays for day in produced.days.values() if day.unmatched]
    played = [run.store.read(table)["track_id"] for table in unmatched]
    return pl.concat([known, *played]).unique().sort().to_numpy()


def _producer_ids(run: Run, produced: ProducerPlays) -> Integers:
    """All producers that may have plays."""
    known = run.store.read(produced.attribution)["producer_id"].drop_nulls()
    return known.unique().sort().to_numpy()


def _thresholds(run: Run) -> dict[str, list[int]]:
    """The rulebook's thresholds of each metric of plays, ascending."""
    every = thresholds(run.rulebook)
    return {
        metric: every.filter(pl.col("metric") == metric)["k"].unique().sort().to_list()
        for metric in METRICS
    }


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=Table(name).schema)
