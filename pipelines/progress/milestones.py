"""When tracks and producers reached thresholds of plays, to the microsecond.

Days are folded in order with running totals. After a change only the tracks and producers that it
touches are followed again, from the earliest changed day on; what they had reached before that day
stands. (Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.activity.day_counts import DayCounts, ProducerPlays, attribution_changes
from pipelines.activity.positions import Integers, Positions
from pipelines.daily import slices
from pipelines.progress.crossings import Folded, fold_producers, fold_tracks
from pipelines.progress.moments import Moments, find_moments
from pipelines.progress.running import adjusted
from pipelines.progress.touched import touched_tracks
from pipelines.rulebook.tables import thresholds
from pipelines.run import MOST_CHANGED_PERCENT, Run
from pipelines.store.store import key_of
from pipelines.tables import Table, union

PLAYS_OF_TRACKS = ("track_id", "plays")
PLAYS_OF_PRODUCERS = ("producer_id", "plays")


class PlayMilestones(msgspec.Struct, frozen=True):
    """Totals over all days, and the moments at which thresholds were reached."""

    rules: str
    days: dict[date, DayCounts]
    attribution: Table
    track_totals: Table
    track_milestones: Table
    play_totals: Table
    best_days: Table
    play_milestones: Table


def follow_plays(
    run: Run, previous: PlayMilestones | None, produced: ProducerPlays
) -> PlayMilestones:
    """Bring totals and milestones up to date."""
    rules = key_of(_track_thresholds(run), _play_thresholds(run))
    days = produced.days
    if previous is None or previous.rules != rules:
        return _from_nothing(run, rules, produced)
    changed = sorted(
        day for day in days.keys() | previous.days.keys() if days.get(day) != previous.days.get(day)
    )
    if not changed:
        return msgspec.structs.replace(previous, attribution=produced.attribution)
    if 100 * len(changed) > MOST_CHANGED_PERCENT * len(days):
        return _from_nothing(run, rules, produced)
    return _from_changes(run, previous, produced, changed)


def _from_nothing(run: Run, rules: str, produced: ProducerPlays) -> PlayMilestones:
    days = produced.days
    tracks = Positions(_track_ids(run, produced))
    producers = Positions(_producer_ids(run, produced))
    ordered = sorted(days)

    def plays_of_tracks(day: date) -> tuple[date, pl.DataFrame]:
        return day, run.store.read(days[day].track_plays, PLAYS_OF_TRACKS)

    def plays_of_producers(day: date) -> tuple[date, pl.DataFrame]:
        return day, run.store.read(days[day].producer_plays, PLAYS_OF_PRODUCERS)

    def of_tracks() -> Folded:
        plays = run.each(plays_of_tracks, ordered)
        return fold_tracks(plays, tracks, _track_thresholds(run), _empty("track_totals"))

    def of_producers() -> Folded:
        return fold_producers(
            run.each(plays_of_producers, ordered),
            producers,
            _play_thresholds(run),
            _empty("play_totals"),
            _empty("play_milestones"),
        )

    by_track, by_producer = run.both(of_tracks, of_producers)
    moments = find_moments(
        run, days, produced.attribution, by_track.crossings, by_producer.crossings
    )
    return _keep(
        run,
        rules,
        produced,
        by_track.totals,
        by_producer.totals,
        moments,
        by_producer.best_days,
    )


def _from_changes(
    run: Run, previous: PlayMilestones, produced: ProducerPlays, changed: Sequence[date]
) -> PlayMilestones:
    days, before = produced.days, previous.days
    now, gone = [d for d in changed if d in days], [d for d in changed if d in before]
    tracks = touched_tracks(run, before, days, changed)
    producers = run.engine.query(
        "progress/touched_producers",
        touched_tracks=tracks,
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
    later = sorted(day for day in days if day >= start)
    least = min(_track_thresholds(run), default=None)
    followed = tracks.head(0)
    if least is not None:
        many = track_totals.filter(pl.col("plays") >= least)
        followed = tracks.join(many, on="track_id", how="semi")
    track_plays = run.engine.query(
        "progress/plays_of_touched_tracks",
        track_plays=_track_plays(days, later),
        touched_tracks=followed,
    )
    producer_plays = run.engine.query(
        "progress/plays_of_touched_producers",
        producer_plays=_producer_plays(days, later),
        touched_producers=producers,
    )
    crossed_tracks = fold_tracks(
        slices(track_plays, track_plays["day"]).items(),
        Positions(followed["track_id"].sort().to_numpy()),
        _track_thresholds(run),
        run.engine.query(
            "progress/counts_of_touched_tracks",
            track_totals=track_totals,
            touched_tracks=followed,
            track_plays=track_plays,
        ),
    ).crossings
    standing = _standing(run, previous.play_milestones, producers, "producer_id", start)
    crossed_producers = fold_producers(
        slices(producer_plays, producer_plays["day"]).items(),
        Positions(producers["producer_id"].to_numpy()),
        _play_thresholds(run),
        run.engine.query(
            "progress/counts_of_touched_producers",
            play_totals=play_totals,
            touched_producers=producers,
            producer_plays=producer_plays,
        ),
        standing.join(producers, on="producer_id", how="semi"),
    ).crossings
    moments = find_moments(run, days, produced.attribution, crossed_tracks, crossed_producers)
    moments = Moments(
        pl.concat(
            [
                _standing(run, previous.track_milestones, tracks, "track_id", start),
                moments.track_milestones,
            ]
        ),
        pl.concat([standing, moments.play_milestones]),
    )
    best = _best_days(run, previous, days, now, gone)
    return _keep(run, previous.rules, produced, track_totals, play_totals, moments, best)


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
            "progress/plays_of_touched_producers",
            producer_plays=_producer_plays(days, sorted(days)),
            touched_producers=lost,
        )
        plays = pl.concat([plays, in_full])
    return run.engine.query(
        "progress/best_days",
        best_days_before=best.join(lost, on="producer_id", how="anti"),
        producer_plays=plays,
    )


def _standing(
    run: Run, milestones: Table, touched: pl.DataFrame, key: str, start: date
) -> pl.DataFrame:
    """The milestones that a change from `start` on leaves alone."""
    known = run.store.read(milestones)
    is_early = pl.col("reached_at").dt.date() < start
    return pl.concat(
        [known.filter(is_early), known.filter(~is_early).join(touched, on=key, how="anti")]
    )


def _keep(
    run: Run,
    rules: str,
    produced: ProducerPlays,
    track_totals: pl.DataFrame,
    play_totals: pl.DataFrame,
    moments: Moments,
    best: pl.DataFrame,
) -> PlayMilestones:
    """Write everything down; the totals are ascending by id."""
    label = key_of(
        run.store.version,
        rules,
        produced.attribution,
        [[day.key, day.producer_plays] for day in produced.days.values()],
    )

    def written(name: str, found: pl.DataFrame, *order: str) -> Table:
        return run.store.write(name, label, found.sort(order) if order else found)

    return PlayMilestones(
        rules=rules,
        days=produced.days,
        attribution=produced.attribution,
        track_totals=written("track_totals", track_totals),
        track_milestones=written("track_milestones", moments.track_milestones, "track_id", "k"),
        play_totals=written("play_totals", play_totals),
        best_days=written("best_days", best, "producer_id"),
        play_milestones=written(
            "play_milestones", moments.play_milestones, "producer_id", "metric", "k"
        ),
    )


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


def _track_thresholds(run: Run) -> list[int]:
    return _thresholds(run, "track_plays")


def _play_thresholds(run: Run) -> dict[str, list[int]]:
    return {metric: _thresholds(run, metric) for metric in ("plays", "day_plays")}


def _thresholds(run: Run, metric: str) -> list[int]:
    of_metric = thresholds(run.rulebook).filter(pl.col("metric") == metric)
    return of_metric["k"].unique().sort().to_list()


def _track_plays(days: Mapping[date, DayCounts], chosen: Sequence[date]) -> Table:
    return union("track_plays", [days[day].track_plays for day in chosen])


def _producer_plays(days: Mapping[date, DayCounts], chosen: Sequence[date]) -> Table:
    return union("producer_plays", [days[day].producer_plays for day in chosen])


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=Table(name).schema)
