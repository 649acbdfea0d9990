"""The days that boards count, and what people call them (specification, section 4)."""

from datetime import date, datetime, timedelta


def last_day(as_of: datetime) -> date:
    """The last day that counts: that of the last instant before as_of."""
    return (as_of - timedelta(microseconds=1)).date()


def calendar(as_of: datetime) -> list[tuple[str, date, date]]:
    """The month and the ISO week of the last instant before as_of: name, first day, end day."""
    last = last_day(as_of)
    month = last.replace(day=1)
    week = last - timedelta(days=last.weekday())
    return [
        ("month", month, (month + timedelta(days=32)).replace(day=1)),
        ("week", week, week + timedelta(days=7)),
    ]


def next_period(as_of: datetime) -> datetime:
    """The latest as_of that has the same month and week."""
    end = min(until for _, _, until in calendar(as_of))
    return datetime(end.year, end.month, end.day)


def period_days(as_of: datetime, period: str) -> tuple[date, date] | None:
    """The first and the last day of a period of a snapshot; None if it is all time."""
    for name, first, until in calendar(as_of):
        if name == period:
            return first, until - timedelta(days=1)
    return None


def period_name(as_of: datetime, period: str) -> str:
    """The calendar month or ISO week that a period of a snapshot means, for people."""
    last = last_day(as_of)
    match period:
        case "month":
            return f"{last:%B %Y}"
        case "week":
            year, week, _ = last.isocalendar()
            return f"week {week} of {year}"
        case _:
            return "all time"
