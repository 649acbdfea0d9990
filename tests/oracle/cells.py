"""One cell: from what a file holds to a value, or to the reason why not (specification, section 1).

A raw cell is None, a str (CSV, JSON, Parquet text), an int, a Decimal (JSON number with a
fraction or an exponent), a float (Parquet), a Moment (Parquet date or timestamp), a list, or
anything else, which no column accepts.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from .clock import DAY, HOUR, MINUTE, SECOND, day_number

INT64_MAX = 2**63 - 1
BLANK_CHARACTERS = " \t\r\n\v\f"

_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?)?"
)
_FIRST_TIME = day_number(2000, 1, 1) * DAY
_END_OF_TIME = day_number(2100, 1, 1) * DAY
# Wider than any allowed range; stands for every number that is too long to be worth computing.
_HUGE = 10**30


@dataclass(frozen=True)
class Moment:
    """A date or timestamp of a Parquet file, in microseconds since 1970."""

    micros: int


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
    return int(digits) if magnitude else 0


def is_blank(text: str) -> bool:
    """Nothing but space, tab, CR, LF, VT, FF; the empty text too."""
    return not text.strip(BLANK_CHARACTERS)


def _integral(number: Decimal) -> int:
    """The integer that a decimal number is equal to, or BadCellError("type")."""
    if not number.is_finite():
        raise BadCellError("type")
    if number == 0:
        return 0
    if number.adjusted() > 30:
        return _HUGE if number > 0 else -_HUGE
    if number.adjusted() < 0 or number != number.to_integral_value():
        raise BadCellError("type")
    return int(number)


def parse_integer(cell: object, low: int, high: int, *, zero: bool = True) -> int:
    """An integer within [low, high]; `zero=False` forbids 0."""
    if isinstance(cell, str):
        if not _INTEGER.fullmatch(cell):
            raise BadCellError("type")
        value = whole_number(cell)
    elif isinstance(cell, bool):
        raise BadCellError("type")
    elif isinstance(cell, int):
        value = cell
    elif isinstance(cell, Decimal | float):
        value = _integral(Decimal(cell))
    else:
        raise BadCellError("type")
    if not low <= value <= high or (value == 0 and not zero):
        raise BadCellError("range")
    return value


def parse_number(cell: object) -> Decimal:
    """A finite number, exact."""
    if isinstance(cell, str) and _DECIMAL.fullmatch(cell):
        return Decimal(cell)
    if isinstance(cell, Decimal | int | float) and not isinstance(cell, bool):
        if isinstance(cell, float) and math.isinf(cell):
            raise BadCellError("type")
        return Decimal(cell)
    raise BadCellError("type")


def parse_time(cell: object) -> int:
    """A time in microseconds since 1970, from 2000-01-01 up to 2100-01-01."""
    if isinstance(cell, Moment):
        micros = cell.micros
    elif isinstance(cell, str):
        micros = _time_of_text(cell)
    else:
        raise BadCellError("type")
    if not _FIRST_TIME <= micros < _END_OF_TIME:
        raise BadCellError("range")
    return micros


def _time_of_text(text: str) -> int:
    match = _TIME.fullmatch(text)
    if not match:
        raise BadCellError("type")
    year, month, day, hour, minute, second, fraction, sign, zone_hour, zone_minute = match.groups()
    try:
        micros = day_number(int(year), int(month), int(day)) * DAY
    except ValueError:
        raise BadCellError("type") from None
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        raise BadCellError("type")
    micros += int(hour or 0) * HOUR + int(minute or 0) * MINUTE + int(second or 0) * SECOND
    micros += int((fraction or "")[:6].ljust(6, "0"))
    if sign:
        if int(zone_hour) > 23 or int(zone_minute) > 59:
            raise BadCellError("type")
        offset = int(zone_hour) * HOUR + int(zone_minute) * MINUTE
        micros += -offset if sign == "+" else offset
    return micros


def parse_text(cell: object, shortest: int, longest: int | None) -> str:
    """A text whose length in code points lies within the bounds; white space is kept."""
    if not isinstance(cell, str):
        raise BadCellError("type")
    if len(cell) < shortest or (longest is not None and len(cell) > longest):
        raise BadCellError("length")
    return cell


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


def parse_text_or_list(cell: object) -> str | list[str | None]:
    """A text, or a list of texts and nulls."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list) and all(item is None or isinstance(item, str) for item in cell):
        return cell
    raise BadCellError("type")
