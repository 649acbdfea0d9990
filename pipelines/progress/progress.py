"""What producers see on the Progress page (specification, sections 3 and 5)."""

from collections.abc import Iterator
from functools import partial

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.ledger.awards import Awards
from pipelines.ledger.levels import LevelUps
from pipelines.progress.milestones import PlayMilestones
from pipelines.progress.summary import summary
from pipelines.progress.unlocks import Unlocks
from pipelines.rulebook.tables import achievements, levels, thresholds
from pipelines.run import Run
from pipelines.store.parts import Part, content_digest
from pipelines.store.store import key_of
from pipelines.tables import COUNT, KEYS, PUBLISHED, Table


class Progress(msgspec.Struct, frozen=True):
    """Published files: `progress`, `unlocks`, `level_ups`, `achievements`, `levels`.

    `months` tells for each month whether its unlocks are the same.
    """

    parts: dict[str, list[Part]]
    months: dict[str, str]


def summarize(
    run: Run,
    previous: Progress | None,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    plays: PlayMilestones,
    unlocks: Unlocks,
    awards: Awards,
    level_ups: LevelUps,
) -> Progress:
    """Bring together what each producer has, and what each achievement is held by."""
    all_unlocks = pl.concat(
        [run.store.read(unlocks.unlocks), run.store.read(level_ups.level_unlocks)]
    )
    held = all_unlocks.group_by("producer_id").agg(pl.len().alias("achievements"))
    xp = run.store.read(level_ups.xp_sums)
    progress = summary(
        run.store.read(dumps.producers),
        levels(run.rulebook),
        thresholds(run.rulebook).height,
        {
            "xp": xp.select("producer_id", "xp"),
            "play_xp": xp.select("producer_id", "play_xp"),
            "plays": run.store.read(plays.play_totals),
            "partners": run.store.read(_partner_counts(run, catalogue)),
            "best_track_plays": _best_tracks(run, dumps, plays),
            "best_day_plays": run.store.read(plays.best_days),
            "best_upload_streak": run.store.read(unlocks.upload_streaks),
            "earnings_cents": run.store.read(_earning_sums(run, events)),
            "achievements_unlocked": held,
        },
        {source: run.store.read(sums) for source, sums in _award_sums(run, awards).items()},
    )
    frames = {
        "progress": progress,
        "level_ups": run.store.read(level_ups.level_ups),
        "achievements": _held(run, all_unlocks),
        "levels": levels(run.rulebook),
    }
    parts = {name: [run.store.publish_part(name, "all", f)] for name, f in frames.items()}
    months = dict(_by_month(all_unlocks))
    rules = key_of(thresholds(run.rulebook))
    digests = {name: key_of(rules, content_digest(rows)) for name, rows in months.items()}
    known = {}
    if previous is not None:
        known = {
            part.partition: part
            for part in previous.parts["unlocks"]
            if digests.get(part.partition) == previous.months[part.partition]
        }
    # One file a month: an unlock stays where it is when later ones come.
    parts["unlocks"] = list(
        run.each(
            lambda name: known[name] if name in known else _publish(run, name, months[name]),
            sorted(months),
        )
    )
    return Progress(parts, digests)


def _publish(run: Run, month: str, unlocks: pl.DataFrame) -> Part:
    ids = thresholds(run.rulebook).select("achievement", "achievement_id")
    named = unlocks.join(ids, on="achievement", maintain_order="left")
    return run.store.publish_part("unlocks", month, named.select(PUBLISHED["unlocks"].names()))


def _by_month(unlocks: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The unlocks of each month in the order in which they are published."""
    months = unlocks.with_columns(pl.col("unlocked_at").dt.date().dt.month_start().alias("month"))
    # The place of an achievement is its id's, so this is the published order.
    for month, rows in months.partition_by("month", as_dict=True).items():
        ordered = rows.drop("month").sort("producer_id", "achievement")
        yield f"{month[0]:%Y-%m}", ordered


def _held(run: Run, unlocks: pl.DataFrame) -> pl.DataFrame:
    """The rulebook's achievements, and how many producers have each."""
    held = unlocks.group_by("achievement").len("unlocked_by")
    ids = thresholds(run.rulebook).select("achievement", "achievement_id")
    counts = ids.join(held, on="achievement", how="left").with_columns(
        pl.col("unlocked_by").cast(COUNT).fill_null(0)
    )
    return (
        achievements(run.rulebook)
        .join(counts.drop("achievement"), on="achievement_id")
        .sort(KEYS["achievements"])
    )


def _award_sums(run: Run, awards: Awards) -> dict[str, Table]:
    """XP and quantity of each producer, by source."""
    return {
        source: run.store.remember("award_sums", key_of(table), partial(_sums, run, table))
        for source, table in awards.awards.items()
    }


def _sums(run: Run, awards: Table) -> pl.DataFrame:
    rows = run.store.read(awards).group_by("producer_id")
    return rows.agg(pl.col("quantity").sum(), pl.col("xp").sum())


def _best_tracks(run: Run, dumps: Dumps, plays: PlayMilestones) -> pl.DataFrame:
    """The most valid plays of a playable track of each uploader: producer_id, plays."""
    playable = run.store.scan(dumps.tracks).filter(pl.col("status").is_in(["published", "removed"]))
    best = (
        run.store.scan(plays.track_totals)
        .join(playable.select("track_id", "producer_id"), on="track_id")
        .group_by("producer_id")
        .agg(pl.col("plays").max())
    )
    return best.collect()


def _partner_counts(run: Run, catalogue: Catalogue) -> Table:
    def build() -> pl.DataFrame:
        partners = run.store.read(catalogue.partners, ["producer_id"])
        return partners.group_by("producer_id").agg(pl.len().cast(COUNT).alias("partners"))

    return run.store.remember("partner_counts", key_of(catalogue.partners), build)


def _earning_sums(run: Run, events: Events) -> Table:
    def build() -> pl.DataFrame:
        earned = run.store.read(events.earnings).filter(pl.col("earned_at") < run.as_of)
        sums = pl.col("amount_cents").sum().alias("earnings_cents")
        return earned.group_by("producer_id").agg(sums)

    return run.store.remember("earning_sums", key_of(events.counted("earnings")), build)
