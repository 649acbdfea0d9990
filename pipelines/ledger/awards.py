"""Ledger rows of everything but plays, and what identifies each day of the ledger.

(Specification, section 3: XP ledger.)
"""

from collections.abc import Iterable
from datetime import date

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.activity.day_counts import ProducerPlays
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.progress.unlocks import Unlocks
from pipelines.rulebook import Section
from pipelines.rulebook.tables import unit_xp
from pipelines.run import Run
from pipelines.store.parts import content_digest
from pipelines.store.store import key_of
from pipelines.tables import DAY, Table

RATES: tuple[Section, ...] = ("rates", "boosts", "daily_caps")


class LedgerDay(msgspec.Struct, frozen=True):
    """What a day's ledger rests on, but for level achievements.

    `plays` is empty on a day without plays, `awards` without anything else; a play is worth
    `unit_xp`, up to `daily_cap`.
    """

    plays: Table
    awards: str
    unit_xp: int
    daily_cap: int | None


class Awards(msgspec.Struct, frozen=True):
    """All rows but those of plays, and all days of the ledger."""

    awards: Table
    days: dict[date, LedgerDay]


def award(
    run: Run,
    previous: Awards | None,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    produced: ProducerPlays,
    unlocks: Unlocks,
) -> Awards:
    """Turn uploads, metadata, collaborations, unlocks and adjustments into points."""
    activity = {
        "uploads": catalogue.uploads,
        "metadata_completions": catalogue.metadata_completions,
        "collaborations": catalogue.collaborations,
    }
    rules = [run.rulebook.section_key(section) for section in RATES]
    awards = run.store.remember(
        "awards",
        key_of(
            rules,
            list(activity.values()),
            unlocks.unlocks,
            dumps.producers,
            events.counted("adjustments"),
        ),
        lambda: run.engine.query(
            "ledger/awards",
            **activity,
            unlocks=unlocks.unlocks,
            adjustments=events.adjustments,
            producers=dumps.producers,
            day_rates=day_rates(run, _days_of_activity(run, activity)),
            parameters=run.parameters,
        ),
    )
    if previous is not None and previous.awards == awards:
        digests = {day: d.awards for day, d in previous.days.items() if d.awards}
    else:
        digests = day_digests(run.store.read(awards), pl.col("day"))
    plays = {d: p.producer_plays for d, p in produced.days.items() if p.producer_plays.rows}
    days = sorted(digests.keys() | plays.keys())
    rates = {
        row[0]: row[1:]
        for row in day_rates(run, days)
        .filter(pl.col("source") == "play")
        .select("day", "unit_xp", "daily_cap")
        .iter_rows()
    }
    none = Table("producer_plays")
    return Awards(
        awards,
        {day: LedgerDay(plays.get(day, none), digests.get(day, ""), *rates[day]) for day in days},
    )


def day_rates(run: Run, days: Iterable[date]) -> pl.DataFrame:
    """What a unit of each source is worth on each day: source, day, unit_xp, daily_cap."""
    wanted = pl.DataFrame({"day": list(days)}, schema={"day": DAY}).unique()
    ranges = unit_xp(run.rulebook)
    return wanted.join_where(
        ranges, pl.col("day") >= pl.col("from_day"), pl.col("day") < pl.col("until_day")
    ).select("source", "day", "unit_xp", "daily_cap")


def day_digests(frame: pl.DataFrame, day: pl.Expr) -> dict[date, str]:
    """A digest of the rows of each day, in their order."""
    if frame.is_empty():
        return {}
    ordered = frame.with_columns(day.alias("_day")).sort("_day", maintain_order=True)
    lengths = ordered.group_by("_day", maintain_order=True).len()
    ordered = ordered.drop("_day")
    digests, start = {}, 0
    for day_value, length in lengths.iter_rows():
        digests[day_value] = key_of(content_digest(ordered.slice(start, length)))
        start += length
    return digests


def _days_of_activity(run: Run, activity: dict[str, Table]) -> list[date]:
    times = {
        "uploads": "uploaded_at",
        "metadata_completions": "completed_at",
        "collaborations": "collaborated_at",
    }
    days: set[date] = set()
    for name, table in activity.items():
        days.update(run.store.read(table)[times[name]].dt.date().unique())
    return sorted(days)
