"""Which levels producers reached, and on which day (specification, section 3: level_ups).

Days are folded in order with running sums; after a change only the producers whose points it
touches are followed again, from the earliest changed day on.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.engine import Relation, View
from pipelines.ledger.awards import Awards, LedgerDay
from pipelines.rulebook.tables import levels, thresholds
from pipelines.run import FOLD_ROWS, MOST_CHANGED_PERCENT, Run, batches
from pipelines.store.store import key_of
from pipelines.tables import COUNT, DAY, ID, TEXT, Table, union

POINTS = pl.Schema({"day": DAY, "producer_id": ID, "play_xp": COUNT, "xp": COUNT})


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
    all_awards = run.store.read(awards.awards)
    for batch in ledger_batches(awards.days):
        points = View(
            "ledger/points",
            {
                "producer_plays": _producer_plays(awards.days, batch),
                "awards": all_awards.filter(pl.col("day").is_in(batch)),
                "day_rates": play_rates(awards.days, batch),
            },
        )
        sums, reached = _follow(run, sums, reached, points)
    return sums, reached


def _from_changes(
    run: Run, previous: LevelUps, awards: Awards, changed: Sequence[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    all_awards = run.store.read(awards.awards)
    points = _points(run, awards.days, changed, all_awards)
    withdrawn = _points(run, previous.days, changed, run.store.read(previous.awards))
    touched = run.engine.query("ledger/touched_xp", points=points, withdrawn_points=withdrawn)
    sums = run.engine.query(
        "ledger/xp_sums", xp_sums_before=previous.xp_sums, points=points, withdrawn_points=withdrawn
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
    later = [day for day in awards.days if day >= start]
    plays = run.engine.query(
        "progress/plays_of_touched_producers",
        producer_plays=_producer_plays(awards.days, later),
        touched_producers=touched,
    )
    followed = _points(
        run,
        awards.days,
        later,
        all_awards.join(touched, on="producer_id", how="semi"),
        plays,
    )
    running = run.engine.query(
        "ledger/xp_sums",
        xp_sums_before=sums.join(touched, on="producer_id", how="semi"),
        points=pl.DataFrame(schema=POINTS),
        withdrawn_points=followed,
    )
    _, reached = _follow(run, running, reached, followed)
    return sums, reached


def _follow(
    run: Run, sums: pl.DataFrame, reached: pl.DataFrame, points: Relation
) -> tuple[pl.DataFrame, pl.DataFrame]:
    new = run.engine.query(
        "ledger/level_ups",
        points=points,
        xp_sums=sums,
        level_ups_before=reached,
        levels=levels(run.rulebook),
    )
    sums = run.engine.query(
        "ledger/xp_sums",
        xp_sums_before=sums,
        points=points,
        withdrawn_points=pl.DataFrame(schema=POINTS),
    )
    return sums, pl.concat([reached, new])


def _points(
    run: Run,
    days: Mapping[date, LedgerDay],
    chosen: Sequence[date],
    awards: pl.DataFrame,
    plays: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Points on some days: from all their plays, or from those given."""
    there = [day for day in chosen if day in days]
    return run.engine.query(
        "ledger/points",
        producer_plays=_producer_plays(days, there) if plays is None else plays,
        awards=awards.filter(pl.col("day").is_in(there)),
        day_rates=play_rates(days, there),
    )


def play_rates(days: Mapping[date, LedgerDay], chosen: Iterable[date]) -> pl.DataFrame:
    """What a play is worth on each day: source, day, unit_xp, daily_cap."""
    rows = [("play", day, days[day].unit_xp, days[day].daily_cap) for day in chosen]
    schema = {"source": TEXT, "day": DAY, "unit_xp": COUNT, "daily_cap": COUNT}
    return pl.DataFrame(rows, schema=schema, orient="row")


def ledger_batches(days: Mapping[date, LedgerDay]) -> Iterable[list[date]]:
    """The days in order, in groups that fit in memory."""
    return batches([(day, days[day].plays.rows) for day in sorted(days)], FOLD_ROWS)


def _producer_plays(days: Mapping[date, LedgerDay], chosen: Iterable[date]) -> Table:
    return union("producer_plays", [days[day].plays for day in chosen])


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=Table(name).schema)
