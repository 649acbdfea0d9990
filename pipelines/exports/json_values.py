"""From the values of JSON objects to a column's values.

No number goes through a float: what a cell means is decided by what is written.
(specification, section 1: a JSON integer, a JSON number with an integral value)
"""

import re
from typing import Any, Final

import polars as pl

from pipelines.exports.values import WRONG_TYPE, Cells, Kind, from_text

UNREADABLE: Final = object()
"""Stands for a value that is of no type that a column can have."""

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE](-?)\+?([0-9]+))?")
_BEYOND_INT64 = "9" * 20


class Number(str):
    """A JSON number as it is written, where it has a fraction, an exponent or too many digits."""

    __slots__ = ()


def from_json(kind: Kind, values: list[Any]) -> Cells:
    """The cells of a column whose values are None, str, int, bool, Number, list or dict."""
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
    wrong = [
        WRONG_TYPE if text is None and value is not None else 0
        for text, value in zip(texts, values, strict=True)
    ]
    faults = pl.Series(wrong, dtype=pl.UInt8)
    return Cells(cells.values, faults if cells.faults is None else faults + cells.faults)


def _as_text(kind: Kind, value: Any) -> str | None:
    """Text that means the same in a text file; None for null and for a wrong type."""
    if type(value) is str:
        return value
    if kind == "text_or_list" and isinstance(value, list):
        if all(element is None or type(element) is str for element in value):
            return "".join(element or "" for element in value)
    elif kind in ("integer", "number"):
        if type(value) is int:
            return str(value)
        if isinstance(value, Number):
            return _integer(value) if kind == "integer" else _same_sign(value)
    elif kind == "flag" and type(value) is bool:
        return "true" if value else "false"
    return None


def _integer(number: Number) -> str | None:
    """The digits of a number with an integral value, or of another that is too great as well."""
    found = _NUMBER.fullmatch(number)
    assert found is not None, number
    sign, whole, fraction, down, exponent = found.groups(default="")
    digits = (whole + fraction).rstrip("0")
    if not digits.lstrip("0"):
        return "0"
    exponent = exponent.lstrip("0") or "0"
    # No number is long enough to make up for an exponent of more than 18 digits.
    shift = int(exponent) if len(exponent) <= 18 else 10**18
    zeros = (-shift if down else shift) + len(whole) - len(digits)
    if zeros < 0:
        return None
    if zeros + len(digits.lstrip("0")) > 19:
        return sign + _BEYOND_INT64
    return sign + digits + "0" * zeros


def _same_sign(number: Number) -> str:
    """A number without an exponent that is above, at or below zero as this one is."""
    return re.split("[eE]", number, maxsplit=1)[0]
