"""Whether the newest input is far from what is usual.

What is usual is the median of earlier values, and how far they mostly lie from it (the median
absolute deviation): a single odd one moves neither, so that what comes after a backfill is judged
as before. A value is unusual if it is beyond all but one of them and either several such distances
or a fixed margin away, whichever is more: so growth, nights and weekends are usual.

Judged are rows of the current dumps; rows of events by delivery, which is a snapshot with new
rows of the entity; and which share of a delivery was rejected or is unmatched.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from monitoring.alerts.history import PastInput
from pipelines.exports.files import DUMP_ENTITIES, EVENT_ENTITIES
from pipelines.vocabulary import plural

#: Earlier values say what is usual: so many, or those of so many days if these are more. There must
#: be a few, and of deliveries those of a day and a night.
_LAST: Final = 30
_LAST_DAYS: Final = timedelta(days=3)
_FEWEST: Final = 8
_SHORTEST: Final = timedelta(days=1)
#: Distances of a median absolute deviation, scaled to a standard deviation, that are usual.
_DISTANCES: Final = 4 * 1.4826
#: Margins that are usual however alike the earlier values were: of rows of a dump, as a part; of a
#: delivery's rows, as a factor; of a share, in itself and in rows; and of counts, in square roots.
_DUMP_PART: Final = 0.1
_DELIVERY_FACTOR: Final = 3.0
_SHARE: Final = 0.01
_SHARE_ROWS: Final = 20
_ROOTS: Final = 5
#: How much longer than ever before nothing may come.
_SILENCE_FACTOR: Final = 3


class Verdict(NamedTuple):
    """Whether something could be judged usual; if not, `unusual` says in a sentence why."""

    subject: str
    entity: str
    unusual: str | None


class _Delivery(NamedTuple):
    at: datetime
    hours: float
    """Since the delivery before."""
    read: int
    accepted: int
    rejected: int
    unmatched: int

    @property
    def rate(self) -> float:
        return self.accepted / self.hours


def judge(history: Sequence[PastInput], now: datetime) -> list[Verdict]:
    """What can be said of the newest of these inputs at a time, UTC without a zone.

    What there is too little history for is not judged at all.
    """
    verdicts: list[Verdict] = []
    for entity in DUMP_ENTITIES:
        verdicts += _dump(entity, [past.dump_rows.get(entity, 0) for past in history])
    for entity in (*DUMP_ENTITIES, *EVENT_ENTITIES):
        deliveries = _deliveries(history, entity)
        is_new = bool(deliveries) and deliveries[-1].at == history[-1].published_at
        if entity in EVENT_ENTITIES:
            silence = list(_silence(entity, deliveries, now))
            is_silent = any(verdict.unusual for verdict in silence)
            verdicts += _rows(entity, deliveries) if is_new and not is_silent else silence
        if is_new:
            verdicts += _share(entity, "rejected", deliveries, lambda d: (d.rejected, d.read))
            verdicts += _share(entity, "unmatched", deliveries, lambda d: (d.unmatched, d.accepted))
    return verdicts


def _deliveries(history: Sequence[PastInput], entity: str) -> list[_Delivery]:
    """The growth of an entity's rows, wherever there is some.

    The first one is missing: how long it took is not known.
    """
    found: list[_Delivery] = []
    last_at: datetime | None = None
    for before, after in pairwise(history):
        old, new = before.rows.get(entity), after.rows.get(entity)
        if old is None or new is None or new.rows_read <= old.rows_read:
            continue
        at = after.published_at
        if last_at is not None and at > last_at:
            found.append(
                _Delivery(
                    at,
                    (at - last_at) / timedelta(hours=1),
                    new.rows_read - old.rows_read,
                    max(0, new.accepted - old.accepted),
                    max(0, new.rejected - old.rejected),
                    # Late dumps make rows match that did not before.
                    max(0, new.unmatched - old.unmatched),
                )
            )
        last_at = at
    return found


def _usual(deliveries: Sequence[_Delivery], newest: datetime) -> list[_Delivery]:
    """The deliveries that say what is usual; none if they are too few or too close together."""
    last = [
        delivery
        for number, delivery in enumerate(deliveries)
        if number >= len(deliveries) - _LAST or newest - delivery.at <= _LAST_DAYS
    ]
    return last if len(last) >= _FEWEST and newest - last[0].at >= _SHORTEST else []


def _dump(entity: str, values: Sequence[int]) -> Iterator[Verdict]:
    *earlier, value = values or [0]
    usual = [float(rows) for rows in earlier[-_LAST:]]
    if len(usual) < _FEWEST:
        return
    middle = median(usual)
    margin = max(_DUMP_PART * middle, _ROOTS * math.sqrt(middle))
    yield Verdict(
        f"{entity}.rows",
        entity,
        f"The current dump of {entity} has {plural(value, 'row')}; of the {len(usual)} before, "
        f"half had {middle:,.0f} or fewer, and nearly all {_range(usual)}."
        if _is_outside(value, usual, margin)
        else None,
    )


def _rows(entity: str, deliveries: Sequence[_Delivery]) -> Iterator[Verdict]:
    """A delivery of many times the usual rows, or of a fraction: both in all and by the hour.

    By the hour alone, a late file right after another would be odd; in all alone, what piled up
    while nothing could be delivered.
    """
    *earlier, newest = deliveries
    usual = _usual([d for d in earlier if d.accepted], newest.at)
    if not usual or not newest.accepted:
        return
    middle = median(d.accepted for d in usual)
    margin = math.log(_DELIVERY_FACTOR)
    rows = [math.log(d.accepted) for d in usual]
    rates = [math.log(d.rate) for d in usual]
    is_more = newest.accepted > middle
    outside = (
        abs(newest.accepted - middle) > _ROOTS * math.sqrt(middle)
        and _is_outside(math.log(newest.accepted), rows, margin)
        and _is_outside(math.log(newest.rate), rates, margin)
        and is_more == (newest.rate > median(d.rate for d in usual))
    )
    yield Verdict(
        f"{entity}.rows",
        entity,
        f"{plural(newest.accepted, 'new row')} of {entity} came within {_time(newest.hours)}; of "
        f"the {len(usual)} deliveries before, half had {middle:,.0f} or fewer, and nearly all "
        f"{_range([float(d.accepted) for d in usual])}."
        if outside
        else None,
    )


def _silence(entity: str, deliveries: Sequence[_Delivery], now: datetime) -> Iterator[Verdict]:
    """Nothing came for much longer than between earlier deliveries."""
    gaps = [d.hours for d in _usual(deliveries, now)]
    if not gaps:
        return
    # All but one, as everywhere.
    longest = sorted(gaps)[-2]
    hours = (now - deliveries[-1].at) / timedelta(hours=1)
    yield Verdict(
        f"{entity}.rows",
        entity,
        f"No new rows of {entity} have come for {_time(hours)}; of {len(gaps)} deliveries before, "
        f"nearly all came within {_time(longest)} of the last."
        if hours > _SILENCE_FACTOR * longest
        else None,
    )


def _share(
    entity: str,
    verdict: str,
    deliveries: Sequence[_Delivery],
    counts: Callable[[_Delivery], tuple[int, int]],
) -> Iterator[Verdict]:
    *earlier, newest = deliveries
    before = map(counts, _usual(earlier, newest.at))
    usual = [part / whole for part, whole in before if whole]
    part, whole = counts(newest)
    if len(usual) < _FEWEST or not whole:
        return
    middle = median(usual)
    margin = max(_SHARE, _SHARE_ROWS / whole, _ROOTS * math.sqrt(middle * (1 - middle) / whole))
    share = part / whole
    is_unusual = share > middle and _is_outside(share, usual, margin)
    yield Verdict(
        f"{entity}.{verdict}",
        entity,
        f"{part:,} of {plural(whole, 'new row')} of {entity} ({100 * share:.1f}%) are {verdict}; "
        f"of the {len(usual)} deliveries before, half had {100 * middle:.1f}% or less."
        if is_unusual
        else None,
    )


def _is_outside(value: float, usual: Sequence[float], margin: float) -> bool:
    """Whether a value is beyond all but one of these, and far from their median."""
    ordered = sorted(usual)
    if ordered[1] <= value <= ordered[-2]:
        return False
    middle = median(ordered)
    distance = median(abs(one - middle) for one in ordered)
    return abs(value - middle) > max(_DISTANCES * distance, margin)


def _range(usual: Sequence[float]) -> str:
    ordered = sorted(usual)
    return f"between {ordered[1]:,.0f} and {ordered[-2]:,.0f}"


def _time(hours: float) -> str:
    if hours < 2:
        return plural(round(60 * hours), "minute")
    return plural(round(hours), "hour") if hours < 48 else plural(round(hours / 24), "day")
