"""Which achievements producers have unlocked, but for those of levels (specification, section 3).

Level achievements follow from the ledger, and the ledger from all others: they come after it.
"""

import msgspec

from pipelines.activity.catalogue import Catalogue
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.progress.milestones import PlayMilestones
from pipelines.rulebook.tables import thresholds
from pipelines.run import Run
from pipelines.store.store import key_of
from pipelines.tables import Table


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
    reached = {
        "uploads": catalogue.uploads,
        "metadata_completions": catalogue.metadata_completions,
        "collaborations": catalogue.collaborations,
        "partners": catalogue.partners,
    }
    # When something was reached does not depend on what it awards.
    reachable = limits.select("metric", "k").unique(maintain_order=True)
    milestones = store.remember(
        "milestones",
        key_of(reachable, dumps.producers, events.counted("earnings"), list(reached.values())),
        lambda: query(
            "progress/milestones",
            **reached,
            earnings=events.earnings,
            producers=dumps.producers,
            thresholds=reachable,
            parameters=run.parameters,
        ),
    )
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
