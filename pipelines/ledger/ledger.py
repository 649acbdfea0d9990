"""The XP ledger: one published file per day (specification, section 3: XP ledger)."""

from collections.abc import Mapping
from datetime import date

import msgspec
import polars as pl

from pipelines.daily import daily_sums, digests, slices
from pipelines.ledger.awards import SOURCE_OF, Awards, LedgerDay
from pipelines.ledger.levels import LevelUps
from pipelines.ledger.points import Awarded, play_xp
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.tables import Table

#: A small number in place of a text: quicker to sort, to hash and to write.
SOURCES = pl.Enum(sorted({"play", *SOURCE_OF.values()}))


class BookedDay(msgspec.Struct, frozen=True):
    """A day of the ledger: what it was made from, its file, and its points by source."""

    rests_on: LedgerDay
    level_unlocks: str
    part: Part
    xp: dict[str, int]


class Ledger(msgspec.Struct, frozen=True):
    """The published ledger."""

    days: dict[date, BookedDay]

    def table(self, days: list[date]) -> Table:
        """The ledger of some days."""
        parts = [self.days[day].part for day in days]
        return Table("xp_ledger", tuple(p.file for p in parts), sum(p.rows for p in parts))


def book(run: Run, previous: Ledger | None, awards: Awards, level_ups: LevelUps) -> Ledger:
    """Write the days of the ledger that changed."""
    unlocked = run.store.read(level_ups.level_unlocks).select(
        pl.col("unlocked_at").dt.date().alias("day"), "producer_id", "xp"
    )
    level_unlocks = daily_sums(unlocked)
    of_levels = slices(level_unlocks, level_unlocks["day"])
    unlock_digests = digests(level_unlocks, level_unlocks["day"])
    earlier = previous.days if previous is not None else {}
    days = {
        day: booked
        for day, booked in earlier.items()
        if day in awards.days
        and booked.rests_on == awards.days[day]
        and booked.level_unlocks == unlock_digests.get(day, "")
    }
    missing = sorted(awards.days.keys() - days.keys())
    awarded = Awarded(run, awards, min(missing, default=None))

    def booked_day(day: date) -> BookedDay:
        rests_on = awards.days[day]
        sources: dict[str, pl.DataFrame] = {}
        for name, rows in awarded.on(day).items():
            source = SOURCE_OF[name]
            sources[source] = _together(sources.get(source), rows)
        if day in of_levels:
            sources["achievement"] = _together(sources.get("achievement"), of_levels[day])
        if rests_on.plays.rows:
            sources["play"] = run.store.read(rests_on.plays).select(
                "day",
                "producer_id",
                pl.col("plays").alias("quantity"),
                play_xp(rests_on).alias("xp"),
            )
        part = run.store.publish_part("xp_ledger", day.isoformat(), book_day(sources))
        points = {source: int(rows["xp"].sum()) for source, rows in sources.items()}
        return BookedDay(rests_on, unlock_digests.get(day, ""), part, points)

    days.update(zip(missing, run.each(booked_day, missing), strict=True))
    return Ledger(dict(sorted(days.items())))


def book_day(sources: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows of `xp_ledger` of one day, by (producer_id, source).

    `sources`: the rows of each source, with day, producer_id, quantity and xp, ascending by
    producer.
    """
    rows = [
        sources[source].select(
            "producer_id", "day", pl.lit(source, SOURCES).alias("source"), "quantity", "xp"
        )
        for source in sorted(sources)
    ]
    # Ascending runs, in the order of their sources: a stable sort only has to merge them.
    return pl.concat(rows).sort("producer_id", maintain_order=True)


def _together(rows: pl.DataFrame | None, others: pl.DataFrame) -> pl.DataFrame:
    """Rows of one day and source that come from two tables: both add to the quantity."""
    if rows is None:
        return others
    both = pl.concat([rows, others]).group_by("day", "producer_id")
    return both.agg(pl.col("quantity").sum(), pl.col("xp").sum()).sort("producer_id")
