"""The time that a path says a dump was taken at (specification, section 1, "Snapshots")."""

import re

from .clock import DAY, HOUR, MINUTE, SECOND, day_number

_DATES = (
    re.compile(r"(?<![0-9])(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?![0-9])"),
    re.compile(r"(?<![0-9])(?P<y>[0-9]{4})_(?P<m>[0-9]{2})_(?P<d>[0-9]{2})(?![0-9])"),
    # `[^\W_]` is a letter or a digit.
    re.compile(r"(?<![^\W_])(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?=T|[\W_]|\Z)"),
    re.compile(r"(?<![^/])(?P<y>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})(?![0-9])"),
    re.compile(
        r"(?<![^/])year=(?P<y>[0-9]{4})/month=(?P<m>[0-9]{1,2})/day=(?P<d>[0-9]{1,2})(?![0-9])"
    ),
)
# The longest first: of the forms with digits, the first that fits is taken.
_TIMES = (
    re.compile(r"T([0-9]{2})[-_:]?([0-9]{2})[-_:]?([0-9]{2})(?![0-9])"),
    re.compile(r"_([0-9]{2})-([0-9]{2})-([0-9]{2})(?![0-9])"),
    re.compile(r"T([0-9]{2})[-_:]?([0-9]{2})(?![0-9])"),
    re.compile(r"_([0-9]{2})-([0-9]{2})(?![0-9])"),
    re.compile(r"T([0-9]{2})(?![0-9])"),
    re.compile(r"/(?:hour|hr)=([0-9]{1,2})/(?:minute|min)=([0-9]{1,2})/"),
    re.compile(r"/(?:hour|hr)=([0-9]{1,2})/"),
)


def stamp_of(path: str) -> int | None:
    """The last date in a path, with the time that follows it, in microseconds since 1970.

    The path is the one below the entity's folder; None if no date in it exists.
    """
    found: list[tuple[int, int]] = []
    for form in _DATES:
        for match in form.finditer(path):
            year, month, day = (int(match[name]) for name in "ymd")
            if not 2000 <= year <= 2099:
                continue
            try:
                days = day_number(year, month, day)
            except ValueError:
                continue
            found.append((match.start(), days * DAY + _time_at(path, match.end())))
    return max(found)[1] if found else None


def _time_at(path: str, position: int) -> int:
    """The time of day that stands directly after a date, midnight if it is none."""
    for form in _TIMES:
        match = form.match(path, position)
        if match:
            hour, minute, second = (int(part) for part in (*match.groups(), 0, 0)[:3])
            exists = hour < 24 and minute < 60 and second < 60
            return hour * HOUR + minute * MINUTE + second * SECOND if exists else 0
    return 0
