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


class Unlocks(msgspec.Struct, frozen=True):
    """Unlocked achievements, ascending by time, and the longest upload streaks behind some."""

    activity_unlocks: Table
    play_unlocks: Table
    upload_streaks: Table


def unlock_achievements(
    run: Run, dumps: Dumps, events: Events, catalogue: Catalogue, plays: PlayMilestones
) -> Unlocks:
    """Compare what producers have reached with the rulebook's thresholds."""
    store, query = run.store, run.engine.query
    rules = run.rulebook.section_key("achievements")
    limits = thresholds(run.rulebook)
    reached = {
        "uploads": catalogue.uploads,
        "metadata_completions": catalogue.metadata_completions,
        "collaborations": catalogue.collaborations,
        "partners": catalogue.partners,
    }
    milestones = store.remember(
        "milestones",
        key_of(rules, dumps.producers, events.counted("earnings"), list(reached.values())),
        lambda: query(
            "progress/milestones",
            **reached,
            earnings=events.earnings,
            producers=dumps.producers,
            thresholds=limits,
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
    play_unlocks = store.remember(
        "play_unlocks",
        key_of(
            rules, [plays.play_milestones, plays.track_milestones], dumps.producers, dumps.tracks
        ),
        lambda: query(
            "progress/play_unlocks",
            play_milestones=plays.play_milestones,
            track_milestones=plays.track_milestones,
            tracks=dumps.tracks,
            producers=dumps.producers,
            thresholds=limits,
        ),
    )
    streaks = store.remember(
        "upload_streaks",
        key_of(catalogue.uploads),
        lambda: query("progress/upload_streaks", uploads=catalogue.uploads),
    )
    return Unlocks(activity_unlocks, play_unlocks, streaks)
