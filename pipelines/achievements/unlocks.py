"""Which achievements producers have unlocked, except those of levels (specification, section 3).

Level achievements follow from the ledger, and the ledger from all others: they come after it.
"""

from collections.abc import Callable

import polars as pl

from pipelines.achievements.milestones import PlayMilestones
from pipelines.activity.catalogue import Catalogue
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.rulebook.tables import thresholds
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import Table, union


class ActivityUnlocks(StepResult, frozen=True):
    """What is unlocked by anything but plays, and the longest upload streaks behind some."""

    activity_unlocks: Table
    upload_streaks: Table


class PlayUnlocks(StepResult, frozen=True):
    """What is unlocked by plays."""

    play_unlocks: Table


def unlock_by_activity(
    run: Run, dumps: Dumps, events: Events, catalogue: Catalogue
) -> ActivityUnlocks:
    """Compare uploads, metadata, collaborations, partners, earnings, joining and grants with the
    rulebook's thresholds.
    """
    store, query = run.store, run.engine.query
    rules = run.rulebook.section_key("achievements")
    limits = thresholds(run.rulebook)
    weeks = store.remember(
        "upload_streak_weeks",
        key_of(catalogue.uploads),
        lambda: query("achievements/upload_streak_weeks", uploads=catalogue.uploads),
    )
    milestones = _milestones(run, dumps, events, catalogue, weeks, limits)
    activity_unlocks = store.remember(
        "activity_unlocks",
        key_of(rules, milestones, dumps.producers, catalogue.last_before, events.counted("grants")),
        lambda: query(
            "achievements/activity_unlocks",
            milestones=milestones,
            producers=dumps.producers,
            grants=events.grants,
            thresholds=limits,
            parameters=run.parameters,
        ),
    )
    streaks = store.remember(
        "upload_streaks",
        key_of(weeks),
        lambda: query("achievements/upload_streaks", upload_streak_weeks=weeks),
    )
    return ActivityUnlocks(activity_unlocks, streaks)


def _milestones(
    run: Run,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    weeks: Table,
    limits: pl.DataFrame,
) -> Table:
    """When the thresholds of each metric were reached; that does not depend on what they award."""

    def reached(metric: str, key: object, build: Callable[[pl.DataFrame], pl.DataFrame]) -> Table:
        ks = limits.filter(pl.col("metric") == metric).select("metric", "k").unique().sort("k")
        if ks.is_empty():
            return Table("milestones")
        key = key_of(metric, ks["k"].to_list(), key)
        return run.store.remember("milestones", key, lambda: build(ks))

    def nth(metric: str, of: Table, time: str) -> Table:
        def build(ks: pl.DataFrame) -> pl.DataFrame:
            rows = run.store.read(of, ("producer_id", time)).select(
                "producer_id", pl.lit(metric).alias("metric"), pl.col(time).alias("happened_at")
            )
            return run.engine.query("achievements/milestones_of_events", events=rows, thresholds=ks)

        return reached(metric, of, build)

    def upload_streak(ks: pl.DataFrame) -> pl.DataFrame:
        return run.engine.query(
            "achievements/milestones_of_upload_streak", upload_streak_weeks=weeks, thresholds=ks
        )

    def earnings(ks: pl.DataFrame) -> pl.DataFrame:
        return run.engine.query(
            "achievements/milestones_of_earnings",
            earnings=events.earnings,
            producers=dumps.producers,
            parameters=run.parameters,
            thresholds=ks,
        )

    found = [
        nth("uploads", catalogue.uploads, "uploaded_at"),
        nth("complete_tracks", catalogue.metadata_completions, "completed_at"),
        nth("collaborations", catalogue.collaborations, "collaborated_at"),
        nth("partners", catalogue.partners, "since"),
        reached("upload_streak", weeks, upload_streak),
        reached("earnings", [dumps.producers, events.counted("earnings")], earnings),
    ]
    return union("milestones", found)


def unlock_by_plays(run: Run, dumps: Dumps, plays: PlayMilestones) -> PlayUnlocks:
    """Compare plays, of tracks and of days too, with the rulebook's thresholds."""
    rules = run.rulebook.section_key("achievements")
    play_unlocks = run.store.remember(
        "play_unlocks",
        key_of(
            rules, [plays.play_milestones, plays.track_milestones], dumps.producers, dumps.tracks
        ),
        lambda: run.engine.query(
            "achievements/play_unlocks",
            play_milestones=plays.play_milestones,
            track_milestones=plays.track_milestones,
            tracks=dumps.tracks,
            producers=dumps.producers,
            thresholds=thresholds(run.rulebook),
        ),
    )
    return PlayUnlocks(play_unlocks)
