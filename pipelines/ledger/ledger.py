"""The XP ledger: one published file per day (specification, section 3: XP ledger)."""

from collections.abc import Mapping
from datetime import date

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.activity.positions import run_starts
from pipelines.daily import daily_sums, digests, slices
from pipelines.ledger.awards import SOURCE_OF, Awards, LedgerDay
from pipelines.ledger.levels import LevelUps
from pipelines.ledger.points import Awarded, play_xp
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.tables import DAY, Table

#: A small number in place of a text: quicker to sort, to hash and to write.
SOURCES = pl.Enum(sorted({"play", *SOURCE_OF.values()}))
NUMBER_OF = {source: number for number, source in enumerate(SOURCES.categories)}


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
                "producer_id",
                pl.col("plays").alias("quantity"),
                play_xp(rests_on).alias("xp"),
            )
        part = run.store.publish_part("xp_ledger", day.isoformat(), book_day(day, sources))
        points = {source: int(rows["xp"].sum()) for source, rows in sources.items()}
        return BookedDay(rests_on, unlock_digests.get(day, ""), part, points)

    days.update(zip(missing, run.each(booked_day, missing), strict=True))
    return Ledger(dict(sorted(days.items())))


def book_day(day: date, sources: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows of `xp_ledger` of one day, by (producer_id, source).

    `sources`: the rows of each source, with producer_id, quantity and xp, ascending by producer.
    """
    parts = [sources[source] for source in sorted(sources)]
    numbers = [NUMBER_OF[source] for source in sorted(sources)]
    heights = [rows.height for rows in parts]

    def column(name: str) -> npt.NDArray[np.int64]:
        return np.concatenate([rows[name].to_numpy() for rows in parts])

    # Ascending runs, in the order of their sources: a stable sort only has to merge them.
    producers = column("producer_id")
    order = np.argsort(producers, kind="stable")
    source = np.repeat(np.array(numbers, dtype=np.uint8), heights)
    return pl.DataFrame(
        {
            "producer_id": producers[order],
            "day": pl.repeat(day, len(order), dtype=DAY, eager=True),
            "source": pl.Series(source[order]).cat.to(SOURCES),
            "quantity": column("quantity")[order],
            "xp": column("xp")[order],
        }
    )


def _together(rows: pl.DataFrame | None, others: pl.DataFrame) -> pl.DataFrame:
    """Rows of one day and source that come from two tables: both add to the quantity."""
    if rows is None:
        return others
    columns = ("producer_id", "quantity", "xp")
    producers, quantities, xp = (
        np.concatenate([rows[name].to_numpy(), others[name].to_numpy()]) for name in columns
    )
    order = np.argsort(producers, kind="stable")
    starts = run_starts(producers[order])
    return pl.DataFrame(
        {
            "producer_id": producers[order][starts],
            "quantity": np.add.reduceat(quantities[order], starts),
            "xp": np.add.reduceat(xp[order], starts),
        }
    )
