"""The small events after re-deliveries and corrections: earnings, grants, adjustments.

(Specification, section 1: events.) Plays are many and have a module of their own.
"""

from datetime import datetime

from pipelines.exports.identity import come_once, winners
from pipelines.exports.ingest import Deliveries, Delivery
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import Table

EVENT_TIMES = {"earnings": "earned_at", "grants": "granted_at", "adjustments": "adjusted_at"}


class Events(StepResult, frozen=True):
    """The winning row of each event, before and after as_of.

    `cuts` has, for each entity, the last time before as_of (None = no such event): together with
    the table it identifies the events that count.
    """

    earnings: Table
    grants: Table
    adjustments: Table
    duplicates: dict[str, int]
    cuts: dict[str, datetime | None]
    next_event: datetime | None

    def counted(self, entity: str) -> list[object]:
        """A key for the events of an entity that count now."""
        return [getattr(self, entity), self.cuts[entity]]


def read_events(run: Run, deliveries: Deliveries) -> Events:
    """Find the winning row of each event."""
    tables, duplicates = {}, {}
    cuts: dict[str, datetime | None] = {}
    coming = []
    for entity, time in EVENT_TIMES.items():
        accepted = deliveries.accepted(entity)
        table = _winners(run, entity, accepted)
        tables[entity] = table
        accounts = [d.contribution for d in deliveries.files[entity]]
        duplicates[entity] = sum(a.accepted + a.repeated for a in accounts) - table.rows
        times = run.store.read(table)[time]
        cuts[entity] = times.filter(times < run.as_of).max()  # type: ignore[assignment]
        coming.append(times.filter(times >= run.as_of).min())
    later = [moment for moment in coming if isinstance(moment, datetime)]
    return Events(
        earnings=tables["earnings"],
        grants=tables["grants"],
        adjustments=tables["adjustments"],
        duplicates=duplicates,
        cuts=cuts,
        next_event=min(later, default=None),
    )


def _winners(run: Run, entity: str, accepted: list[Delivery]) -> Table:
    if not accepted:
        return Table(entity)
    files = [d.rows_file for d in accepted]
    once = come_once(d.contribution for d in accepted)
    columns = Table(entity).schema.names()
    return run.store.remember(
        entity, key_of(files), lambda: winners(run.store, entity, files, columns, once)
    )
