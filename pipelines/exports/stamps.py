"""The stamp of a dump: the last date in its path, and the time that follows it.

(specification, section 1: snapshots; `stamp` and `timezone` of an entity's table)
"""

import re
from datetime import datetime
from functools import cache

from pipelines.exports.zones import utc_of
from pipelines.settings.dialect import STAMP_PARTS, UTC

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


_YEARS = range(2000, 2100)
#: What a stamp that says that it is in UTC ends in.
_ZULU = re.compile(r"Z(?![A-Za-z0-9])")


def stamp_of(path: str, template: str = "", zone: str = UTC) -> datetime | None:
    """The last date in a path with its time, naive UTC; None without a date.

    A date that does not exist is none; the time is midnight if there is none, or it does not exist.
    Where the path is as the `template` of an entity's table says, that decides. `zone` is the one
    that stamps are in which say none.
    """
    written = _by_template(path, template) if template else None
    stamp, ends = written or _by_rules(path)
    if stamp is None or zone == UTC or (path[ends - 1] != "/" and _ZULU.match(path, ends)):
        return stamp
    return utc_of(stamp, zone)


def _by_template(path: str, template: str) -> tuple[datetime, int] | None:
    """The last place that is as the template says and names a time that exists, and its end."""
    last = None
    for place in _pattern(template).finditer(path):
        parts = place.groupdict(default="0")
        try:
            text = "".join(parts.get(part, "00") for part in STAMP_PARTS)
            stamp = datetime.strptime(text, "%Y%m%d%H%M%S")
        except ValueError:
            continue
        if stamp.year not in _YEARS:
            continue
        last = stamp, place.end()
    return last


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{([^{}]*)\}", template)
    pattern = "".join(
        f"(?P<{piece}>[0-9]{{{STAMP_PARTS[piece]}}})" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    # Its own digits are not next to others; its texts may be.
    before, after = "" if pieces[0] else "(?<![0-9])", "" if pieces[-1] else "(?![0-9])"
    return re.compile(f"{before}{pattern}{after}")


def _by_rules(path: str) -> tuple[datetime | None, int]:
    """The last date with the time that follows it, and the end of both."""
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
    return (None, 0) if day is None else _with_time(day, path, ends)


def _with_time(day: datetime, path: str, ends: int) -> tuple[datetime, int]:
    for pattern in _TIMES:
        time = pattern.match(path, ends)
        if time is None:
            continue
        try:
            hour, minute, second = (*map(int, time.groups()), 0, 0)[:3]
            return day.replace(hour=hour, minute=minute, second=second), time.end()
        except ValueError:
            break
    return day, ends
