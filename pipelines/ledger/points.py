"""What producers earn on a day, as far as it is known before level-ups.

(Specification, section 3: XP ledger.)
"""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import polars as pl

from pipelines.activity.daily_amounts import PLAYS_OF_PRODUCERS
from pipelines.arrays.by_date import slices
from pipelines.arrays.positions import Integers
from pipelines.ledger.awards import Awards, LedgerDay
from pipelines.run import Run
from pipelines.tables import COUNT, ID, Table

POINTS = pl.Schema({"producer_id": ID, "play_xp": COUNT, "xp": COUNT})
NO_POINTS = pl.DataFrame(schema={"producer_id": ID, "xp": COUNT})


def play_xp(plays: Integers, rests_on: LedgerDay) -> Integers:
    """The XP of producers' plays on one day: so much for each, up to the cap."""
    xp = plays * rests_on.unit_xp
    return xp if rests_on.daily_cap is None else np.minimum(xp, rests_on.daily_cap)


def award_rows(
    run: Run, awards: Awards, start: date | None = None, of: pl.DataFrame | None = None
) -> dict[str, pl.DataFrame]:
    """The awards of each table from `start` on: day, producer_id, quantity, xp, in that order.

    Of all producers, or of those in `of`.
    """
    found = {}
    for name, table in awards.awards.items():
        rows = _since(run, table, start).collect()
        if of is not None:
            rows = rows.join(of, on="producer_id", how="semi", maintain_order="left")
        found[name] = rows
    return found


def points_by_day(awards: Iterable[pl.DataFrame]) -> dict[date, pl.DataFrame]:
    """The points of each day, whatever they are for: producer_id, xp.

    A producer may come several times on a day.
    """
    points = pl.concat(rows.select("day", "producer_id", "xp") for rows in awards)
    ordered = points.sort("day")
    return slices(ordered.select("producer_id", "xp"), ordered["day"])


def _since(run: Run, awards: Table, start: date | None) -> pl.LazyFrame:
    rows = run.store.scan(awards)
    return rows if start is None else rows.filter(pl.col("day") >= start)


def play_points(run: Run, days: Mapping[date, LedgerDay], day: date) -> pl.DataFrame:
    """The points for plays of a day: producer_id, play_xp, xp."""
    if day not in days:
        return pl.DataFrame(schema=POINTS)
    plays = run.store.read(days[day].plays, PLAYS_OF_PRODUCERS)
    xp = pl.Series(play_xp(plays["plays"].to_numpy(), days[day]))
    return plays.select("producer_id", xp.alias("play_xp"), xp.alias("xp"))


def award_changes(run: Run, former: Awards, now: Awards, start: date) -> pl.DataFrame:
    """How awards from `start` on differ, by day: producer_id, play_xp (0), xp.

    Points that only moved to another day are a change of both days.
    """
    signed = []
    for name, table in now.awards.items():
        if table != former.awards[name]:
            for of, sign in ((former.awards[name], -1), (table, 1)):
                rows = _since(run, of, start)
                signed.append(rows.select("day", "producer_id", pl.col("xp") * sign).collect())
    if not signed:
        return pl.DataFrame(schema=POINTS)
    sums = pl.concat(signed).group_by("day", "producer_id").agg(pl.col("xp").sum())
    return sums.filter(pl.col("xp") != 0).select(
        "producer_id", pl.lit(0, COUNT).alias("play_xp"), "xp"
    )


def sums_of(*points: pl.DataFrame) -> pl.DataFrame:
    """The sums of points of each producer that has any: producer_id, play_xp, xp."""
    together = pl.concat(points).group_by("producer_id")
    sums = together.agg(pl.col("play_xp").sum(), pl.col("xp").sum())
    return sums.filter((pl.col("play_xp") != 0) | (pl.col("xp") != 0))


def negative(points: pl.DataFrame) -> pl.DataFrame:
    """Points that are taken away."""
    return points.with_columns(-pl.col("play_xp"), -pl.col("xp"))
