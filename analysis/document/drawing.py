"""How charts look: axes, colours, legends and the frame, in the style of the page.

A chart is drawn for a width in pixels, so that its texts can be read on a phone too.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis.document.palette import LINE, ONE, SERIES, SOFT, TEXT

#: "1.2M", as d3 says it, but "B" for what it calls giga.
SHORT = "replace(format(datum.value, '~s'), 'G', 'B')"
#: Wider charts have room for a legend beside them.
WIDE = 500
#: The page's font may be wider than the one that texts are measured with.
APART = 14
TITLE_APART = 10
#: Fewer bars than this would be blocks.
FEW = 8

Drawn = alt.Chart | alt.LayerChart


def padding(bars: int) -> float:
    """The part of a bar's place that stays free: with a few only, bars stay slim."""
    return 0.1 if bars >= FEW else 0.6


def period_axis(field: str, domain: Sequence[str]) -> alt.X:
    """An axis of days, weeks or months."""
    return alt.X(
        f"{field}:O",
        title=None,
        scale=alt.Scale(domain=list(domain), padding=padding(len(domain))),
        axis=alt.Axis(labelAngle=0),
    )


def whole_axis(**other: Any) -> alt.Axis:
    """An axis of whole numbers: no tick between two of them has a label."""
    return alt.Axis(labelExpr=f"datum.value % 1 ? '' : {SHORT}", **other)


def colour_by(
    field: str,
    names: Sequence[str],
    width: int,
    symbol: str = "square",
    colours: Sequence[str] = SERIES,
) -> alt.Color:
    """A colour for each name, also for those that do not occur: each means one thing."""
    return alt.Color(
        f"{field}:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=list(colours[: len(names)])),
        legend=alt.Legend(
            orient="top",
            columns=8 if width > WIDE else 2,
            columnPadding=28,
            symbolType=symbol,
            labelLimit=200,
        ),
    )


def framed(chart: Any, width: int, height: int) -> Drawn:
    """The chart in the page's style; texts measured by width stay inside it."""
    found: Drawn = (
        chart.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit-x"))
        .configure(background="transparent", font="sans-serif", padding=6)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=LINE,
            gridColor=LINE,
            tickColor=LINE,
            labelColor=SOFT,
            titleColor=SOFT,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        # Labels that have no room are left out; the last one stays below its tick.
        .configure_axisX(grid=False, labelOverlap=True, labelSeparation=APART, labelFlush=False)
        .configure_axisY(titlePadding=TITLE_APART)
        .configure_legend(labelColor=TEXT, labelFontSize=12, symbolStrokeWidth=3)
    )
    return found


def bars(frame: pl.DataFrame, width: int, height: int, **channels: Any) -> Drawn:
    """A framed chart of bars, in one colour unless a channel gives each its own."""
    colour: dict[str, Any] = {} if "color" in channels else {"color": ONE}
    return framed(alt.Chart(frame).mark_bar(**colour).encode(**channels), width, height)
