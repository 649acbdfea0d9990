"""The time that a path says a dump was taken at (specification, section 1, "Snapshots")."""

import re
from datetime import tzinfo

from .clock import DAY, HOUR, MINUTE, SECOND, day_number, from_local

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


_FIELDS = {"YYYY": 4, "MM": 2, "DD": 2, "HH": 2, "mm": 2, "ss": 2}


def stamp_of(path: str, zone: tzinfo | None = None, template: str | None = None) -> int | None:
    """The last date in a path, with the time that follows it, in microseconds since 1970.

    The path is the one below the entity's folder; None if no date in it exists. Where `template`
    (such as `{YYYY}{MM}{DD}-{HH}{mm}`) stands in the path, its last place counts. The stamp is a
    time on the clocks of `zone` (None is UTC), or of UTC if a Z follows directly.
    """
    found = (_of_template(path, template) if template else []) or _of_dates(path)
    if not found:
        return None
    _, local, end = max(found)
    return from_local(local, None if path.startswith("Z", end) else zone)


def _of_template(path: str, template: str) -> list[tuple[int, int, int]]:
    """Each place of a template that names a time which exists, as (start, stamp, end)."""
    parts = re.split(r"\{(YYYY|MM|DD|HH|mm|ss)\}", template)
    form = ""
    for text, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
        # A field that stands twice has to say the same twice.
        said = (
            f"(?P={name})" if f"<{name}>" in form else f"(?P<{name}>[0-9]{{{_FIELDS.get(name)}}})"
        )
        form += re.escape(text) + (said if name else "")
    # Digits that the template does not write itself may not be next to those of a field.
    form = ("" if parts[0] else "(?<![0-9])") + form + ("" if parts[-1] else "(?![0-9])")
    found = []
    for start in range(len(path)):
        match = re.compile(form).match(path, start)
        if match:
            fields = match.groupdict()
            days = _days(*(int(fields[name]) for name in ("YYYY", "MM", "DD")))
            time = _time_of_day(*(int(fields.get(name) or 0) for name in ("HH", "mm", "ss")))
            if days is not None and time is not None:
                found.append((start, days * DAY + time, match.end()))
    return found


def _of_dates(path: str) -> list[tuple[int, int, int]]:
    """Each date with the time that follows it as (start, stamp, end)."""
    found = []
    for form in _DATES:
        for match in form.finditer(path):
            days = _days(*(int(match[name]) for name in "ymd"))
            if days is not None:
                time, end = _time_at(path, match.end())
                found.append((match.start(), days * DAY + time, end))
    return found


def _days(year: int, month: int, day: int) -> int | None:
    """A date from 2000 to 2099 as days since 1970; None if there is no such date."""
    try:
        return day_number(year, month, day) if 2000 <= year <= 2099 else None
    except ValueError:
        return None


def _time_of_day(hour: int, minute: int, second: int) -> int | None:
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * HOUR + minute * MINUTE + second * SECOND


def _time_at(path: str, position: int) -> tuple[int, int]:
    """The time of day that stands directly after a date, and its end; midnight if it is none."""
    for form in _TIMES:
        match = form.match(path, position)
        if match:
            hour, minute, second = (int(part) for part in (*match.groups(), 0, 0)[:3])
            time = _time_of_day(hour, minute, second)
            # The name of the next folder does not follow directly.
            end = match.end() - match[0].endswith("/")
            return (0, position) if time is None else (time, end)
    return 0, position
