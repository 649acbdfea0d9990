"""Which levels producers reached, and on which day (specification, section 3: level_ups).

Days are folded in order with running sums; after a change only the producers whose points it
touches are followed again, from the earliest changed day on.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.activity.plays import BATCH_ROWS
from pipelines.engine import Relation
from pipelines.ledger.awards import Awards, LedgerDay
from pipelines.progress.milestones import MOST_CHANGED_PERCENT
from pipelines.rulebook.tables import levels, thresholds
from pipelines.run import Run, batches
from pipelines.store.store import key_of
from pipelines.tables import COUNT, DAY, TEXT, Table, union


class LevelUps(msgspec.Struct, frozen=True):
    """Levels reached, the achievements that they unlock, and each producer's points."""

    rules: str
    awards: Table
    days: dict[date, LedgerDay]
    xp_sums: Table
    level_ups: Table
    level_unlocks: Table


def reach_levels(run: Run, previous: LevelUps | None, awards: Awards) -> LevelUps:
    """Bring level-ups up to date."""
    rules = run.rulebook.section_key("levels")
    days = awards.days
    changed = list(days)
    if previous is not None and previous.rules == rules:
        old = previous.days
        changed = sorted(d for d in days.keys() | old.keys() if days.get(d) != old.get(d))
    if (
        previous is None
        or previous.rules != rules
        or 100 * len(changed) > MOST_CHANGED_PERCENT * len(days)
    ):
        sums, reached = _from_nothing(run, awards)
    elif changed:
        sums, reached = _from_changes(run, previous, awards, changed)
    else:
        sums, reached = run.store.read(previous.xp_sums), run.store.read(previous.level_ups)
    label = key_of(
        run.store.version, rules, awards.awards, msgspec.to_builtins(days, str_keys=True)
    )
    level_ups = run.store.write("level_ups", label, reached.sort("producer_id", "level"))
    unlocks = run.engine.query(
        "ledger/level_unlocks", level_ups=level_ups, thresholds=thresholds(run.rulebook)
    )
    return LevelUps(
        rules=rules,
        awards=awards.awards,
        days=days,
        xp_sums=run.store.write("xp_sums", label, sums),
        level_ups=level_ups,
        level_unlocks=run.store.write(
            "level_unlocks", key_of(label, run.rulebook.section_key("achievements")), unlocks
        ),
    )


def _from_nothing(run: Run, awards: Awards) -> tuple[pl.DataFrame, pl.DataFrame]:
    sums, reached = _empty("xp_sums"), _empty("level_ups")
    for batch in ledger_batches(awards.days):
        points = _xp_days(run, awards.days, batch, awards.awards)
        sums, reached = _follow(run, sums, reached, points)
    return sums, reached


def _from_changes(
    run: Run, previous: LevelUps, awards: Awards, changed: Sequence[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    points = _xp_days(run, awards.days, changed, awards.awards)
    withdrawn = _xp_days(run, previous.days, changed, previous.awards)
    touched = run.engine.query("ledger/touched_xp", xp_days=points, withdrawn_days=withdrawn)
    sums = run.engine.query(
        "ledger/xp_sums", xp_sums_before=previous.xp_sums, xp_days=points, withdrawn_days=withdrawn
    )
    start = changed[0]
    known = run.store.read(previous.level_ups)
    is_early = pl.col("reached_on") < start
    reached = pl.concat(
        [
            known.filter(is_early),
            known.filter(~is_early).join(touched, on="producer_id", how="anti"),
        ]
    )
    later = {day: d for day, d in awards.days.items() if day >= start}
    followed = [
        _xp_days(run, later, batch, awards.awards, touched) for batch in ledger_batches(later)
    ]
    running = run.engine.query(
        "ledger/xp_sums",
        xp_sums_before=sums.join(touched, on="producer_id", how="semi"),
        xp_days=_empty_days(),
        withdrawn_days=pl.concat([_empty_days(), *followed]),
    )
    for batch in followed:
        running, reached = _follow(run, running, reached, batch)
    return sums, reached


def _follow(
    run: Run, sums: pl.DataFrame, reached: pl.DataFrame, points: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    new = run.engine.query(
        "ledger/level_ups",
        xp_days=points,
        xp_before=sums,
        level_ups_before=reached,
        levels=levels(run.rulebook),
    )
    sums = run.engine.query(
        "ledger/xp_sums", xp_sums_before=sums, xp_days=points, withdrawn_days=_empty_days()
    )
    return sums, pl.concat([reached, new])


def _xp_days(
    run: Run,
    days: dict[date, LedgerDay],
    chosen: Sequence[date],
    awards: Table,
    touched: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Points by day and producer: of all, or of those touched."""
    there = [day for day in chosen if day in days]
    inputs: dict[str, Relation] = {
        "producer_plays": union("producer_plays", [days[day].plays for day in there]),
        "awards": run.store.read(awards).filter(pl.col("day").is_in(there)),
        "day_rates": play_rates(days, there),
    }
    if touched is None:
        return run.engine.query("ledger/xp_days", **inputs)
    return run.engine.query("ledger/xp_of_touched_producers", **inputs, touched_producers=touched)


def play_rates(days: dict[date, LedgerDay], chosen: Iterable[date]) -> pl.DataFrame:
    """What a play is worth on each day: source, day, unit_xp, daily_cap."""
    rows = [("play", day, days[day].unit_xp, days[day].daily_cap) for day in chosen]
    schema = {"source": TEXT, "day": DAY, "unit_xp": COUNT, "daily_cap": COUNT}
    return pl.DataFrame(rows, schema=schema, orient="row")


def ledger_batches(days: dict[date, LedgerDay]) -> Iterable[list[date]]:
    """The days in order, in groups that fit in memory."""
    return batches([(day, days[day].plays.rows) for day in sorted(days)], BATCH_ROWS)


def _empty_days() -> pl.DataFrame:
    return pl.DataFrame(schema={"day": DAY, "producer_id": COUNT, "xp": COUNT})


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=Table(name).schema)
