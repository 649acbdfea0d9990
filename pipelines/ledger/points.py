"""What producers earn on a day, as far as it is known before level-ups.

(Specification, section 3: XP ledger.)
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.ledger.awards import LedgerDay
from pipelines.run import Run
from pipelines.tables import COUNT, ID

POINTS = pl.Schema({"producer_id": ID, "play_xp": COUNT, "xp": COUNT})
AWARD_POINTS = pl.Schema({"producer_id": ID, "xp": COUNT})


def play_xp(rests_on: LedgerDay) -> pl.Expr:
    """The XP of `plays` on one day: so much for each, up to the cap."""
    xp = pl.col("plays") * rests_on.unit_xp
    return xp if rests_on.daily_cap is None else xp.clip(upper_bound=rests_on.daily_cap)


def award_points(awards: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """XP of everything but plays, by day: producer_id, xp, one row for each producer."""
    sums = awards.group_by("day", "producer_id").agg(pl.col("xp").sum())
    parts = sums.sort("producer_id").partition_by("day", as_dict=True, maintain_order=True)
    return {day[0]: part.select(AWARD_POINTS.names()) for day, part in parts.items()}


def points_of_day(
    run: Run, days: Mapping[date, LedgerDay], awarded: Mapping[date, pl.DataFrame], day: date
) -> pl.DataFrame:
    """The points of a day: producer_id, play_xp, xp; a row for plays and one for all else."""
    points = pl.DataFrame(schema=POINTS)
    if day in days:
        xp = play_xp(days[day])
        plays = run.store.read(days[day].plays)
        points = plays.select("producer_id", xp.alias("play_xp"), xp.alias("xp"))
    if day in awarded:
        others = awarded[day].select("producer_id", pl.lit(0, COUNT).alias("play_xp"), "xp")
        points = points.vstack(others)
    return points


def changes_of_day(former: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Whose points of a day changed, and by how much: producer_id, play_xp, xp."""
    gone = former.with_columns(-pl.col("play_xp"), -pl.col("xp"))
    sums = gone.vstack(now).group_by("producer_id").agg(pl.col("play_xp").sum(), pl.col("xp").sum())
    return sums.filter((pl.col("play_xp") != 0) | (pl.col("xp") != 0))
