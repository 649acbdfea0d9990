"""A report as one HTML file: style, charts and tables are in it, and it asks for nothing."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.document.blocks import Drawing, ReportSection
from analysis.document.palette import style
from analysis.document.svg import svg
from pipelines.publication.manifest import Snapshot

#: Charts are drawn twice, in pixels; the style sheet shows the one that fits the screen.
WIDTHS = {"wide": 760, "narrow": 300}

_ENVIRONMENT = Environment(
    loader=PackageLoader("analysis.document"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Tile(NamedTuple):
    """A headline figure: what it is, the figure, and the anchor of its section."""

    what: str
    figure: str
    anchor: str


def render(
    title: str,
    subject: str,
    facts: Mapping[str, str],
    tiles: Sequence[Tile],
    sections: Sequence[ReportSection],
    source: str,
) -> str:
    """The HTML text of a report. The same report gives the same text.

    `subject` tells reports apart in a list of windows. `facts` say what it is about, `source` where
    its figures come from; in both, what is not Markup is escaped.
    """
    pictures: dict[int, list[tuple[str, Markup]]] = {}
    for section in sections:
        for number, block in enumerate(section.blocks):
            if isinstance(block, Drawing):
                pictures[id(block)] = _pictures(block, f"{section.name}-{number}")
    return _ENVIRONMENT.get_template("document.html").render(
        title=title,
        subject=subject,
        facts=facts,
        tiles=tiles,
        sections=sections,
        source=source,
        pictures=lambda block: pictures[id(block)],
        palette=Markup(style(with_series=True)),
    )


def code(text: str) -> Markup:
    """A hash or an id in the letters of a machine."""
    return Markup("<code>{}</code>").format(text)


def rules(row: Snapshot) -> Markup:
    """What a snapshot's rulebook is called; neither text turns the other around."""
    return Markup("<bdi>{}</bdi> <bdi>{}</bdi>").format(row.rulebook_name, row.rulebook_version)


def _pictures(drawing: Drawing, name: str) -> list[tuple[str, Markup]]:
    """The chart for each width: a class of the style sheet, and an <svg>."""
    return [
        # Its texts were escaped when it was drawn.
        (size, Markup(svg(drawing.draw(width), f"{name}-{size}", drawing.caption)))
        for size, width in WIDTHS.items()
    ]
