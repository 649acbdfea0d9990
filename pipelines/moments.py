"""Times that somebody names, in UTC without a zone."""

from datetime import UTC, datetime
from typing import Final

from pipelines.failures import UsageError

#: What can count lies between these (specification, section 1: times).
EARLIEST: Final = datetime(2000, 1, 1)
LATEST: Final = datetime(2100, 1, 1)


class ImpossibleTime(UsageError):
    """What was named is no time, or none up to which anything can count."""

    code = "bad_arguments"


def utc_time(text: str) -> datetime:
    """The time of an ISO date, or date and time, with or without an offset.

    Raises ImpossibleTime, also for a time that is not in the calendar in UTC.
    """
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError):
        raise ImpossibleTime(
            f"{text!r} is not a time; write one like 2026-11-01 or 2026-11-01T06:30:00Z (UTC)."
        ) from None


def as_of_time(text: str) -> datetime:
    """The time up to which something is to count. Raises ImpossibleTime."""
    time = utc_time(text)
    if not EARLIEST <= time <= LATEST:
        raise ImpossibleTime(
            f"{text!r} is before {EARLIEST:%Y-%m-%d} or after {LATEST:%Y-%m-%d}: nothing that "
            "counts lies there."
        )
    return time
