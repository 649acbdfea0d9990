"""What was told and is not over: `alerts.json` in the store.

One cause is one alert, from when it is first seen until it is over, whatever its message says
meanwhile. Who could not be reached is told later, and only who was told hears that it is over.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from pipelines.settings import AlertKind
from pipelines.store.documents import read_document, write_document

_FILE: Final = "alerts.json"


class Cause(NamedTuple):
    """Something that is wrong: the same one has the same kind and subject."""

    kind: AlertKind
    subject: str
    headline: str
    message: str


class Findings(NamedTuple):
    """What is wrong, and which kinds, or subjects of unusual input, are known to be right."""

    causes: Sequence[Cause]
    right_kinds: frozenset[AlertKind] = frozenset()
    right_subjects: frozenset[str] = frozenset()


class Alert(msgspec.Struct, frozen=True):
    """A cause that somebody is told of. Times are UTC without a zone.

    `told` and `told_over` name the channels that took it, by their keys.
    """

    kind: AlertKind
    subject: str
    headline: str
    message: str
    since: datetime
    told: tuple[str, ...] = ()
    over_at: datetime | None = None
    told_over: tuple[str, ...] = ()


class _Document(msgspec.Struct):
    """The file with what is open, and what is over and not yet told."""

    alerts: list[Alert]


def read_alerts(root: Path) -> list[Alert]:
    """The alerts that are open, and those whose end is still to be told. Raises OSError."""
    document = read_document(root / _FILE, _Document)
    return [] if document is None else document.alerts


def write_alerts(root: Path, alerts: Sequence[Alert]) -> None:
    """Replace them. Raises OSError."""
    write_document(_Document(list(alerts)), root / _FILE, readable=True)


def open_alerts(root: Path) -> list[Alert]:
    """The alerts that are open, the oldest first. Raises OSError."""
    return [alert for alert in read_alerts(root) if alert.over_at is None]


def reconcile(
    alerts: Sequence[Alert], findings: Findings, kinds: Iterable[AlertKind], now: datetime
) -> list[Alert]:
    """The alerts once it is known what is wrong now; new ones are of these kinds only.

    That nothing is refreshed is no news while refreshes fail or are refused.
    """
    causes = {(cause.kind, cause.subject): cause for cause in findings.causes}
    after: list[Alert] = []
    for alert in alerts:
        cause = None if alert.over_at else causes.pop((alert.kind, alert.subject), None)
        if cause is not None:
            alert = msgspec.structs.replace(alert, message=cause.message)
        elif alert.over_at is None and (
            alert.kind in findings.right_kinds or alert.subject in findings.right_subjects
        ):
            alert = msgspec.structs.replace(alert, over_at=now)
        after.append(alert)
    is_failing = any(a.kind in ("failed", "refused") and a.over_at is None for a in after)
    wanted = set(kinds) - ({"stale"} if is_failing else set())
    new = (cause for cause in causes.values() if cause.kind in wanted)
    return after + [Alert(c.kind, c.subject, c.headline, c.message, now) for c in new]
