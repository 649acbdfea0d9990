"""When tracks and producers reached thresholds of plays: what is known of it.

(Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.achievements.threshold_times import ThresholdTimes
from pipelines.activity.day_counts import DayCounts, ProducerPlays
from pipelines.arrays.running_totals import NEVER
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import Table

#: The metrics of achievements that count plays.
METRICS = ("track_plays", "plays", "day_plays")


class PlayMilestones(StepResult, frozen=True):
    """Totals over all days, and the times at which thresholds (of each metric) were reached."""

    thresholds: dict[str, list[int]]
    days: dict[date, DayCounts]
    attribution: Table
    track_totals: Table
    track_milestones: Table
    play_totals: Table
    best_days: Table
    play_milestones: Table


def keep(
    run: Run,
    thresholds: dict[str, list[int]],
    produced: ProducerPlays,
    track_totals: pl.DataFrame,
    play_totals: pl.DataFrame,
    best_days: pl.DataFrame,
    threshold_times: ThresholdTimes,
) -> PlayMilestones:
    """Write everything down; the totals are ascending by id."""
    label = key_of(run.store.version, _made_from(produced))
    return PlayMilestones(
        thresholds=thresholds,
        days=produced.days,
        attribution=produced.attribution,
        track_totals=run.store.write("track_totals", label, track_totals),
        play_totals=run.store.write("play_totals", label, play_totals),
        best_days=run.store.write("best_days", label, best_days.sort("producer_id")),
        **_write_times(run, thresholds, produced, threshold_times),
    )


def keep_others(
    run: Run, now: PlayMilestones, thresholds: dict[str, list[int]], threshold_times: ThresholdTimes
) -> PlayMilestones:
    """Write the milestones of other thresholds down; the totals stay."""
    produced = ProducerPlays(now.days, now.attribution)
    kept = _write_times(run, thresholds, produced, threshold_times)
    return msgspec.structs.replace(now, thresholds=thresholds, **kept)


def _write_times(
    run: Run,
    thresholds: dict[str, list[int]],
    produced: ProducerPlays,
    threshold_times: ThresholdTimes,
) -> dict[str, Table]:
    label = key_of(run.store.version, thresholds, _made_from(produced))
    order = {
        "track_milestones": ("track_id", "k"),
        "play_milestones": ("producer_id", "metric", "k"),
    }
    return {
        name: run.store.write(name, label, getattr(threshold_times, name).sort(columns))
        for name, columns in order.items()
    }


def _made_from(produced: ProducerPlays) -> list[object]:
    days = produced.days.values()
    return [produced.attribution, [[day.key, day.producer_plays] for day in days]]


def reaching(totals: pl.DataFrame, wanted: Sequence[int]) -> pl.Series:
    """The ids whose plays are as many as the least of some thresholds."""
    least = min(wanted, default=NEVER)
    return totals.filter(pl.col("plays") >= least).to_series(0)
