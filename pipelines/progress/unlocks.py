"""Which achievements producers have unlocked, but for those of levels (specification, section 3).

Level achievements follow from the ledger, and the ledger from all others: they come after it.
"""

from functools import partial
from itertools import chain

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.engine import Relation
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.progress.milestones import PlayMilestones
from pipelines.rulebook.tables import thresholds
from pipelines.run import Run
from pipelines.store.store import key_of
from pipelines.tables import Table, union


class ActivityUnlocks(msgspec.Struct, frozen=True):
    """What is unlocked by anything but plays, and the longest upload streaks behind some."""

    activity_unlocks: Table
    upload_streaks: Table


class PlayUnlocks(msgspec.Struct, frozen=True):
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
    milestones = _milestones(run, dumps, events, catalogue, limits)
    activity_unlocks = store.remember(
        "activity_unlocks",
        key_of(rules, milestones, dumps.producers, catalogue.last_before, events.counted("grants")),
        lambda: query(
            "progress/activity_unlocks",
            milestones=milestones,
            producers=dumps.producers,
            grants=events.grants,
            thresholds=limits,
            parameters=run.parameters,
        ),
    )
    streaks = store.remember(
        "upload_streaks",
        key_of(catalogue.uploads),
        lambda: query("progress/upload_streaks", uploads=catalogue.uploads),
    )
    return ActivityUnlocks(activity_unlocks, streaks)


def _milestones(
    run: Run, dumps: Dumps, events: Events, catalogue: Catalogue, limits: pl.DataFrame
) -> Table:
    """When the thresholds of each metric were reached; that does not depend on what they award."""

    def reached(metric: str, key: object, **inputs: Relation) -> list[Table]:
        ks = limits.filter(pl.col("metric") == metric).select("k").unique().sort("k")
        if ks.is_empty():
            return []
        query = partial(run.engine.query, f"progress/milestones_of_{metric}")
        key = key_of(metric, ks["k"].to_list(), key)
        build = partial(query, **inputs, thresholds=ks)
        return [run.store.remember("milestones", key, build)]

    of = catalogue
    completions = of.metadata_completions
    found = [
        reached("uploads", of.uploads, uploads=of.uploads),
        reached("upload_streak", of.uploads, uploads=of.uploads),
        reached("complete_tracks", completions, metadata_completions=completions),
        reached("collaborations", of.collaborations, collaborations=of.collaborations),
        reached("partners", of.partners, partners=of.partners),
        reached(
            "earnings",
            [dumps.producers, events.counted("earnings")],
            earnings=events.earnings,
            producers=dumps.producers,
            parameters=run.parameters,
        ),
    ]
    return union("milestones", list(chain(*found)))


def unlock_by_plays(run: Run, dumps: Dumps, plays: PlayMilestones) -> PlayUnlocks:
    """Compare plays, of tracks and of days too, with the rulebook's thresholds."""
    rules = run.rulebook.section_key("achievements")
    play_unlocks = run.store.remember(
        "play_unlocks",
        key_of(
            rules, [plays.play_milestones, plays.track_milestones], dumps.producers, dumps.tracks
        ),
        lambda: run.engine.query(
            "progress/play_unlocks",
            play_milestones=plays.play_milestones,
            track_milestones=plays.track_milestones,
            tracks=dumps.tracks,
            producers=dumps.producers,
            thresholds=thresholds(run.rulebook),
        ),
    )
    return PlayUnlocks(play_unlocks)
