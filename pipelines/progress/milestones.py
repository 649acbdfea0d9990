"""When tracks and producers reached thresholds of plays, to the microsecond.

Days are folded in order with running totals. After a change only the tracks and producers that it
touches are followed again, from the earliest changed day on; what they had reached before that day
stands. (Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import polars as pl

from pipelines.activity.plays import BATCH_ROWS, CountedPlays, ProducerPlays, attribution_changes
from pipelines.rulebook.tables import thresholds
from pipelines.run import Run, batches, parameters
from pipelines.store.store import key_of
from pipelines.tables import Table, union

#: When more than this share of the days changed, following everything is less work.
MOST_CHANGED_PERCENT = 25


class DayPlays(msgspec.Struct, frozen=True):
    """What a day's milestones rest on."""

    counted: Table
    produced: Table
    cut: datetime | None


class PlayMilestones(msgspec.Struct, frozen=True):
    """Totals over all days, and the moments at which thresholds were reached."""

    rules: str
    days: dict[date, DayPlays]
    as_of: datetime
    attribution: Table
    track_totals: Table
    track_milestones: Table
    play_totals: Table
    best_days: Table
    play_milestones: Table


@dataclass(frozen=True)
class _Fold:
    """The tables of PlayMilestones while days are added to them."""

    track_totals: pl.DataFrame
    track_milestones: pl.DataFrame
    play_totals: pl.DataFrame
    play_milestones: pl.DataFrame


def follow_plays(
    run: Run, previous: PlayMilestones | None, counted: CountedPlays, produced: ProducerPlays
) -> PlayMilestones:
    """Bring totals and milestones up to date."""
    rules = key_of(run.rulebook.section_key("achievements"))
    days = {
        day: DayPlays(plays.plays, produced.days[day].plays, counted.cut(day, run.as_of))
        for day, plays in counted.days.items()
    }
    if previous is None or previous.rules != rules:
        return _from_nothing(run, rules, days, produced.attribution)
    changed = sorted(
        day for day in days.keys() | previous.days.keys() if days.get(day) != previous.days.get(day)
    )
    if not changed:
        return msgspec.structs.replace(previous, as_of=run.as_of, attribution=produced.attribution)
    if 100 * len(changed) > MOST_CHANGED_PERCENT * len(days):
        return _from_nothing(run, rules, days, produced.attribution)
    return _from_changes(run, previous, days, changed, produced.attribution)


def _from_nothing(
    run: Run, rules: str, days: dict[date, DayPlays], attribution: Table
) -> PlayMilestones:
    start = _Fold(
        _empty("track_totals"),
        _empty("track_milestones"),
        _empty("play_totals"),
        _empty("play_milestones"),
    )
    best = _empty("best_days")
    fold = start
    for batch in batches([(d, days[d].counted.rows) for d in sorted(days)], BATCH_ROWS):
        plays, produced = _tables(days, batch)
        fold = _follow(run, fold, plays, plays, produced, attribution)
        best = run.engine.query(
            "progress/best_days", best_days_before=best, producer_plays=produced
        )
    return _keep(run, rules, days, attribution, fold, best)


def _from_changes(
    run: Run,
    previous: PlayMilestones,
    days: dict[date, DayPlays],
    changed: Sequence[date],
    attribution: Table,
) -> PlayMilestones:
    before = previous.days
    plays, produced = _tables(days, [d for d in changed if d in days])
    old_plays, old_produced = _tables(before, [d for d in changed if d in before])
    touched_tracks = run.engine.query(
        "progress/touched_tracks",
        counted_plays=plays,
        withdrawn_plays=old_plays,
        parameters=run.parameters,
        parameters_before=parameters(previous.as_of),
    )
    touched_producers = run.engine.query(
        "progress/touched_producers",
        touched_tracks=touched_tracks,
        attribution=attribution,
        attribution_before=previous.attribution,
        attribution_changes=attribution_changes(run, previous.attribution, attribution),
    )
    track_totals = run.engine.query(
        "progress/track_totals",
        track_totals_before=previous.track_totals,
        counted_plays=plays,
        withdrawn_plays=old_plays,
        parameters=run.parameters,
        parameters_before=parameters(previous.as_of),
    )
    play_totals = run.engine.query(
        "progress/play_totals",
        play_totals_before=previous.play_totals,
        producer_plays=produced,
        withdrawn_plays=old_produced,
    )
    best = _best_days(run, previous, days, changed, produced)
    start = changed[0]
    later = sorted(day for day in days if day >= start)
    later_plays, later_produced = _tables(days, later)
    fold = _Fold(
        run.engine.query(
            "progress/counts_of_touched_tracks",
            track_totals=track_totals,
            touched_tracks=touched_tracks,
            counted_plays=later_plays,
            parameters=run.parameters,
        ),
        _standing(run, previous.track_milestones, touched_tracks, "track_id", start),
        run.engine.query(
            "progress/counts_of_touched_producers",
            play_totals=play_totals,
            touched_producers=touched_producers,
            producer_plays=later_produced,
        ),
        _standing(run, previous.play_milestones, touched_producers, "producer_id", start),
    )
    for batch in batches([(d, days[d].counted.rows) for d in later], BATCH_ROWS):
        plays, produced = _tables(days, batch)
        fold = _follow(
            run,
            fold,
            run.engine.query(
                "progress/plays_of_touched_tracks",
                counted_plays=plays,
                touched_tracks=touched_tracks,
            ),
            plays,
            run.engine.query(
                "progress/plays_of_touched_producers",
                producer_plays=produced,
                touched_producers=touched_producers,
            ),
            attribution,
        )
    fold = _Fold(track_totals, fold.track_milestones, play_totals, fold.play_milestones)
    return _keep(run, previous.rules, days, attribution, fold, best)


def _follow(
    run: Run,
    fold: _Fold,
    followed: Table | pl.DataFrame,
    plays: Table,
    produced: Table | pl.DataFrame,
    attribution: Table,
) -> _Fold:
    """Add a batch of days: `followed` are the plays of tracks, `plays` all plays of these days."""
    limits = thresholds(run.rulebook)
    reached = run.engine.query(
        "progress/track_milestones",
        counted_plays=followed,
        track_totals=fold.track_totals,
        thresholds=limits.filter(pl.col("metric") == "track_plays").select("k").unique(),
        parameters=run.parameters,
    )
    crossings = run.engine.query(
        "progress/play_crossings",
        producer_plays=produced,
        play_totals=fold.play_totals,
        thresholds=limits.select("metric", "k").unique(),
        reached=fold.play_milestones,
    )
    moments = run.engine.query(
        "progress/play_moments",
        play_crossings=crossings,
        attribution=attribution,
        counted_plays=plays,
        parameters=run.parameters,
    )
    return _Fold(
        run.engine.query(
            "progress/track_totals",
            track_totals_before=fold.track_totals,
            counted_plays=followed,
            withdrawn_plays=Table("counted_plays"),
            parameters=run.parameters,
            parameters_before=run.parameters,
        ),
        pl.concat([fold.track_milestones, reached]),
        run.engine.query(
            "progress/play_totals",
            play_totals_before=fold.play_totals,
            producer_plays=produced,
            withdrawn_plays=Table("producer_plays"),
        ),
        pl.concat([fold.play_milestones, moments]),
    )


def _best_days(
    run: Run,
    previous: PlayMilestones,
    days: dict[date, DayPlays],
    changed: Sequence[date],
    produced: Table,
) -> pl.DataFrame:
    """The best days after a change; only who lost plays on a best day is looked at in full."""
    best = run.store.read(previous.best_days)
    lost = (
        best.filter(pl.col("day").is_in(list(changed)))
        .join(run.store.read(produced), on=["producer_id", "day"], how="left", suffix="_now")
        .filter(pl.col("plays_now").fill_null(0) < pl.col("plays"))
        .select("producer_id")
    )
    looked_at = run.store.read(produced)
    if not lost.is_empty():
        in_full = run.engine.query(
            "progress/plays_of_touched_producers",
            producer_plays=union("producer_plays", [day.produced for day in days.values()]),
            touched_producers=lost,
        )
        looked_at = pl.concat([looked_at, in_full])
    return run.engine.query(
        "progress/best_days",
        best_days_before=best.join(lost, on="producer_id", how="anti"),
        producer_plays=looked_at,
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
    days: dict[date, DayPlays],
    attribution: Table,
    fold: _Fold,
    best: pl.DataFrame,
) -> PlayMilestones:
    label = key_of(
        run.store.version,
        rules,
        attribution,
        [[day.counted, day.produced, day.cut] for day in days.values()],
    )
    track_order = ["track_id", "k"]
    producer_order = ["producer_id", "metric", "k"]
    return PlayMilestones(
        rules=rules,
        days=days,
        as_of=run.as_of,
        attribution=attribution,
        track_totals=run.store.write("track_totals", label, fold.track_totals),
        track_milestones=run.store.write(
            "track_milestones", label, fold.track_milestones.sort(track_order)
        ),
        play_totals=run.store.write("play_totals", label, fold.play_totals),
        best_days=run.store.write("best_days", label, best),
        play_milestones=run.store.write(
            "play_milestones", label, fold.play_milestones.sort(producer_order)
        ),
    )


def _tables(days: dict[date, DayPlays], chosen: Sequence[date]) -> tuple[Table, Table]:
    return (
        union("counted_plays", [days[day].counted for day in chosen]),
        union("producer_plays", [days[day].produced for day in chosen]),
    )


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=Table(name).schema)
