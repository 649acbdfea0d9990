"""One cell: from what a file holds to a value, or to the reason why not (specification, section 1).

A raw cell is None, a str (CSV, JSON, Parquet text or binary), an int, a Decimal (Parquet decimal),
a Rounded (JSON number with a fraction or an exponent, Parquet float), a Moment (Parquet date or
timestamp), a list, a Uuid (which only text ids accept), or anything else, which no column accepts.
Times stand in `times`.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal

INT64_MAX = 2**63 - 1
BLANK_CHARACTERS = " \t\r\n\v\f"

_INTEGER = re.compile(r"(-?[0-9]+)(?:\.0+)?")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
HALF_PAIR = re.compile("[\ud800-\udfff]")
# Wider than any allowed range; stands for every number that is too long to be worth computing.
_HUGE = 10**30


@dataclass(frozen=True)
class Moment:
    """A date or timestamp of a Parquet file, in microseconds since 1970."""

    micros: int
    naive: bool = True
    """Whether it is the time of a clock on the wall, of which the zone is not said."""


@dataclass(frozen=True)
class Uuid:
    """A UUID of a Parquet file, as its canonical text in small letters."""

    text: str


@dataclass(frozen=True)
class Rounded:
    """A number that may have been rounded: an integer is surely meant below `limit` either way."""

    number: Decimal
    limit: int


@dataclass(frozen=True)
class Mended:
    """A value that is not all that the cell held: it counts, and the cell as a bad one too."""

    value: object


class BadCellError(Exception):
    """A cell that is not a value of its column; `fault` is the second half of the reason."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def whole_number(digits: str) -> int:
    """The integer that `-?[0-9]+` writes; numbers beyond 10^30 stand in for longer ones."""
    magnitude = digits.lstrip("-").lstrip("0")
    if len(magnitude) > 30:
        return -_HUGE if digits.startswith("-") else _HUGE
    number = int(magnitude or "0")
    return -number if digits.startswith("-") else number


def is_blank(text: str) -> bool:
    """Nothing but space, tab, CR, LF, VT, FF; the empty text too."""
    return not text.strip(BLANK_CHARACTERS)


def is_whole(text: str) -> bool:
    """Whether a text writes an integer."""
    return bool(_INTEGER.fullmatch(text))


def whole(cell: object) -> int:
    """The integer that a cell holds, of any size, or BadCellError("type")."""
    if isinstance(cell, str):
        match = _INTEGER.fullmatch(cell)
        if match:
            return whole_number(match[1])
    elif isinstance(cell, Rounded):
        # Taken by itself: `abs` would round it, which the largest exponents do not survive.
        if cell.number.copy_abs() < cell.limit and cell.number == cell.number.to_integral_value():
            return int(cell.number)
    elif isinstance(cell, Decimal):
        if cell == cell.to_integral_value():
            return int(cell)
    elif isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    raise BadCellError("type")


def parse_integer(cell: object, low: int, high: int, *, zero: bool = True) -> int:
    """An integer within [low, high]; `zero=False` forbids 0."""
    value = whole(cell)
    if not low <= value <= high or (value == 0 and not zero):
        raise BadCellError("range")
    return value


def parse_number(cell: object) -> Decimal:
    """A finite number, exact."""
    if isinstance(cell, Rounded):
        cell = cell.number
    if isinstance(cell, str) and _DECIMAL.fullmatch(cell):
        return Decimal(cell)
    if isinstance(cell, Decimal | int) and not isinstance(cell, bool) and Decimal(cell).is_finite():
        return Decimal(cell)
    raise BadCellError("type")


def parse_text(cell: object, shortest: int, longest: int | None) -> object:
    """A text of at least `shortest` code points, cut after `longest`; white space is kept."""
    if not isinstance(cell, str):
        raise BadCellError("type")
    if len(cell) < shortest:
        raise BadCellError("length")
    text = HALF_PAIR.sub("\ufffd", cell)[:longest]
    return text if text == cell else Mended(text)


def parse_choice(cell: object, allowed: tuple[str, ...]) -> str:
    """One of a few texts."""
    if not isinstance(cell, str):
        raise BadCellError("type")
    if cell not in allowed:
        raise BadCellError("allowed")
    return cell


def parse_flag(cell: object) -> bool:
    """True or false, or the text of one of them."""
    if isinstance(cell, bool):
        return cell
    if cell in ("true", "false"):
        return cell == "true"
    raise BadCellError("type")


def parse_text_or_list(cell: object) -> object:
    """A text, or a list of texts and nulls, which a text may write as well."""
    if isinstance(cell, str):
        cell = _written_list(cell)
    if isinstance(cell, str):
        return parse_text(cell, 0, None)
    if not isinstance(cell, list) or not _are_texts(cell):
        raise BadCellError("type")
    texts = [item if item is None else HALF_PAIR.sub("\ufffd", item) for item in cell]
    return texts if texts == cell else Mended(texts)


def _written_list(text: str) -> str | list[object]:
    """The list that a text is: `{}`, or a JSON array of texts and nulls; else the text itself."""
    if text == "{}":
        return []
    if text.startswith("[") and text.endswith("]"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if _are_texts(value):
            return list(value)
    return text


def _are_texts(items: list[object]) -> bool:
    return all(item is None or isinstance(item, str) for item in items)
