"""The stamp of a dump: the last date in its path, and the time that follows it.

(specification, section 1: snapshots)
"""

import re
from datetime import datetime

_YEAR_FIRST = r"(20[0-9]{2})"
#: A date begins where each of these does; what they look ahead at is no part of it.
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![0-9]){_YEAR_FIRST}-([0-9]{{2}})-([0-9]{{2}})(?![0-9])",
        rf"(?<![0-9]){_YEAR_FIRST}_([0-9]{{2}})_([0-9]{{2}})(?![0-9])",
        # No letter either, but for the T of a time.
        rf"(?<![^\W_]){_YEAR_FIRST}([0-9]{{2}})([0-9]{{2}})(?:(?=T)|(?![^\W_]))",
        rf"(?:(?<=/)|\A){_YEAR_FIRST}/([0-9]{{1,2}})/([0-9]{{1,2}})(?![0-9])",
        rf"(?:(?<=/)|\A)year={_YEAR_FIRST}/month=([0-9]{{1,2}})/day=([0-9]{{1,2}})(?![0-9])",
    )
)
_PART = r"[-_:]?([0-9]{2})"
#: Of those that begin alike the longest comes first.
_TIMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"T([0-9]{{2}}){_PART}{_PART}(?![0-9])",
        rf"T([0-9]{{2}}){_PART}(?![0-9])",
        r"T([0-9]{2})(?![0-9])",
        r"_([0-9]{2})-([0-9]{2})-([0-9]{2})(?![0-9])",
        r"_([0-9]{2})-([0-9]{2})(?![0-9])",
        r"/(?:hour|hr)=([0-9]{1,2})/(?:minute|min)=([0-9]{1,2})/",
        r"/(?:hour|hr)=([0-9]{1,2})/",
    )
)


def stamp_of(path: str) -> datetime | None:
    """The last date in a path with its time, naive UTC; None without a date.

    A date that does not exist is none; the time is midnight if there is none, or it does not exist.
    """
    begins, ends, day = -1, 0, None
    for pattern in _DATES:
        for date in pattern.finditer(path):
            try:
                year, month, number = map(int, date.groups())
                found = datetime(year, month, number)
            except ValueError:
                continue
            if date.start() > begins:
                begins, ends, day = date.start(), date.end(), found
    return None if day is None else _with_time(day, path, ends)


def _with_time(day: datetime, path: str, ends: int) -> datetime:
    for pattern in _TIMES:
        time = pattern.match(path, ends)
        if time is None:
            continue
        try:
            hour, minute, second = (*map(int, time.groups()), 0, 0)[:3]
            return day.replace(hour=hour, minute=minute, second=second)
        except ValueError:
            break
    return day
