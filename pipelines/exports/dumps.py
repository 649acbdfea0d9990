"""Snapshot entities: which dump is in force, and what the visible dumps say over time.

(Specification, section 1: snapshots; section 2: metadata, profile completion.)
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

import msgspec
import polars as pl

from pipelines.engine import Delivered
from pipelines.exports.files import SNAPSHOTS
from pipelines.exports.ingest import Deliveries
from pipelines.run import Run
from pipelines.store.store import key_of
from pipelines.tables import COUNT, TIME, Table

DUMP_KEYS = {
    "producers": ("producer_id",),
    "tracks": ("track_id",),
    "credits": ("track_id", "producer_id"),
}


class Dump(msgspec.Struct, frozen=True):
    """The files of one entity that share a stamp. `complete` = none of them was rejected."""

    stamp: datetime
    files: list[str]
    accepted: int
    duplicates: int
    complete: bool

    @property
    def key(self) -> list[object]:
        """What identifies its content."""
        return [self.stamp, self.files]


class Dumps(msgspec.Struct, frozen=True):
    """All dumps that are present, the current one of each entity, and two foldings of them.

    `profile_history`: how profile completion changed; `first_complete`: when a track's metadata
    was first seen complete. `stamps` holds the current stamps; an entity without one is absent.
    """

    dumps: dict[str, list[Dump]]
    stamps: dict[str, datetime]
    producers: Table
    tracks: Table
    credits: Table
    profile_history: Table
    first_complete: Table

    def next_stamp(self, as_of: datetime) -> datetime | None:
        """The first stamp after as_of: a refresh from then on may see more."""
        later = [d.stamp for dumps in self.dumps.values() for d in dumps if d.stamp > as_of]
        return min(later, default=None)

    def incomplete(self, as_of: datetime) -> list[tuple[str, datetime]]:
        """Dumps that would be visible but for a rejected file."""
        return [
            (entity, dump.stamp)
            for entity, dumps in self.dumps.items()
            for dump in dumps
            if dump.stamp <= as_of and not dump.complete
        ]


def read_dumps(run: Run, previous: Dumps | None, deliveries: Deliveries) -> Dumps:
    """Find the current dumps at `run.as_of` and fold the visible ones."""
    dumps = {entity: _dumps_of(run, entity, deliveries, previous) for entity in SNAPSHOTS}
    visible = {
        entity: [d for d in of_entity if d.complete and d.stamp <= run.as_of]
        for entity, of_entity in dumps.items()
    }
    current = {entity: _current(run, entity, visible[entity]) for entity in SNAPSHOTS}
    history = _fold(
        run,
        "profile_history",
        visible["producers"],
        "",
        lambda before, delivered, stamps: run.engine.query(
            "exports/profile_history",
            profile_history_before=before,
            producers_delivered=Delivered("producers", delivered),
            dumps=stamps,
        ),
    )
    complete = _fold(
        run,
        "first_complete",
        visible["tracks"],
        run.rulebook.section_key("metadata"),
        lambda before, delivered, stamps: run.engine.query(
            "exports/first_complete",
            first_complete_before=before,
            tracks_delivered=Delivered("tracks", delivered),
            dumps=stamps,
            metadata_rule=run.metadata_rule,
        ),
    )
    return Dumps(
        dumps=dumps,
        stamps={entity: of[-1].stamp for entity, of in visible.items() if of},
        producers=current["producers"],
        tracks=current["tracks"],
        credits=current["credits"],
        profile_history=history,
        first_complete=complete,
    )


def _dumps_of(run: Run, entity: str, deliveries: Deliveries, previous: Dumps | None) -> list[Dump]:
    counted = {}
    if previous is not None:
        counted = {tuple(d.files): d.duplicates for d in previous.dumps[entity]}
    stamped = [d for d in deliveries.files[entity] if d.stamp is not None]
    stamped.sort(key=lambda d: d.stamp or datetime.min)
    found = []
    for stamp, group in groupby(stamped, key=lambda d: d.stamp):
        parts = list(group)
        files = [d.rows_file for d in parts if d.contribution.accepted]
        accepted = sum(d.contribution.accepted for d in parts)
        duplicates = counted.get(tuple(files))
        if duplicates is None:
            duplicates = accepted - _distinct(run, entity, files)
        complete = all(d.contribution.file_reason is None for d in parts)
        assert stamp is not None
        found.append(Dump(stamp, files, accepted, duplicates, complete))
    return found


def _distinct(run: Run, entity: str, files: list[str]) -> int:
    if not files:
        return 0
    paths = [run.store.root / file for file in files]
    keys = pl.scan_parquet(paths, hive_partitioning=False).select(DUMP_KEYS[entity])
    return int(keys.unique().select(pl.len()).collect().item())


def _current(run: Run, entity: str, visible: Sequence[Dump]) -> Table:
    if not visible or not visible[-1].files:
        return Table(entity)
    files = visible[-1].files
    return run.store.remember(
        entity,
        key_of(files),
        lambda: run.engine.query(
            f"exports/{entity}", **{f"{entity}_delivered": Delivered(entity, files)}
        ),
    )


def _fold(
    run: Run,
    name: str,
    dumps: Sequence[Dump],
    rule: str,
    extend: Callable[[Table, list[str], pl.DataFrame], pl.DataFrame],
) -> Table:
    """Fold the dumps in the order of their stamps, from the longest beginning that is known."""

    def key(count: int) -> str:
        return key_of(rule, [dump.key for dump in dumps[:count]])

    known = next((n for n in range(len(dumps), 0, -1) if run.store.has(name, key(n))), 0)
    folded = Table(name)
    if known:
        folded = run.store.remember(name, key(known), lambda: pl.DataFrame())
    if known == len(dumps):
        return folded
    delivered = [(file, dump.stamp) for dump in dumps[known:] for file in dump.files]
    stamps = pl.DataFrame(
        {"file_order": list(range(len(delivered))), "stamp": [stamp for _, stamp in delivered]},
        schema={"file_order": COUNT, "stamp": TIME},
    )
    files = [file for file, _ in delivered]
    return run.store.remember(name, key(len(dumps)), lambda: extend(folded, files, stamps))
