"""The report's charts: a function for each, from a frame of figures to an Altair chart.

A chart is drawn for a width in pixels.
"""

from collections.abc import Mapping

import altair as alt
import polars as pl

from analysis.balance.achievements import RARITIES
from analysis.document.blocks import source_names
from analysis.document.drawing import (
    SHORT,
    Drawn,
    bars,
    colour_by,
    framed,
    padding,
    period_axis,
    whole_axis,
)
from analysis.document.palette import BAD, ONE, SOFT, TEXT
from pipelines.published.standings import BOARDS
from pipelines.vocabulary import CATEGORIES, ENTITIES, SOURCE_TITLES


def xp_by_month(months: pl.DataFrame, width: int) -> Drawn:
    """XP by month and source, one upon the other; what was taken away is below zero."""
    named = months.select(_month(), source_names().alias("Source"), "xp")
    return bars(
        named,
        width,
        260,
        x=_months(named),
        y=alt.Y("xp:Q", title="XP", axis=alt.Axis(labelExpr=SHORT)),
        color=colour_by("Source", list(SOURCE_TITLES.values()), width),
    )


def producers_by_level(levels: pl.DataFrame, width: int) -> Drawn:
    """How many producers are at each level."""
    return bars(
        levels.select("level", "producers"),
        width,
        200,
        x=alt.X("level:O", title="Level", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("producers:Q", title="Producers", axis=whole_axis()),
    )


def days_to_reach(reached: pl.DataFrame, width: int) -> Drawn:
    """The quartiles of the days that it took to reach each level."""
    levels = alt.Y("level:O", title="Level", scale=alt.Scale(domain=reached["level"].to_list()))
    known = alt.Chart(reached.filter(pl.col("reached") > 0))
    days = alt.Axis(labelExpr=SHORT, tickCount=6)
    middle_half = known.mark_bar(color=ONE, opacity=0.6, height=12).encode(
        x=alt.X("lower:Q", title="Days", axis=days), x2="upper:Q", y=levels
    )
    median = known.mark_tick(color=TEXT, thickness=3, size=18).encode(x="median:Q", y=levels)
    return framed(middle_half + median, width, 24 * max(3, reached.height))


def lorenz(curves: Mapping[str, pl.DataFrame], width: int) -> Drawn:
    """Lorenz curves by name, beside the line on which all have the same."""
    points = pl.concat(
        curve.with_columns(pl.lit(name).alias("Of")) for name, curve in curves.items()
    )
    percent = alt.Axis(format=".0%")
    x = alt.X("producers:Q", title="Producers, the poorest first", axis=percent)
    y = alt.Y("share:Q", title="Their share", axis=percent)
    colour = colour_by("Of", list(curves), width, symbol="stroke")
    lines = alt.Chart(points).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
    same = pl.DataFrame({"producers": [0.0, 1.0], "share": [0.0, 1.0]})
    diagonal = alt.Chart(same).mark_line(color=SOFT, strokeDash=[4, 4], strokeWidth=1)
    return framed(diagonal.encode(x=x, y=y) + lines, width, min(width, 340))


def unlock_shares(shares: pl.DataFrame, width: int) -> Drawn:
    """Each achievement as a stroke at its share of the producers, by rarity."""
    there = [rarity for rarity in RARITIES if rarity in shares["rarity"]]
    return framed(
        alt.Chart(shares.select("rarity", "share"))
        .mark_tick(thickness=2, size=22, color=ONE, opacity=0.7)
        .encode(
            x=alt.X(
                "share:Q",
                title="Producers who have it",
                axis=alt.Axis(format=".0%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y("rarity:N", title=None, sort=there, scale=alt.Scale(domain=there)),
        ),
        width,
        36 * max(1, len(there)),
    )


def effects_by_month(months: pl.DataFrame, width: int) -> Drawn:
    """XP gained from boosts above zero, and lost to caps below it."""
    names = {"gained_from_boosts": "Gained from boosts", "lost_to_caps": "Lost to caps"}
    sums = months.group_by("month").agg(pl.col(*names).sum()).sort("month")
    long = (
        sums.with_columns(-pl.col("lost_to_caps"))
        .unpivot(index="month", on=list(names))
        .select(_month(), pl.col("variable").replace_strict(names).alias("Effect"), "value")
    )
    return bars(
        long,
        width,
        200,
        x=_months(long),
        y=alt.Y("value:Q", title="XP", axis=alt.Axis(labelExpr=SHORT)),
        color=colour_by("Effect", list(names.values()), width),
    )


def withheld_by_month(months: pl.DataFrame, width: int) -> Drawn:
    """Plays that the collaboration gate withheld."""
    named = months.select(_month(), "plays")
    return bars(
        named,
        width,
        200,
        x=_months(named),
        y=alt.Y("plays:Q", title="Plays withheld", axis=whole_axis()),
    )


def plays_by_day(days: pl.DataFrame, odd: pl.DataFrame, width: int) -> Drawn:
    """Plays of each day, and those days that stand out as points."""
    months = alt.Axis(format="%Y-%m", tickCount="month")
    x = alt.X("day:T", title=None, scale=alt.Scale(type="utc"), axis=months)
    y = alt.Y("plays:Q", title="Plays that counted", axis=whole_axis())
    line = alt.Chart(days.select("day", "plays")).mark_line(color=ONE, strokeWidth=1.2)
    points = alt.Chart(odd.select("day", "plays")).mark_point(
        color=BAD, filled=True, size=60, opacity=1
    )
    return framed(line.encode(x=x, y=y) + points.encode(x=x, y=y), width, 220)


def spread_of(bins: pl.DataFrame, title: str, counted: str, width: int) -> Drawn:
    """How many have which value, in powers of two; those that stand out in another colour."""
    names = {"count": "Ordinary", "far": "Stand out"}
    value = pl.col("from_value")
    long = (
        bins.with_columns(pl.col("count") - pl.col("far"), value.alias("from"))
        .unpivot(index="from", on=list(names), variable_name="kind", value_name="many")
        .filter(pl.col("many") > 0)
        .select("from", "many", pl.col("kind").replace_strict(names).alias("Kind"))
    )
    first, last = (bins["from_value"].log(2).round().cast(pl.Int64)[end] for end in (0, -1))
    powers = [2.0**power for power in range(first, last + 1)]
    return bars(
        long,
        width,
        180,
        x=alt.X(
            "from:O",
            title=title,
            scale=alt.Scale(domain=powers, padding=padding(len(powers))),
            axis=alt.Axis(labelAngle=0, labelExpr="format(datum.value, ',')"),
        ),
        # One before the other, since logarithms cannot be put upon each other.
        y=alt.Y(
            "many:Q",
            title=counted,
            stack=None,
            scale=alt.Scale(type="symlog"),
            axis=whole_axis(values=[10**power for power in range(12)]),
        ),
        color=colour_by("Kind", list(names.values()), width, colours=(ONE, BAD)),
    )


def stability(compared: pl.DataFrame, width: int) -> Drawn:
    """Rank correlation with the boards of earlier snapshots, by how long ago those were."""
    titles = [CATEGORIES[category] for category in BOARDS]
    named = compared.drop_nulls("correlation").select(
        "days", "correlation", pl.col("category").replace_strict(CATEGORIES).alias("Board")
    )
    return framed(
        alt.Chart(named)
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True), strokeWidth=2)
        .encode(
            x=alt.X(
                "days:Q",
                title="Days before this snapshot",
                scale=alt.Scale(reverse=True),
                axis=alt.Axis(tickCount=6),
            ),
            y=alt.Y("correlation:Q", title="Rank correlation", scale=alt.Scale(zero=False)),
            color=colour_by("Board", titles, width),
        ),
        width,
        240,
    )


def rows_by_period(periods: pl.DataFrame, column: str, title: str, width: int) -> Drawn:
    """Rows by day, week or month (`period`) and entity."""
    return bars(
        periods.select(pl.col("period").cast(pl.String), "entity", column),
        width,
        200,
        x=period_axis("period", periods["period"].unique().sort().to_list()),
        y=alt.Y(f"{column}:Q", title=title, axis=whole_axis()),
        color=colour_by("entity", list(ENTITIES), width),
    )


def _month() -> pl.Expr:
    return pl.col("month").dt.strftime("%Y-%m").alias("month")


def _months(frame: pl.DataFrame) -> alt.X:
    """An axis with every month from the first to the last, those without anything included."""
    known = frame["month"].sort()
    span = pl.date_range(
        pl.Series([f"{known[0]}-01"]).str.to_date().item(),
        pl.Series([f"{known[-1]}-01"]).str.to_date().item(),
        "1mo",
        eager=True,
    )
    return period_axis("month", span.dt.strftime("%Y-%m").to_list())
