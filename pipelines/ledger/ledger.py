"""The XP ledger: one published file per day (specification, section 3: XP ledger)."""

from datetime import date

import msgspec
import polars as pl

from pipelines.activity.plays import by_day
from pipelines.ledger.awards import Awards, LedgerDay, day_digests
from pipelines.ledger.levels import LevelUps
from pipelines.ledger.points import play_xp
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.tables import PUBLISHED, Table


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
    level_unlocks = run.store.read(level_ups.level_unlocks)
    unlock_digests = day_digests(level_unlocks, pl.col("unlocked_at").dt.date())
    earlier = previous.days if previous is not None else {}
    days = {
        day: booked
        for day, booked in earlier.items()
        if day in awards.days
        and booked.rests_on == awards.days[day]
        and booked.level_unlocks == unlock_digests.get(day, "")
    }
    missing = sorted(awards.days.keys() - days.keys())
    awarded = by_day(
        run.engine.query(
            "ledger/awarded",
            awards=run.store.read(awards.awards).filter(pl.col("day").is_in(missing)),
            level_unlocks=level_unlocks.filter(pl.col("unlocked_at").dt.date().is_in(missing)),
        ),
        pl.col("day"),
    )
    none = pl.DataFrame(schema=Table("awards").schema)

    def booked_day(day: date) -> BookedDay:
        rests_on = awards.days[day]
        rows = book_day(run.store.read(rests_on.plays), awarded.get(day, none), rests_on)
        part = run.store.publish_part("xp_ledger", day.isoformat(), rows)
        points = dict(rows.group_by("source").agg(pl.col("xp").sum()).iter_rows())
        return BookedDay(rests_on, unlock_digests.get(day, ""), part, points)

    days.update(zip(missing, run.each(booked_day, missing), strict=True))
    return Ledger(dict(sorted(days.items())))


def book_day(plays: pl.DataFrame, awarded: pl.DataFrame, rests_on: LedgerDay) -> pl.DataFrame:
    """The rows of `xp_ledger` of one day, by (producer_id, source).

    `plays`: day, producer_id, plays; `awarded`: the day's rows of all other sources, in the order
    of the ledger.
    """
    columns = PUBLISHED["xp_ledger"].names()
    played = plays.select(
        "producer_id",
        "day",
        pl.lit("play").alias("source"),
        pl.col("plays").alias("quantity"),
        play_xp(rests_on).alias("xp"),
    )
    others = awarded.select(columns)
    # Three ascending runs, in the order of their sources: a stable sort only has to merge them.
    first, last = others.filter(pl.col("source") < "play"), others.filter(pl.col("source") > "play")
    return pl.concat([first, played, last]).sort("producer_id", maintain_order=True)
