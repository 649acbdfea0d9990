"""Times as whole microseconds since 1970-01-01 in UTC, days as whole days since then."""

from datetime import UTC, date, datetime, timedelta, tzinfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970; a naive datetime is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970; ValueError if that date does not exist."""
    return date(year, month, day).toordinal() - _EPOCH_ORDINAL


def day_of_date(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of(micros: int) -> int:
    """The UTC date, as days since 1970, that holds a time."""
    return micros // DAY


def week_of(day: int) -> int:
    """The number of the ISO week (Monday start) that holds a day; neighbours differ by one."""
    # 1970-01-01 was a Thursday, so the week of day 0 began on day -3.
    return (day + 3) // 7


def to_date(day: int) -> date:
    """The calendar date of a day number."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def to_datetime(micros: int) -> datetime:
    """A naive datetime in UTC, the form of every time that the oracle returns."""
    return (_EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None)


def from_local(micros: int, zone: tzinfo | None) -> int:
    """A time on the clocks of a zone as UTC; both in microseconds since 1970.

    One that comes twice is the first; one that does not exist is moved by what the clocks skip.
    Beyond the years 1 to 9999 it stays as it is, since it is out of every range anyway.
    """
    if zone is None:
        return micros
    try:
        # Fold 0 takes the offset of before the change, which is what both rules ask for.
        return micros_of(to_datetime(micros).replace(tzinfo=zone))
    except OverflowError:
        return micros
