"""Times as the clocks of a zone show them."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clock_of(micros: int, zone: str | None) -> datetime | None:
    """What the clocks of a zone show at a time; None if they show the same an hour before."""
    moment = (_EPOCH + timedelta(microseconds=micros)).astimezone(ZoneInfo(zone or "UTC"))
    return None if moment.fold else moment.replace(tzinfo=None)


def skipped(clock: datetime, zone: str | None) -> list[datetime]:
    """The times that the clocks do not show, and that are moved to this one by what they skip."""
    found = []
    for minutes in (30, 60):
        moment = (clock - timedelta(minutes=minutes)).replace(tzinfo=ZoneInfo(zone or "UTC"))
        before, after = moment.utcoffset(), moment.replace(fold=1).utcoffset()
        assert before is not None
        assert after is not None
        if after - before == timedelta(minutes=minutes):
            found.append(moment.replace(tzinfo=None))
    return found


def clock_text(rng: Random, micros: int, zone: str | None) -> str | None:
    """A time as a naive text, a date alone where it can be; None if the text is another time's."""
    clock = clock_of(micros, zone)
    if clock is None:
        return None
    clock = rng.choice((*skipped(clock, zone), clock))
    if clock.time() == datetime.min.time() and rng.random() < 0.5:
        return f"{clock:%Y-%m-%d}"
    text = f"{clock:%Y-%m-%d}{rng.choice('T ')}{clock:%H:%M}"
    if clock.second or clock.microsecond or rng.random() < 0.5:
        text += f"{clock::%S}"
    return text + (f".{clock:%f}" if clock.microsecond else "")
