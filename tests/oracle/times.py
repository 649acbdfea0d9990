"""A cell that holds a time: a text, a moment, a number since 1970 (specification, section 1)."""

import re
from datetime import tzinfo

from .cells import BadCellError, Moment, is_whole, whole
from .clock import DAY, HOUR, MINUTE, SECOND, day_number, from_local

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?: ?(Z|UTC|GMT|([+-])([0-9]{2})(?::?([0-9]{2}))?))?)?"
)
_FIRST_TIME = day_number(2000, 1, 1) * DAY
_END_OF_TIME = day_number(2100, 1, 1) * DAY


def parse_time(cell: object, zone: tzinfo | None = None) -> int:
    """A time in microseconds since 1970, from 2000-01-01 up to 2100-01-01.

    `zone` is that of texts, dates and timestamps that do not say theirs; None is UTC.
    """
    if isinstance(cell, Moment):
        micros = from_local(cell.micros, zone if cell.naive else None)
    elif isinstance(cell, str) and not is_whole(cell):
        micros = _time_of_text(cell, zone)
    else:
        return _time_since_1970(whole(cell))
    if not _FIRST_TIME <= micros < _END_OF_TIME:
        raise BadCellError("range")
    return micros


def _time_since_1970(number: int) -> int:
    """Seconds, milliseconds, microseconds or nanoseconds, whichever lies in the range."""
    for nanos in (1_000_000_000, 1_000_000, 1_000, 1):
        micros = number * nanos // 1_000
        if _FIRST_TIME <= micros < _END_OF_TIME:
            return micros
    raise BadCellError("range")


def _time_of_text(text: str, naive_zone: tzinfo | None) -> int:
    match = _TIME.fullmatch(text)
    if not match:
        raise BadCellError("type")
    year, month, day, hour, minute, second, fraction, *zone = match.groups()
    written_zone, sign, zone_hour, zone_minute = zone
    try:
        micros = day_number(int(year), int(month), int(day)) * DAY
    except ValueError:
        raise BadCellError("type") from None
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        raise BadCellError("type")
    micros += int(hour or 0) * HOUR + int(minute or 0) * MINUTE + int(second or 0) * SECOND
    micros += int((fraction or "")[:6].ljust(6, "0"))
    if sign:
        if int(zone_hour) > 23 or int(zone_minute or 0) > 59:
            raise BadCellError("type")
        offset = int(zone_hour) * HOUR + int(zone_minute or 0) * MINUTE
        micros += -offset if sign == "+" else offset
    return micros if written_zone else from_local(micros, naive_zone)
