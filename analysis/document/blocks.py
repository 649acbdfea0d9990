"""What sections of the report are made of, and how numbers are written in them.

Texts here are plain: the page escapes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import polars as pl

from pipelines.vocabulary import SOURCE_TITLES
from pipelines.vocabulary import plural as plural

#: Longer tables and lists are folded away.
LONG = 15
_NONE = "-"


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
class Column:
    """A column of a table: its title, and how a value is written."""

    title: str
    write: Callable[[Any], str]

    @property
    def style(self) -> str:
        """A class of the style sheet: numbers stand to the right, times stay on one line."""
        if self.write in (day, month, moment):
            return "time"
        return "words" if self.write is text else "number"


@dataclass(frozen=True)
class Table:
    """A table with its caption; a cell is a written value."""

    kind: ClassVar = "table"
    caption: str
    columns: tuple[Column, ...]
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


Block = Heading | Text | Untellable | Drawing | Table | Sentences


@dataclass(frozen=True)
class Section:
    """A section of the report; `name` is its anchor."""

    name: str
    title: str
    blocks: Sequence[Block]


def table(frame: pl.DataFrame, caption: str, **columns: tuple[str, Callable[[Any], str]]) -> Table:
    """A frame as a table: of each column its title and how its values are written."""
    found = tuple(Column(*column) for column in columns.values())
    rows = [
        tuple(
            _NONE if value is None else c.write(value) for c, value in zip(found, row, strict=True)
        )
        for row in frame.select(*columns).iter_rows()
    ]
    return Table(caption, found, rows)


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
