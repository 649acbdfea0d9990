"""The words of alerts: that something began, that it is over, and a test."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from monitoring.alerts.alert import Alert
from pipelines.store.store import key_of

Event = Literal["alert.opened", "alert.recovered", "alert.test"]


class Message(msgspec.Struct, frozen=True):
    """What is sent. `message_id` is the same however often it is tried."""

    message_id: str
    event: Event
    at: datetime
    title: str
    body: str
    place: str
    alert: Alert | None = None


def opened(alert: Alert, place: str) -> Message:
    """That a cause is there. `place` says which project, on which machine."""
    body = f"{alert.message}\n\nSince {_moment(alert.since)}. {place}."
    return _message("alert.opened", alert, alert.since, alert.headline, body, place)


def recovered(alert: Alert, over_at: datetime, place: str) -> Message:
    """That a cause is over."""
    title = f"Recovered: {alert.headline[0].lower()}{alert.headline[1:]}"
    body = (
        f"It was so from {_moment(alert.since)} to {_moment(over_at)}, and is over: nothing is to "
        f"be done.\n\n{place}."
    )
    return _message("alert.recovered", alert, over_at, title, body, place)


def test_message(now: datetime, place: str, open_alerts: Sequence[Alert]) -> Message:
    """That alerts arrive here."""
    body = (
        "Alerts arrive here. This one was asked for with `beatxp alerts test`: nothing is to be "
        f"done. Open at the moment: {', '.join(a.headline for a in open_alerts) or 'none'}.\n\n"
        f"{place}."
    )
    key = f"msg_{key_of('alert.test', now)}"
    return Message(key, "alert.test", now, "BeatXP: Alerts arrive", body, place)


def _message(
    event: Event, alert: Alert, at: datetime, title: str, body: str, place: str
) -> Message:
    key = f"msg_{key_of(event, place, alert.kind, alert.subject, alert.since)}"
    return Message(key, event, at, f"BeatXP: {title}", body, place, alert)


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
