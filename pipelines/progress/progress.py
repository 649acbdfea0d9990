"""What producers see on the Progress page (specification, sections 3 and 5)."""

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.ledger.awards import Awards
from pipelines.ledger.levels import LevelUps
from pipelines.progress.milestones import PlayMilestones
from pipelines.progress.unlocks import Unlocks
from pipelines.rulebook.tables import achievements, levels, thresholds
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.tables import KEYS


class Progress(msgspec.Struct, frozen=True):
    """Published files: `progress`, `unlocks`, `level_ups`, `achievements`, `levels`."""

    parts: dict[str, list[Part]]


def summarize(
    run: Run,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    plays: PlayMilestones,
    unlocks: Unlocks,
    awards: Awards,
    level_ups: LevelUps,
) -> Progress:
    """Bring together what each producer has, and what each achievement is held by."""
    unlocked = {"unlocks": unlocks.unlocks, "level_unlocks": level_ups.level_unlocks}
    progress = run.engine.query(
        "progress/progress",
        **unlocked,
        producers=dumps.producers,
        tracks=dumps.tracks,
        awards=awards.awards,
        xp_sums=level_ups.xp_sums,
        play_totals=plays.play_totals,
        levels=levels(run.rulebook),
        thresholds=thresholds(run.rulebook),
        track_totals=plays.track_totals,
        best_days=plays.best_days,
        upload_streaks=unlocks.upload_streaks,
        partners=catalogue.partners,
        earnings=events.earnings,
        parameters=run.parameters,
    )
    held = run.engine.query("progress/achievements", **unlocked, rules=achievements(run.rulebook))
    all_unlocks = pl.concat([run.store.read(table) for table in unlocked.values()])
    frames = {
        "progress": progress,
        "level_ups": run.store.read(level_ups.level_ups),
        "achievements": held,
        "levels": levels(run.rulebook),
    }
    parts = {name: [run.store.publish_part(name, "all", f)] for name, f in frames.items()}
    # One file a month: an unlock stays where it is when later ones come.
    months = all_unlocks.sort(KEYS["unlocks"]).with_columns(
        pl.col("unlocked_at").dt.strftime("%Y-%m").alias("month")
    )
    parts["unlocks"] = [
        run.store.publish_part("unlocks", str(month[0]), frame.drop("month"))
        for month, frame in sorted(months.partition_by("month", as_dict=True).items())
    ]
    return Progress(parts)
