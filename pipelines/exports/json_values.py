"""From the values of JSON objects to a column's values.

No number goes through a float: what a cell means is decided by what is written.
(specification, section 1: a JSON integer, a JSON number with an integral value)
"""

import re
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.exports.cells import REPAIRED, WRONG_TYPE, Cells, Kind
from pipelines.exports.integers import EXACT_FLOATS
from pipelines.exports.values import BLANK, from_text

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE](-?)\+?([0-9]+))?")
_DIGITS = re.compile("-?[0-9]+")
_MOST_DIGITS = len(str(EXACT_FLOATS))
#: Digits of a number that is looked up as a word.
_LONGEST_WORD = 400
#: Stands for a list with an element that is not blank.
_FILLED = "-"


class Repaired(str):
    """A text that held half of a surrogate pair, which is no character: U+FFFD stands for it."""

    __slots__ = ()


class Number(str):
    """A JSON number as it is written, where it has a fraction, an exponent or too many digits."""

    __slots__ = ()


def from_json(kind: Kind, values: list[Any]) -> Cells:
    """The cells of a column whose values are None, str, int, bool, list, dict or one of these."""
    types = set(map(type, values))
    if kind == "integer" and types <= {int, type(None)}:
        try:
            return Cells(pl.Series(values, dtype=pl.Int64))
        except (OverflowError, TypeError, pl.exceptions.PolarsError):
            pass
    elif types <= {str, type(None)}:
        return from_text(kind, pl.Series(values, dtype=pl.String))
    texts = [_as_text(kind, value) for value in values]
    cells = from_text(kind, pl.Series(texts, dtype=pl.String))
    wrong = [_fault(text, value) for text, value in zip(texts, values, strict=True)]
    faults = pl.Series(wrong, dtype=pl.UInt8)
    if cells.faults is None:
        return Cells(cells.values, faults, cells.texts)
    # What a repaired text cannot be read as is no value.
    read = pl.select(pl.when(cells.faults > 0).then(cells.faults).otherwise(faults)).to_series()
    return Cells(cells.values, read, cells.texts)


def word(value: Any) -> str | None:
    """A text, or a number, true or false as JSON writes them, by which a value can be looked up."""
    if isinstance(value, Number):
        return _shortest(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _shortest(number: Number) -> str:
    """A number without an exponent and without zeros that say nothing."""
    exact = Decimal(number)
    if abs(exact.adjusted()) > _LONGEST_WORD:
        return str(number)
    return f"{exact.normalize():f}" if exact else "0"


def _fault(text: str | None, value: Any) -> int:
    if text is None:
        return 0 if value is None else WRONG_TYPE
    of = value if isinstance(value, list) else [value]
    return REPAIRED if any(isinstance(part, Repaired) for part in of) else 0


def _as_text(kind: Kind, value: Any) -> str | None:
    """Text that means the same in a text file; None for null and for a wrong type."""
    if _is_text(value):
        return str(value)
    if kind == "text_or_list" and isinstance(value, list):
        if all(part is None or _is_text(part) for part in value):
            return _FILLED if any(part and part.strip(BLANK) for part in value) else ""
    elif kind in ("integer", "text_id", "number", "time"):
        if type(value) is int:
            return str(value)
        if kind == "text_id":
            return str(value) if isinstance(value, Number) and _DIGITS.fullmatch(value) else None
        if isinstance(value, Number):
            return _same_sign(value) if kind == "number" else _integer(value)
    elif kind == "flag" and type(value) is bool:
        return "true" if value else "false"
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _integer(number: Number) -> str | None:
    """The digits of an integer, or of another number with an integral value that a float has."""
    found = _NUMBER.fullmatch(number)
    assert found is not None, number
    sign, whole, fraction, down, exponent = found.groups(default="")
    if not fraction and not exponent:
        return str(number)
    digits = (whole + fraction).rstrip("0")
    significant = digits.lstrip("0")
    if not significant:
        return "0"
    exponent = exponent.lstrip("0") or "0"
    # No number is long enough to make up for an exponent of more than 18 digits.
    shift = int(exponent) if len(exponent) <= 18 else 10**18
    zeros = (-shift if down else shift) + len(whole) - len(digits)
    if zeros < 0:
        return None
    if zeros + len(significant) > _MOST_DIGITS:
        return None
    magnitude = int(significant + "0" * zeros)
    return f"{sign}{magnitude}" if magnitude < EXACT_FLOATS else None


def _same_sign(number: Number) -> str:
    """A number without an exponent that is above, at or below zero as this one is."""
    return re.split("[eE]", number, maxsplit=1)[0]
