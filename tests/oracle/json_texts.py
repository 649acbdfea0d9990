"""JSON: objects or an array a line, or one array for the whole file (specification, section 1)."""

import json
from decimal import Decimal, InvalidOperation

from .cells import Rounded, whole_number
from .raw import BadFileError, RawRow

LARGEST_ARRAY = 268_435_456
"""Bytes of a file that is one array."""

_EMPTY = " \t\v\f"
_JSON_SPACE = " \t\r\n"
_EXACT_BELOW = 2**53


def json_rows(text: str) -> list[RawRow]:
    """A row for each object, None for what is malformed; BadFileError for a broken array file."""
    lines = [line for line in _lines(text) if line.strip(_EMPTY + _JSON_SPACE)]
    # White space before the bracket is taken to be as empty as elsewhere in JSON.
    if lines and lines[0].lstrip(_JSON_SPACE).startswith("[") and not _is_json(lines[0]):
        return _rows_of_array(text[text.index("[") :])
    return [row for line in lines for row in _rows_of_line(line)]


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]


def _rows_of_array(text: str) -> list[RawRow]:
    if len(text.encode("utf-8")) > LARGEST_ARRAY:
        raise BadFileError("file:unreadable")
    try:
        elements = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise BadFileError("file:unreadable") from None
    return [element if isinstance(element, dict) else None for element in elements]


def _rows_of_line(line: str) -> list[RawRow]:
    """The objects of one line; one malformed row if it is none of the three forms."""
    try:
        values = _values(line)
    except (ValueError, RecursionError):
        return [None]
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    objects: list[RawRow] = [value for value in values if isinstance(value, dict)]
    return objects if len(objects) == len(values) else [None]


def _values(line: str) -> list[object]:
    """JSON values one after the other, with or without white space between them."""
    values = []
    rest = line.strip(_JSON_SPACE)
    while rest:
        value, end = _DECODER.raw_decode(rest)
        values.append(value)
        rest = rest[end:].lstrip(_JSON_SPACE)
    return values


def _is_json(line: str) -> bool:
    try:
        _DECODER.decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(_: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def _rounded(digits: str) -> Rounded:
    try:
        number = Decimal(digits)
    except InvalidOperation:
        # Only an exponent of 18 and more digits: beyond every range, or next to nothing, or 0.
        mantissa, _, exponent = digits.lower().partition("e")
        least = "1e-100" if exponent.startswith("-") else "1e100"
        number = Decimal(least if mantissa.strip("-.0") else 0)
    return Rounded(number, _EXACT_BELOW)


_DECODER = json.JSONDecoder(
    parse_float=_rounded, parse_int=whole_number, parse_constant=_no_constant
)
