"""The XP ledger: one published file per day (specification, section 3: XP ledger)."""

from collections.abc import Iterable
from datetime import date

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.activity.daily_amounts import PLAYS_OF_PRODUCERS
from pipelines.arrays.by_date import daily_sums, digests, slices
from pipelines.arrays.positions import run_starts
from pipelines.ledger.awards import SOURCE_OF, Awards, LedgerDay
from pipelines.ledger.levels import LevelUps
from pipelines.ledger.points import award_rows, play_xp
from pipelines.run import Run
from pipelines.store.parts import Part, table_of
from pipelines.store.results import StepResult
from pipelines.tables import DAY, Table
from pipelines.vocabulary import SOURCES

#: A small number in place of a text: quicker to sort, to hash and to write.
SOURCE_TYPE = pl.Enum(sorted(SOURCES))
NUMBER_OF = {source: number for number, source in enumerate(SOURCE_TYPE.categories)}


class BookedDay(msgspec.Struct, frozen=True):
    """A day of the ledger: what it was made from, its file, and its points by source."""

    rests_on: LedgerDay
    level_unlocks: str
    part: Part
    xp: dict[str, int]


class Ledger(StepResult, frozen=True):
    """The published ledger, or the part of it `since` a day."""

    days: dict[date, BookedDay]
    since: date | None = None

    def table(self, days: list[date]) -> Table:
        """The ledger of some days."""
        return table_of("xp_ledger", [self.days[day].part for day in days])

    def published(self) -> dict[str, list[Part]]:
        """The ledger of all days."""
        return {"xp_ledger": [day.part for day in self.days.values()]}


def book(
    run: Run,
    previous: Ledger | None,
    awards: Awards,
    level_ups: LevelUps,
    since: date | None = None,
) -> Ledger:
    """Write the days of the ledger that changed; days before `since` are left out."""
    rests_on = {d: of for d, of in awards.days.items() if since is None or d >= since}
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
        if booked.rests_on == rests_on.get(day)
        and booked.level_unlocks == unlock_digests.get(day, "")
    }
    missing = sorted(rests_on.keys() - days.keys())
    tables = award_rows(run, awards, missing[0]) if missing else {}
    by_table = [(SOURCE_OF[name], slices(rows, rows["day"])) for name, rows in tables.items()]
    by_table.append(("achievement", of_levels))

    def booked_day(day: date) -> BookedDay:
        of = rests_on[day]
        awarded = [(source, days[day]) for source, days in by_table if day in days]
        if of.plays.rows:
            plays = run.store.read(of.plays, PLAYS_OF_PRODUCERS).rename({"plays": "quantity"})
            xp = pl.Series("xp", play_xp(plays["quantity"].to_numpy(), of))
            awarded.append(("play", plays.with_columns(xp)))
        part = run.store.publish_part("xp_ledger", day.isoformat(), book_day(day, awarded))
        points: dict[str, int] = {}
        for source, rows in awarded:
            points[source] = points.get(source, 0) + int(rows["xp"].sum())
        return BookedDay(of, unlock_digests.get(day, ""), part, points)

    days.update(zip(missing, run.each(booked_day, missing), strict=True))
    return Ledger(dict(sorted(days.items())), since)


def book_day(day: date, awarded: Iterable[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """The rows of `xp_ledger` of one day, by (producer_id, source).

    `awarded`: sources with rows of producer_id, quantity and xp, ascending by producer. A source
    may come several times: what a producer has of it is added up.
    """
    # Ascending runs, in the order of their sources: a stable sort only has to merge them.
    parts = sorted(awarded, key=lambda part: part[0])

    def column(name: str) -> npt.NDArray[np.int64]:
        return np.concatenate([rows[name].to_numpy() for _, rows in parts])

    numbers = np.array([NUMBER_OF[source] for source, _ in parts], dtype=np.uint8)
    every_source = np.repeat(numbers, [rows.height for _, rows in parts])
    every_producer = column("producer_id")
    order = np.argsort(every_producer, kind="stable")
    producers, sources = every_producer[order], every_source[order]
    starts = run_starts(producers, sources)
    return pl.DataFrame(
        {
            "producer_id": producers[starts],
            "day": pl.repeat(day, len(starts), dtype=DAY, eager=True),
            "source": pl.Series(sources[starts]).cat.to(SOURCE_TYPE),
            "quantity": np.add.reduceat(column("quantity")[order], starts),
            "xp": np.add.reduceat(column("xp")[order], starts),
        }
    )
