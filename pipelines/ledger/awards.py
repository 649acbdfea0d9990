"""Ledger rows of everything but plays, and what identifies each day of the ledger.

(Specification, section 3: XP ledger.)
"""

from collections.abc import Callable
from datetime import date

import msgspec
import polars as pl

from pipelines.achievements.unlocks import ActivityUnlocks, PlayUnlocks
from pipelines.activity.catalogue import Catalogue
from pipelines.activity.day_counts import ProducerPlays
from pipelines.arrays.by_date import daily_sums, digests
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.rulebook import Section
from pipelines.rulebook.tables import unit_xp
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import COUNT, DAY, Table, union

RATES: tuple[Section, ...] = ("rates", "boosts", "daily_caps")
#: The source of the ledger rows that each table leads to.
SOURCE_OF = {
    "activity_unlocks": "achievement",
    "play_unlocks": "achievement",
    "adjustments": "adjustment",
    "collaborations": "collaboration",
    "metadata_completions": "metadata",
    "uploads": "upload",
}


class LedgerDay(msgspec.Struct, frozen=True):
    """What a day's ledger rests on, except level achievements.

    `plays` is empty on a day without plays, `awards` without anything else; a play is worth
    `unit_xp`, up to `daily_cap`.
    """

    plays: Table
    awards: str
    unit_xp: int
    daily_cap: int | None


class Awards(StepResult, frozen=True):
    """Ledger rows from each table in SOURCE_OF, and all days of the ledger.

    They have day, producer_id, quantity and xp, ascending by day and producer; `digests` tells for
    each table and day whether its rows are the same.
    """

    awards: dict[str, Table]
    digests: dict[str, dict[date, str]]
    days: dict[date, LedgerDay]

    def tables(self) -> dict[str, Table]:
        """The rows of all sources."""
        return {"awards": union("awards", list(self.awards.values()))}


def award(
    run: Run,
    previous: Awards | None,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    produced: ProducerPlays,
    by_activity: ActivityUnlocks,
    by_plays: PlayUnlocks,
) -> Awards:
    """Turn uploads, metadata, collaborations, unlocks and adjustments into points."""
    rates = [run.rulebook.section_key(section) for section in RATES]

    def table(key: list[object], build: Callable[[], pl.DataFrame]) -> Table:
        return run.store.remember("awards", key_of(key), build)

    def activity(of: Table, time: str) -> Table:
        return table([rates, of], lambda: _activity(run, of, time))

    def unlocked(of: Table) -> Table:
        return table([of], lambda: _unlocked(run, of))

    def adjusted() -> Table:
        key = [dumps.producers, events.counted("adjustments")]
        return table(key, lambda: _adjusted(run, events.adjustments, dumps.producers))

    def told(name: str, of: Table) -> dict[date, str]:
        if previous is not None and previous.awards[name] == of:
            return previous.digests[name]
        rows = run.store.read(of)
        return digests(rows, rows["day"])

    made: dict[str, Callable[[], Table]] = {
        "activity_unlocks": lambda: unlocked(by_activity.activity_unlocks),
        "play_unlocks": lambda: unlocked(by_plays.play_unlocks),
        "adjustments": adjusted,
        "collaborations": lambda: activity(catalogue.collaborations, "collaborated_at"),
        "metadata_completions": lambda: activity(catalogue.metadata_completions, "completed_at"),
        "uploads": lambda: activity(catalogue.uploads, "uploaded_at"),
    }

    def make(name: str) -> tuple[Table, dict[date, str]]:
        of = made[name]()
        return of, told(name, of)

    both = dict(zip(made, run.each(make, made), strict=True))
    awards = {name: of for name, (of, _) in both.items()}
    every_day = {name: days for name, (_, days) in both.items()}
    plays = {d: p.producer_plays for d, p in produced.days.items() if p.producer_plays.rows}
    days = sorted(plays.keys() | {day for of_table in every_day.values() for day in of_table})
    worth = day_rates(run, "play", pl.DataFrame({"day": days}, schema={"day": DAY}))
    none = Table("producer_plays")
    found = {}
    for day, unit, cap in worth.iter_rows():
        there = [(name, d[day]) for name, d in every_day.items() if day in d]
        found[day] = LedgerDay(plays.get(day, none), key_of(there) if there else "", unit, cap)
    return Awards(awards, every_day, found)


def day_rates(run: Run, source: str, days: pl.DataFrame) -> pl.DataFrame:
    """What a unit of a source is worth on each `day`: day, unit_xp, daily_cap, ascending."""
    ranges = unit_xp(run.rulebook).filter(pl.col("source") == source)
    return (
        days.join_where(
            ranges, pl.col("day") >= pl.col("from_day"), pl.col("day") < pl.col("until_day")
        )
        .select("day", "unit_xp", "daily_cap")
        .sort("day")
    )


def _activity(run: Run, of: Table, time: str) -> pl.DataFrame:
    """So much for each upload, completion or collaboration, up to the day's cap."""
    rows = run.store.read(of).select(
        pl.col(time).dt.date().alias("day"), "producer_id", pl.lit(0, COUNT).alias("xp")
    )
    sums = daily_sums(rows)
    rates = day_rates(run, SOURCE_OF[of.name], sums.select(pl.col("day").unique()))
    worth = sums.join(rates, on="day", how="left", maintain_order="left")
    xp = pl.col("quantity") * pl.col("unit_xp")
    return worth.select(
        "day", "producer_id", "quantity", pl.min_horizontal(xp, "daily_cap").alias("xp")
    )


def _unlocked(run: Run, unlocks: Table) -> pl.DataFrame:
    rows = run.store.read(unlocks)
    return daily_sums(
        rows.select(pl.col("unlocked_at").dt.date().alias("day"), "producer_id", "xp")
    )


def _adjusted(run: Run, adjustments: Table, producers: Table) -> pl.DataFrame:
    rows = run.store.read(adjustments).filter(pl.col("adjusted_at") < run.as_of)
    known = rows.join(run.store.read(producers), on="producer_id", how="semi")
    return daily_sums(
        known.select(pl.col("adjusted_at").dt.date().alias("day"), "producer_id", "xp")
    )
