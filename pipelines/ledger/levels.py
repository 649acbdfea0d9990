"""Which levels producers reached, and on which day (specification, section 3: level_ups).

Days are folded in order with running sums; after a change only the producers whose points it
touches are followed again, from the earliest changed day on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.activity.daily_amounts import PLAYS_OF_PRODUCERS, read_amounts
from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import DayAmounts, Reached, Thresholds, Totals
from pipelines.exports.dumps import Dumps
from pipelines.ledger.awards import Awards, LedgerDay
from pipelines.ledger.points import (
    NO_POINTS,
    POINTS,
    award_changes,
    award_rows,
    negative,
    play_points,
    play_xp,
    points_by_day,
    sums_of,
)
from pipelines.rulebook.tables import levels, thresholds
from pipelines.run import MOST_CHANGED_PERCENT, Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import COUNT, Table


class LevelUps(StepResult, frozen=True):
    """Levels reached, the achievements that they unlock, and each producer's points."""

    rules: str
    awards: Awards
    xp_sums: Table
    level_ups: Table
    level_unlocks: Table


def reach_levels(run: Run, previous: LevelUps | None, dumps: Dumps, awards: Awards) -> LevelUps:
    """Bring level-ups up to date."""
    rules = run.rulebook.section_key("levels")
    days = awards.days
    if previous is None or previous.rules != rules:
        sums, reached = _from_nothing(run, dumps, awards)
    else:
        old = previous.awards.days
        changed = sorted(d for d in days.keys() | old.keys() if days.get(d) != old.get(d))
        plays = [d for d in changed if _plays(days, d) != _plays(old, d)]
        if 100 * len(plays) > MOST_CHANGED_PERCENT * len(days):
            sums, reached = _from_nothing(run, dumps, awards)
        elif changed:
            sums, reached = _from_changes(run, previous, awards, changed[0], plays)
        else:
            sums, reached = run.store.read(previous.xp_sums), run.store.read(previous.level_ups)
    label = key_of(run.store.version, rules, msgspec.to_builtins(days, str_keys=True))
    level_ups = run.store.write("level_ups", label, reached.sort("producer_id", "level"))
    unlocks = run.engine.query(
        "ledger/level_unlocks", level_ups=level_ups, thresholds=thresholds(run.rulebook)
    )
    return LevelUps(
        rules=rules,
        awards=awards,
        xp_sums=run.store.write("xp_sums", label, sums.sort("producer_id")),
        level_ups=level_ups,
        level_unlocks=run.store.write(
            "level_unlocks", key_of(label, run.rulebook.section_key("achievements")), unlocks
        ),
    )


def fold_levels(
    days: Iterable[DayAmounts],
    awarded: Mapping[date, pl.DataFrame],
    producers: Positions,
    steps: pl.DataFrame,
    sums_before: pl.DataFrame,
    reached_before: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fold days of play XP and of awards (producer_id, xp) in their order.

    `steps`: level, min_xp; `sums_before`: producer_id, play_xp, xp; `reached_before`: the level-ups
    before these days. Returns xp_sums after them, and the level-ups within them.
    """
    known = producers.find(sums_before["producer_id"].to_numpy())
    sums, not_plays = Totals(producers), Totals(producers)
    sums.add(known, sums_before["xp"].to_numpy())
    not_plays.add(known, (sums_before["xp"] - sums_before["play_xp"]).to_numpy())
    above = steps.filter(pl.col("level") > 1)
    marks = Thresholds(producers, above["min_xp"])
    highest = reached_before.group_by("producer_id").agg(pl.col("level").max())
    highest = highest.join(steps, on="level")
    marks.skip(producers.find(highest["producer_id"].to_numpy()), highest["min_xp"].to_numpy())
    found = Reached(producers, "producer_id", "min_xp")
    for day, played, xp in days:
        # All of a day's points first: levels are reached at its end.
        rows = awarded.get(day, NO_POINTS)
        won = producers.find(rows["producer_id"].to_numpy())
        for totals in (sums, not_plays):
            totals.add_each(won, rows["xp"].to_numpy())
        after = sums.add(played, xp)
        for where, reached in ((played, after), (won, sums.at(won))):
            passed = marks.passed(where, reached)
            found.add(day, where[passed.at], passed.k)
    by_source = sums.table("producer_id", "xp").join(
        not_plays.table("producer_id", "other_xp"), on="producer_id", how="full", coalesce=True
    )
    by_source = by_source.select(
        "producer_id",
        (pl.col("xp").fill_null(0) - pl.col("other_xp").fill_null(0)).alias("play_xp"),
        pl.col("xp").fill_null(0),
    )
    # A producer with several awards on a day is found several times.
    levels_reached = found.table().rename({"day": "reached_on"}).unique()
    level_ups = levels_reached.join(above, on="min_xp")
    return by_source, level_ups.select(Table("level_ups").schema.names())


def _from_nothing(run: Run, dumps: Dumps, awards: Awards) -> tuple[pl.DataFrame, pl.DataFrame]:
    producers = Positions(run.store.read(dumps.producers)["producer_id"].to_numpy())
    return fold_levels(
        _points_of_plays(run, awards.days, producers),
        points_by_day(award_rows(run, awards).values()),
        producers,
        levels(run.rulebook),
        Table("xp_sums").empty,
        Table("level_ups").empty,
    )


def _points_of_plays(
    run: Run, days: Mapping[date, LedgerDay], producers: Positions
) -> Iterator[DayAmounts]:
    """The XP of plays on each day, in their order."""
    tables = {day: of.plays for day, of in days.items()}
    for played in read_amounts(run, tables, PLAYS_OF_PRODUCERS, producers):
        yield played._replace(amounts=play_xp(played.amounts, days[played.day]))


def _plays(days: Mapping[date, LedgerDay], day: date) -> tuple[Table, int, int | None] | None:
    """What the points for plays of a day rest on."""
    of = days.get(day)
    return None if of is None else (of.plays, of.unit_xp, of.daily_cap)


def _from_changes(
    run: Run, previous: LevelUps, awards: Awards, start: date, plays_changed: Sequence[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    days = awards.days

    def compare(day: date) -> pl.DataFrame:
        gone = play_points(run, previous.awards.days, day)
        return sums_of(negative(gone), play_points(run, days, day))

    changes = pl.concat(
        [
            pl.DataFrame(schema=POINTS),
            award_changes(run, previous.awards, awards, start),
            *run.each(compare, plays_changed),
        ]
    )
    sums = sums_of(run.store.read(previous.xp_sums), changes)
    affected = changes.filter(pl.col("xp") != 0).select("producer_id").unique()
    known = run.store.read(previous.level_ups)
    is_early = pl.col("reached_on") < start
    standing = pl.concat(
        [
            known.filter(is_early),
            known.filter(~is_early).join(affected, on="producer_id", how="anti"),
        ]
    )
    later = {day: of for day, of in awards.days.items() if day >= start}
    producers = Positions(affected["producer_id"].sort().to_numpy())
    awarded = award_rows(run, awards, start, affected).values()
    played = Totals(producers)
    for _, where, xp in _points_of_plays(run, later, producers):
        played.add(where, xp)
    of_plays = played.table("producer_id", "xp").with_columns(pl.col("xp").alias("play_xp"))
    of_awards = [rows.with_columns(pl.lit(0, COUNT).alias("play_xp")) for rows in awarded]
    withdrawn = [points.select(POINTS.names()) for points in (of_plays, *of_awards)]
    mine = sums.join(affected, on="producer_id", how="semi")
    _, reached = fold_levels(
        _points_of_plays(run, later, producers),
        points_by_day(awarded),
        producers,
        levels(run.rulebook),
        sums_of(mine, *(negative(points) for points in withdrawn)),
        standing.join(affected, on="producer_id", how="semi"),
    )
    return sums, pl.concat([standing, reached])
