"""The XP ledger: one published file per day, and what it adds up to.

(Specification, section 3: XP ledger.)
"""

from datetime import date

import msgspec
import polars as pl

from pipelines.activity.plays import by_day
from pipelines.ledger.awards import Awards, LedgerDay, day_digests
from pipelines.ledger.levels import LevelUps, ledger_batches, play_rates
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.store.store import key_of
from pipelines.tables import Table, union


class BookedDay(msgspec.Struct, frozen=True):
    """A day of the ledger: what it was made from, its file, and its points by source."""

    rests_on: LedgerDay
    level_unlocks: str
    part: Part
    xp: dict[str, int]


class Ledger(msgspec.Struct, frozen=True):
    """The published ledger and the totals of each producer and source."""

    days: dict[date, BookedDay]
    xp_totals: Table

    def table(self, days: list[date]) -> Table:
        """The ledger of some days."""
        parts = [self.days[day].part for day in days]
        return Table("xp_ledger", tuple(p.file for p in parts), sum(p.rows for p in parts))


def book(run: Run, previous: Ledger | None, awards: Awards, level_ups: LevelUps) -> Ledger:
    """Write the days of the ledger that changed, and bring the totals up to date."""
    level_unlocks = run.store.read(level_ups.level_unlocks)
    unlock_digests = day_digests(level_unlocks, pl.col("unlocked_at").dt.date())
    earlier = previous.days if previous is not None else {}
    kept = {
        day: booked
        for day, booked in earlier.items()
        if day in awards.days
        and booked.rests_on == awards.days[day]
        and booked.level_unlocks == unlock_digests.get(day, "")
    }
    all_awards = run.store.read(awards.awards)
    days = dict(kept)
    totals: Table | pl.DataFrame = Table("xp_totals")
    gone: list[Part] = []
    if previous is not None and 2 * len(kept) > len(awards.days):
        totals = previous.xp_totals
        gone = [booked.part for day, booked in earlier.items() if day not in kept]
    elif kept:
        totals = _add(run, totals, _ledger([booked.part for booked in kept.values()]), [])
    totals = _add(run, totals, Table("xp_ledger"), gone) if gone else totals
    missing = {day: d for day, d in awards.days.items() if day not in kept}
    for batch in ledger_batches(missing):
        rows = run.engine.query(
            "ledger/xp_ledger",
            producer_plays=union("producer_plays", [missing[day].plays for day in batch]),
            day_rates=play_rates(missing, batch),
            awards=all_awards.filter(pl.col("day").is_in(batch)),
            level_unlocks=level_unlocks.filter(pl.col("unlocked_at").dt.date().is_in(batch)),
        )
        totals = _add(run, totals, rows, [])
        for day, frame in by_day(rows, pl.col("day")).items():
            part = run.store.publish_part("xp_ledger", day.isoformat(), frame)
            points = dict(frame.group_by("source").agg(pl.col("xp").sum()).iter_rows())
            days[day] = BookedDay(missing[day], unlock_digests.get(day, ""), part, points)
    if isinstance(totals, pl.DataFrame):
        label = key_of(
            run.store.version, [[str(d), b.part.digest] for d, b in sorted(days.items())]
        )
        totals = run.store.write("xp_totals", label, totals)
    return Ledger(dict(sorted(days.items())), totals)


def _add(
    run: Run, totals: Table | pl.DataFrame, rows: Table | pl.DataFrame, gone: list[Part]
) -> pl.DataFrame:
    return run.engine.query(
        "ledger/xp_totals",
        xp_totals_before=totals,
        xp_ledger=rows,
        withdrawn_rows=_ledger(gone),
    )


def _ledger(parts: list[Part]) -> Table:
    return Table("xp_ledger", tuple(p.file for p in parts), sum(p.rows for p in parts))
