"""What sections of the report are made of, and how numbers are written in them.

Texts here are plain: the page escapes them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar, TypeVar

import polars as pl

from pipelines.vocabulary import SOURCE_TITLES
from pipelines.vocabulary import plural as plural

#: Longer tables and lists are folded away.
LONG = 15
_NONE = "-"

Figures = TypeVar("Figures")
Write = Callable[[Any], str]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar = "text"
    text: str


@dataclass(frozen=True)
class Heading:
    """What the blocks below are about."""

    kind: ClassVar = "heading"
    text: str


@dataclass(frozen=True)
class Untellable:
    """What the section would say here cannot be told, and why."""

    kind: ClassVar = "untellable"
    text: str


@dataclass(frozen=True)
class Drawing:
    """A chart: `draw` makes it for a width in pixels. `caption` says what is to be seen."""

    kind: ClassVar = "drawing"
    caption: str
    draw: Callable[[int], Any]


@dataclass(frozen=True)
class Grid:
    """A table with its caption: the title and the style class of each column, and written cells."""

    kind: ClassVar = "grid"
    caption: str
    columns: list[tuple[str, str]]
    rows: list[tuple[str, ...]]

    @property
    def is_long(self) -> bool:
        """Whether it is folded away at first."""
        return len(self.rows) > LONG


@dataclass(frozen=True)
class Sentences:
    """Sentences, one under the other; `counted` says what each of them is."""

    kind: ClassVar = "listing"
    counted: str
    sentences: list[str]

    @property
    def is_long(self) -> bool:
        """Whether it is folded away at first."""
        return len(self.sentences) > LONG


Block = Heading | Text | Untellable | Drawing | Grid | Sentences


@dataclass(frozen=True)
class ReportSection:
    """A section of the report; `name` is its anchor."""

    name: str
    title: str
    blocks: Sequence[Block]


def section(
    name: str, title: str
) -> Callable[[Callable[[Figures], Iterator[Block]]], Callable[[Figures], ReportSection]]:
    """Make a section of a function that yields its blocks."""

    def of(say: Callable[[Figures], Iterator[Block]]) -> Callable[[Figures], ReportSection]:
        return lambda figures: ReportSection(name, title, list(say(figures)))

    return of


def drawing(caption: str, draw: Callable[..., Any], *figures: Any) -> Drawing:
    """A chart of some figures; `draw` takes them and a width."""
    return Drawing(caption, partial(draw, *figures))


def grid(frame: pl.DataFrame, caption: str, **others: str | Write | tuple[str, Write]) -> Grid:
    """A frame as a table, column by column.

    A column's title is its name in words, and its values are written as their type is. `others` has
    the title or the writing, or both, of columns for which that would not do.
    """
    titles, writes = [], []
    for name, kind in frame.schema.items():
        other = others.get(name, ())
        title, write = _title(name), _writing(name, kind)
        for given in other if isinstance(other, tuple) else (other,):
            title, write = (given, write) if isinstance(given, str) else (title, given)
        titles.append(title)
        writes.append(write)
    rows = [
        tuple(
            _NONE if value is None else write(value)
            for write, value in zip(writes, row, strict=True)
        )
        for row in frame.iter_rows()
    ]
    return Grid(caption, list(zip(titles, map(_style, writes), strict=True)), rows)


def _title(name: str) -> str:
    title = " ".join("XP" if word == "xp" else word for word in name.split("_"))
    return title[0].upper() + title[1:]


def _writing(name: str, kind: pl.DataType) -> Write:
    if kind == pl.Date:
        return month if name == "month" else day
    if isinstance(kind, pl.Datetime):
        return moment
    if name.endswith("_id"):
        return str
    return whole if kind.is_integer() else decimal if kind.is_float() else text


def _style(write: Write) -> str:
    """A class of the style sheet: numbers stand to the right, times stay on one line."""
    if write in (day, month, moment):
        return "time"
    return "words" if write is text else "number"


def whole(value: float) -> str:
    """A whole number; integers with every digit, however large."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}"


def signed(value: int) -> str:
    """A change of a whole number."""
    return f"{value:+,}" if value else "0"


def decimal(value: float) -> str:
    """A number with one place."""
    return f"{value:,.1f}"


def fine(value: float) -> str:
    """A number with three places."""
    return f"{value:.3f}"


def percent(share: float) -> str:
    """A share between -1 and 1 in percent; what is not nothing is not written as 0."""
    if 0 < abs(share) < 0.0005:
        return "<0.1%" if share > 0 else ">-0.1%"
    return f"{100 * share:.1f}%"


def bare(value: float) -> str:
    """A number with two places at most."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def text(value: object) -> str:
    """A text as it is."""
    return str(value)


def day(value: date) -> str:
    """A day."""
    return value.isoformat()


def month(value: date) -> str:
    """The month of a day."""
    return f"{value:%Y-%m}"


def moment(value: datetime) -> str:
    """A UTC time to the minute."""
    return f"{value:%Y-%m-%d %H:%M}"


def source_names() -> pl.Expr:
    """The column `source` as what its quantity counts: "Complete tracks"."""
    return pl.col("source").replace_strict(SOURCE_TITLES)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "A, B and C"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
