"""Which levels producers reached, and on which day (specification, section 3: level_ups).

Days are folded in order with running sums; after a change only the producers whose points it
touches are followed again, from the earliest changed day on.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec
import polars as pl

from pipelines.activity.plays import by_day
from pipelines.activity.positions import Positions
from pipelines.exports.dumps import Dumps
from pipelines.ledger.awards import Awards, LedgerDay
from pipelines.ledger.points import (
    NO_POINTS,
    PLAYS,
    POINTS,
    award_changes,
    award_rows,
    negative,
    play_points,
    play_xp,
    points_by_day,
    sums_of,
)
from pipelines.progress.running import Thresholds, Totals
from pipelines.rulebook.tables import levels, thresholds
from pipelines.run import MOST_CHANGED_PERCENT, Run
from pipelines.store.store import key_of
from pipelines.tables import COUNT, DAY, ID, Table, union


class LevelUps(msgspec.Struct, frozen=True):
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
    days: Iterable[tuple[date, pl.DataFrame]],
    awarded: Mapping[date, pl.DataFrame],
    producers: Positions,
    steps: pl.DataFrame,
    sums_before: pl.DataFrame,
    reached_before: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fold days of play XP (producer_id, xp) and of awards in their order.

    `steps`: level, min_xp; `sums_before`: producer_id, play_xp, xp; `reached_before`: the level-ups
    before these days. Returns xp_sums after them, and the level-ups within them.
    """
    known = producers.find(sums_before["producer_id"].to_numpy())
    sums, play_sums = Totals(producers), Totals(producers)
    sums.add(known, sums_before["xp"].to_numpy())
    play_sums.add(known, sums_before["play_xp"].to_numpy())
    above = steps.filter(pl.col("level") > 1)
    marks = Thresholds(producers, above["min_xp"])
    highest = reached_before.group_by("producer_id").agg(pl.col("level").max())
    highest = highest.join(steps, on="level")
    marks.skip(producers.find(highest["producer_id"].to_numpy()), highest["min_xp"].to_numpy())
    found = [pl.DataFrame(schema={"producer_id": ID, "min_xp": COUNT, "reached_on": DAY})]
    for day, plays in days:
        # All of a day's points first: levels are reached at its end.
        played, xp = producers.find(plays["producer_id"].to_numpy()), plays["xp"].to_numpy()
        play_sums.add(played, xp)
        sums.add(played, xp)
        rows = awarded.get(day, NO_POINTS)
        won = producers.find(rows["producer_id"].to_numpy())
        sums.add_each(won, rows["xp"].to_numpy())
        for where in (played, won):
            passed = marks.passed(where, sums.at(where))
            if len(passed.at):
                ids = producers.ids(where[passed.at])
                found.append(
                    pl.DataFrame({"producer_id": ids, "min_xp": passed.k}).with_columns(
                        pl.lit(day).alias("reached_on")
                    )
                )
    by_source = sums.table("producer_id", "xp").join(
        play_sums.table("producer_id", "play_xp"), on="producer_id", how="full", coalesce=True
    )
    by_source = by_source.select("producer_id", pl.col("play_xp", "xp").fill_null(0))
    # A producer with several awards on a day is found several times.
    reached = pl.concat(found).unique().join(above, on="min_xp")
    return by_source, reached.select(Table("level_ups").schema.names())


def _from_nothing(run: Run, dumps: Dumps, awards: Awards) -> tuple[pl.DataFrame, pl.DataFrame]:
    def points(day: date) -> tuple[date, pl.DataFrame]:
        plays = run.store.read(awards.days[day].plays, PLAYS)
        return day, plays.select("producer_id", play_xp(awards.days[day]).alias("xp"))

    return fold_levels(
        run.each(points, sorted(awards.days)),
        points_by_day(award_rows(run, awards).values()),
        Positions(run.store.read(dumps.producers)["producer_id"].to_numpy()),
        levels(run.rulebook),
        _empty("xp_sums"),
        _empty("level_ups"),
    )


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
    touched = changes.filter(pl.col("xp") != 0).select("producer_id").unique()
    known = run.store.read(previous.level_ups)
    is_early = pl.col("reached_on") < start
    standing = pl.concat(
        [
            known.filter(is_early),
            known.filter(~is_early).join(touched, on="producer_id", how="anti"),
        ]
    )
    later = [day for day in days if day >= start]
    plays = by_day(
        run.engine.query(
            "progress/plays_of_touched_producers",
            producer_plays=union("producer_plays", [days[day].plays for day in later]),
            touched_producers=touched,
        ),
        pl.col("day"),
    )
    none = pl.DataFrame(schema=Table("producer_plays").schema)
    followed = [
        (day, plays.get(day, none).select("producer_id", play_xp(days[day]).alias("xp")))
        for day in later
    ]
    awarded = points_by_day(award_rows(run, awards, start, touched).values())
    withdrawn = [
        points.select("producer_id", pl.col("xp").alias("play_xp"), "xp") for _, points in followed
    ]
    withdrawn += [
        rows.select("producer_id", pl.lit(0, COUNT).alias("play_xp"), "xp")
        for rows in awarded.values()
    ]
    later_points = pl.concat([pl.DataFrame(schema=POINTS), *withdrawn])
    mine = sums.join(touched, on="producer_id", how="semi")
    _, reached = fold_levels(
        followed,
        awarded,
        Positions(touched["producer_id"].sort().to_numpy()),
        levels(run.rulebook),
        sums_of(mine, negative(later_points)),
        standing.join(touched, on="producer_id", how="semi"),
    )
    return sums, pl.concat([standing, reached])


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=Table(name).schema)
