"""The charts of a simulation's report: a function for each, from figures to an Altair chart."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from analysis.comparison import distinct_names
from analysis.document.blocks import source_names
from analysis.document.drawing import (
    SHORT,
    WIDE,
    Drawn,
    bars,
    colour_by,
    framed,
    padding,
    whole_axis,
)
from analysis.document.palette import BAD, ONE, SERIES, TEXT
from pipelines.vocabulary import SOURCE_TITLES, board_title, printable

#: Achievements in the chart.
MOST_DRAWN = 15
_SIDES = {"before": "Before", "after": "After"}
#: What is drawn to the left is no less than nothing.
_AMOUNT = SHORT.replace("datum.value", "abs(datum.value)")
#: The part of a pair's place that stays free.
_BETWEEN = 0.3
_GREY = SERIES[5]
#: A cell of the matrix is at most so wide, and from a width on it says its number.
_CELL, _NUMBER = 96, 34
#: What the labels of the matrix's rows and its title take, about.
_BESIDE = 50


def xp_by_source(sources: pl.DataFrame, width: int) -> Drawn:
    """XP of each source before and after."""
    long = _sides(
        sources.select(
            source_names().alias("Source"),
            pl.col("xp_before").alias("before"),
            pl.col("xp_after").alias("after"),
        ),
        "Source",
    )
    return bars(
        long,
        width,
        40 * sources.height,
        x=alt.X("value:Q", title="XP", axis=alt.Axis(labelExpr=SHORT, tickCount=_ticks(width))),
        y=alt.Y(
            "Source:N",
            title=None,
            sort=list(SOURCE_TITLES.values()),
            scale=alt.Scale(paddingInner=_BETWEEN),
        ),
        yOffset=_offset(alt.YOffset),
        color=_side_colours(width),
    )


def producers_by_level(levels: pl.DataFrame, width: int) -> Drawn:
    """Producers on each level before and after."""
    long = _sides(levels.select("level", "before", "after"), "level")
    return bars(
        long,
        width,
        200,
        x=alt.X(
            "level:O",
            title="Level",
            scale=alt.Scale(paddingInner=_BETWEEN),
            axis=alt.Axis(labelAngle=0),
        ),
        xOffset=_offset(alt.XOffset),
        y=alt.Y("value:Q", title="Producers", axis=whole_axis()),
        color=_side_colours(width),
    )


def level_matrix(moves: pl.DataFrame, levels: Sequence[int], width: int) -> Drawn:
    """A cell for each level before and after; the more producers, the stronger its colour.

    `levels` are those of both sides.
    """
    names = ["Rise", "Same level", "Fall"]
    step = pl.col("level_after") - pl.col("level_before")
    kind = pl.when(step > 0).then(pl.lit(names[0])).when(step < 0).then(pl.lit(names[2]))
    named = moves.select(
        "level_before", "level_after", "producers", kind.otherwise(pl.lit(names[1])).alias("Move")
    )
    cell = min(_CELL, (width - _BESIDE) // len(levels))
    numbered = cell >= _NUMBER
    height = 32 if numbered else max(6, min(18, cell))
    axes = {
        "x": alt.X(
            "level_after:O",
            title="Level after",
            scale=alt.Scale(domain=list(levels), range=[0, cell * len(levels)]),
            axis=alt.Axis(labelAngle=0, titleAnchor="start"),
        ),
        "y": alt.Y(
            "level_before:O",
            title="Level before",
            scale=alt.Scale(domain=list(levels)),
            axis=alt.Axis(labelOverlap=True),
        ),
    }
    chart = alt.Chart(named)
    # Weak enough to read a number upon it, in the light and in the dark.
    strongest = 0.6 if numbered else 1
    most = int(moves["producers"].max())  # type: ignore[arg-type]
    strength = alt.Scale(type="sqrt", domain=[0, most], range=[0.15, strongest])
    cells = chart.mark_rect(cornerRadius=3).encode(
        **axes,
        color=colour_by("Move", names, width, colours=(ONE, _GREY, BAD)),
        opacity=alt.Opacity("producers:Q", scale=strength, legend=None),
    )
    if not numbered:
        return framed(cells, width, height * len(levels))
    numbers = (
        chart.mark_text(color=TEXT, fontSize=11)
        .encode(**axes, text=alt.Text("label:N"))
        .transform_calculate(
            label="datum.producers < 1000 ? datum.producers : format(datum.producers, '.3~s')"
        )
    )
    return framed(cells + numbers, width, height * len(levels))


def xp_change(bins: pl.DataFrame, width: int) -> Drawn:
    """How many producers gain and lose how much; those whose XP stay are not in it."""
    names = ["Gain", "Lose"]
    # A bin is named after its end that is nearer to 0.
    gains = pl.col("from_change") > 0
    named = bins.filter(pl.col("from_change") != 0).select(
        pl.when(gains).then("from_change").otherwise("to_change").alias("change"),
        "producers",
        pl.when(gains).then(pl.lit(names[0])).otherwise(pl.lit(names[1])).alias("Who"),
    )
    return bars(
        named,
        width,
        200,
        x=alt.X(
            "change:O",
            title="Change of XP, at least",
            sort=None,
            scale=alt.Scale(domain=named["change"].to_list(), padding=padding(named.height)),
            axis=alt.Axis(
                labelAngle=0,
                labelExpr=f"(datum.value > 0 ? '+' : '') + {SHORT}",
            ),
        ),
        y=alt.Y("producers:Q", title="Producers", axis=whole_axis()),
        color=colour_by("Who", names, width, colours=(ONE, BAD)),
    )


def achievements(changed: pl.DataFrame, width: int) -> Drawn:
    """Who reaches an achievement to the right, who loses it to the left."""
    names = {"reached": "Reached", "lost": "Lost"}
    # In a drawing every character counts, and two of one name are two.
    shown = changed.with_columns(
        pl.col("name").map_elements(printable, return_dtype=pl.String)
    ).with_columns(distinct_names())
    long = (
        shown.with_columns(-pl.col("lost"))
        .unpivot(index="name", on=list(names))
        .filter(pl.col("value") != 0)
        .with_columns(pl.col("variable").replace_strict(names).alias("What"))
    )
    return bars(
        long,
        width,
        24 * changed.height,
        x=alt.X(
            "value:Q",
            title="Producers",
            axis=alt.Axis(
                labelExpr=f"datum.value % 1 ? '' : {_AMOUNT}",
                tickCount=_ticks(width),
            ),
        ),
        y=alt.Y(
            "name:N",
            title=None,
            sort=shown["name"].to_list(),
            axis=alt.Axis(labelLimit=220 if width > WIDE else 110),
        ),
        color=colour_by("What", list(names.values()), width, colours=(ONE, BAD)),
    )


def churn(boards: pl.DataFrame, width: int) -> Drawn:
    """The share of each board's producers who move."""
    titles = [board_title(*board) for board in boards.select("category", "period").iter_rows()]
    named = boards.select("share").with_columns(pl.Series("Board", titles))
    return bars(
        named,
        width,
        22 * boards.height,
        x=alt.X(
            "share:Q",
            title="Ranked producers who move",
            axis=alt.Axis(format=".0%", tickCount=_ticks(width)),
            scale=alt.Scale(domain=[0, 1]),
        ),
        y=alt.Y("Board:N", title=None, sort=titles),
    )


def _sides(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Columns before and after as rows: the key, `When` and `value`."""
    return frame.unpivot(index=key, on=list(_SIDES)).select(
        key, pl.col("variable").replace_strict(_SIDES).alias("When"), "value"
    )


def _offset(channel: type[alt.XOffset] | type[alt.YOffset]) -> alt.XOffset | alt.YOffset:
    """Before, and after beside it."""
    return channel("When:N", scale=alt.Scale(domain=list(_SIDES.values())))


def _side_colours(width: int) -> alt.Color:
    return colour_by("When", list(_SIDES.values()), width, colours=(_GREY, ONE))


def _ticks(width: int) -> int:
    """About how many ticks have room for their labels."""
    return 6 if width > WIDE else 3
