"""Telling what is wrong and what is right again, once each."""

import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout

from monitoring.alerts.alert import (
    Alert,
    Findings,
    open_alerts,
    read_alerts,
    reconcile,
    write_alerts,
)
from monitoring.alerts.causes import after_failure, after_success, of_age, of_input
from monitoring.alerts.channels import Channel, NotSent, channels_of
from monitoring.alerts.history import input_history
from monitoring.alerts.messages import Message, opened, recovered, test_message
from pipelines.publication.manifest import last_check
from pipelines.settings import Settings

#: For another process to tell what it has to tell.
_LOCK_SECONDS: Final = 60.0


def tell_failure(settings: Settings, error: Exception, clock: Callable[[], datetime]) -> list[str]:
    """Tell that a refresh raised this; sentences about channels that did not take it."""
    return tell(settings, after_failure(error), clock)


def tell_success(settings: Settings, clock: Callable[[], datetime]) -> list[str]:
    """Tell what is over after a refresh that ended well, and what is unusual; as `tell_failure`."""
    history = input_history(settings.project.store) if "unusual" in settings.alerts.kinds else []
    return tell(settings, after_success(history, clock()), clock)


def tell_the_time(settings: Settings, clock: Callable[[], datetime]) -> list[str]:
    """Tell what is wrong because nothing happened, and what could not be told before; as
    `tell_failure`.
    """
    root, now = settings.project.store, clock()
    age = of_age(last_check(root), settings.freshness, now)
    found = of_input(input_history(root) if "unusual" in settings.alerts.kinds else [], now)
    both = Findings([*age.causes, *found.causes], age.right_kinds, found.right_subjects)
    return tell(settings, both, clock)


def tell_a_test(settings: Settings, clock: Callable[[], datetime]) -> list[tuple[str, str | None]]:
    """Send a test on each channel; what each is called, and why it did not take it, if so."""
    root = settings.project.store
    message = test_message(clock(), place(root), open_alerts(root))
    results: list[tuple[str, str | None]] = []
    for channel in channels_of(settings.alerts, clock):
        try:
            channel.send(message)
        except NotSent as error:
            results.append((channel.name, str(error)))
        else:
            results.append((channel.name, None))
    return results


def tell(settings: Settings, findings: Findings, clock: Callable[[], datetime]) -> list[str]:
    """Tell each channel what it has not been told yet, and remember that; sentences about those
    that did not take it.

    Raises OSError.
    """
    root, said = settings.project.store, place(settings.project.store)
    root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(root / "alerts.lock", timeout=_LOCK_SECONDS):
            before = read_alerts(root)
            alerts = reconcile(before, findings, settings.alerts.kinds, clock())
            if not alerts and not before:
                return []
            channels = channels_of(settings.alerts, clock)
            notices: list[str] = []
            after = deliver(alerts, channels, said, notices)
            if after != before:
                write_alerts(root, after)
    except Timeout:
        return [f"Alerts were not sent: another process has held {root / 'alerts.lock'} too long."]
    return notices


def deliver(
    alerts: Sequence[Alert], channels: Sequence[Channel], said: str, notices: list[str]
) -> list[Alert]:
    """Send what is due on each channel; the alerts that are open or still to be told after that.

    A channel that does not take a message is not tried again, and named in `notices`.
    """
    reached = {channel.key: channel for channel in channels}

    def send(keys: Sequence[str], message: Message) -> tuple[str, ...]:
        took = []
        for key in keys:
            if key not in reached:
                continue
            try:
                reached[key].send(message)
            except NotSent as error:
                notices.append(
                    f"An alert could not be sent to {reached.pop(key).name}: {error} It is sent "
                    "with the next refresh or check."
                )
            else:
                took.append(key)
        return tuple(took)

    all_keys = [channel.key for channel in channels]
    after = []
    for alert in alerts:
        if alert.over_at is None:
            due = [key for key in all_keys if key not in alert.told]
            told = alert.told + send(due, opened(alert, said))
            after.append(msgspec.structs.replace(alert, told=told))
            continue
        known = [key for key in all_keys if key in alert.told]
        due = [key for key in known if key not in alert.told_over]
        told_over = alert.told_over + send(due, recovered(alert, alert.over_at, said))
        if not set(known) <= set(told_over):
            after.append(msgspec.structs.replace(alert, told_over=told_over))
    return after


def place(store: Path) -> str:
    """Which project this is, for those who are told of several."""
    return f"{store} on {socket.gethostname()}"
