"""The way from one snapshot to another, one reason at a time.

A snapshot follows from export files, rulebook and time. Between two snapshots these are exchanged
one after the other, and after each exchange everything is computed again: what changes then,
changes for that reason. The last stage is the later snapshot itself, so that nothing is left over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

import msgspec
import polars as pl

from analysis.scenario import Derived, Sandbox
from pipelines.exports.dumps import Dumps
from pipelines.exports.files import EVENT_ENTITIES
from pipelines.exports.ingest import Deliveries
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.run import Run
from pipelines.store.store import key_of


@dataclass(frozen=True)
class Stage:
    """A snapshot on the way, and the reason for which it differs from the one before it.

    The reason of the first is empty.
    """

    reason: str
    snapshot: PublishedSnapshot


def stages(sandbox: Sandbox, before: PublishedSnapshot, after: PublishedSnapshot) -> list[Stage]:
    """The snapshots from `before` to `after`; an input that is the same in both makes no stage.

    Back in time it is the same way from the other end. Raises ExportFilesGone if the export
    files of one of them are gone.
    """
    if after.row.as_of >= before.row.as_of:
        return list(_forward(sandbox, before, after))
    way = list(_forward(sandbox, after, before))
    back = [Stage(later.reason, earlier.snapshot) for earlier, later in pairwise(way)]
    return [Stage("", way[-1].snapshot), *reversed(back)]


def _forward(
    sandbox: Sandbox, before: PublishedSnapshot, after: PublishedSnapshot
) -> Iterator[Stage]:
    yield Stage("", sandbox.opened(before))
    if before.row.content_sha256 == after.row.content_sha256:
        return
    first, last = sandbox.scenario_of(before), sandbox.scenario_of(after)
    reached = sandbox.derive(first)
    if _differ(reached, before):
        yield Stage("version", reached.snapshot)
    scenario = first
    events = _mixed(last.deliveries, first.deliveries)
    if _key(events) != _key(scenario.deliveries):
        scenario = replace(scenario, deliveries=events)
        reached = sandbox.derive(scenario)
        yield Stage("corrected", reached.snapshot)
    if last.as_of != scenario.as_of:
        # Dumps that come into force meanwhile are no activity.
        known = _without_dumps_between(scenario.deliveries, first.as_of, last.as_of)
        scenario = replace(scenario, deliveries=known, as_of=last.as_of)
        reached = sandbox.derive(scenario)
        yield Stage("time", reached.snapshot)
    if _key(last.deliveries) != _key(scenario.deliveries):
        scenario = replace(scenario, deliveries=last.deliveries)
        keeping = _PutBack(reached.run.store.read(reached.results["dumps"].tracks))
        reached = sandbox.derive(replace(scenario, change_dumps=keeping.change_dumps))
        yield Stage("catalogue", reached.snapshot)
        if keeping.track_ids:
            reached = sandbox.derive(scenario)
            yield Stage("removed", reached.snapshot)
    if last.rulebook != scenario.rulebook:
        reached = sandbox.derive(last)
        yield Stage("rulebook", reached.snapshot)
    if _differ(reached, after):
        yield Stage("version", sandbox.opened(after))


def _without_dumps_between(deliveries: Deliveries, first: datetime, last: datetime) -> Deliveries:
    """The files without dumps that are visible at the last of two times, not at the first."""
    files = {
        entity: [d for d in of_entity if d.stamp is None or not first < d.stamp <= last]
        for entity, of_entity in deliveries.files.items()
    }
    cut = Deliveries(files, [], [], "", deliveries.dialects)
    return msgspec.structs.replace(cut, listing=_key(cut))


@dataclass
class _PutBack:
    """Current dumps in which tracks that were published stay as they were.

    `before` is the table `tracks` before them; `track_ids` are those that were put back.
    """

    before: pl.DataFrame
    track_ids: list[int] = field(default_factory=list)

    def change_dumps(self, run: Run, dumps: Dumps) -> Dumps:
        """Put removed tracks back."""
        now = run.store.read(dumps.tracks)
        published = pl.col("status") == "published"
        gone = self.before.filter(published).join(now.filter(published), on="track_id", how="anti")
        self.track_ids = gone["track_id"].to_list()
        if not self.track_ids:
            return dumps
        others = now.join(gone, on="track_id", how="anti")
        tracks = pl.concat([others, gone]).sort("track_id")
        label = key_of("put back", dumps.tracks, gone)
        return msgspec.structs.replace(dumps, tracks=run.store.write("tracks", label, tracks))


def _differ(derived: Derived, snapshot: PublishedSnapshot) -> bool:
    return derived.snapshot.row.content_sha256 != snapshot.row.content_sha256


def _mixed(events: Deliveries, dumps: Deliveries) -> Deliveries:
    """The events of some export files with the dumps of others."""
    files = {
        entity: (events if entity in EVENT_ENTITIES else dumps).files[entity]
        for entity in dumps.files
    }
    read_as = {
        entity: key
        for of in (events, dumps)
        for entity, key in of.dialects.items()
        if (entity in EVENT_ENTITIES) == (of is events)
    }
    mixed = Deliveries(files, [], [], "", read_as)
    return msgspec.structs.replace(mixed, listing=_key(mixed))


def _key(deliveries: Deliveries) -> str:
    files = deliveries.files.values()
    return key_of([(d.entity, d.path, d.sha256) for of_entity in files for d in of_entity])
