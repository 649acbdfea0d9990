"""The report as one HTML file: style, charts and tables are in it, and it asks for nothing."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.balance.palette import VARIABLES
from analysis.balance.report import Balance, headlines
from analysis.balance.sections import all_sections
from analysis.balance.sections.blocks import Drawing, moment, percent
from analysis.balance.svg import svg

#: Charts are drawn twice, in pixels; the style sheet shows the one that fits the screen.
WIDTHS = {"wide": 760, "narrow": 330}
_UNTOLD = "not known"

_ENVIRONMENT = Environment(
    loader=PackageLoader("analysis.balance"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(figures: Balance) -> str:
    """The HTML text of the report. The same figures give the same text."""
    sections = all_sections(figures)
    pictures: dict[int, list[tuple[str, Markup]]] = {}
    for section in sections:
        for number, block in enumerate(section.blocks):
            if isinstance(block, Drawing):
                name = f"{section.name}-{number}"
                pictures[id(block)] = _pictures(block, name)
    return _ENVIRONMENT.get_template("balance.html").render(
        snapshot=figures.snapshot.row,
        moment=moment,
        tiles=_tiles(headlines(figures)),
        sections=sections,
        pictures=lambda block: pictures[id(block)],
        light={variable: colour for colour, variable in VARIABLES.items()},
    )


def _pictures(drawing: Drawing, name: str) -> list[tuple[str, Markup]]:
    """The chart for each width: a class of the style sheet, and an <svg>."""
    return [
        # Its texts were escaped when it was drawn.
        (size, Markup(svg(drawing.draw(width), f"{name}-{size}", drawing.label)))
        for size, width in WIDTHS.items()
    ]


def _tiles(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Headline figures: what it is, the figure, and the anchor of its section."""

    def whole(name: str) -> str:
        return _UNTOLD if figures[name] is None else f"{figures[name]:,}"

    gini, top = figures["xp_gini"], figures["top_1_percent_xp_share"]
    unusual = [figures[f"unusual_{kind}"] for kind in ("listeners", "tracks", "producers", "days")]
    known = [count for count in unusual if count is not None]
    return [
        ("XP in the ledger", whole("xp"), "xp"),
        ("Producers", whole("producers"), "levels"),
        ("Gini of XP", _UNTOLD if gini is None else f"{gini:.3f}", "concentration"),
        ("XP of the top 1%", _UNTOLD if top is None else percent(top), "concentration"),
        ("Achievements never unlocked", whole("achievements_never_unlocked"), "achievements"),
        ("XP lost to caps", whole("xp_lost_to_caps"), "caps"),
        ("XP gained from boosts", whole("xp_gained_from_boosts"), "caps"),
        ("XP withheld by the gate", whole("xp_withheld_by_gate"), "gate"),
        ("Things that stand out", f"{sum(known):,}" if known else _UNTOLD, "unusual"),
        ("Rejected rows", whole("rejected_rows"), "inputs"),
    ]
