"""Snapshot entities: which dump is in force, and what the visible dumps say over time.

(Specification, section 1: snapshots; section 2: metadata, profile completion.)
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import groupby

import msgspec
import polars as pl

from pipelines.exports.files import DUMP_ENTITIES
from pipelines.exports.identity import come_once, key_columns, winners
from pipelines.exports.ingest import Deliveries
from pipelines.exports.text_ids import NAMED, TEXT_ID, two_of_one_id
from pipelines.rulebook.tables import metadata_rule
from pipelines.run import Run, batches
from pipelines.store.parts import Part
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import METADATA_FIELDS, StoreFile, Table

#: Rows of dumps that are folded at once, so that memory stays bounded.
DUMP_ROWS = 16_000_000


class Dump(msgspec.Struct, frozen=True):
    """The files of one entity that share a stamp. `complete` = none of them was rejected.

    `rows` are left after `duplicates` were taken away.
    """

    stamp: datetime
    files: list[StoreFile]
    rows: int
    duplicates: int
    complete: bool

    @property
    def key(self) -> list[object]:
        """What identifies its content."""
        return [self.stamp, self.files]


class Dumps(StepResult, frozen=True):
    """All dumps that are present, the current one of each entity, and two foldings of them.

    `profile_history`: how profile completion changed; `first_complete`: when a track's metadata
    was first seen complete. `stamps` holds the current stamps; an entity without one is absent.
    `text_ids`: published files of what the ids of the current dumps stand for.
    """

    dumps: dict[str, list[Dump]]
    stamps: dict[str, datetime]
    producers: Table
    tracks: Table
    credits: Table
    profile_history: Table
    first_complete: Table
    text_ids: list[Part] = msgspec.field(default_factory=list)

    def published(self) -> dict[str, list[Part]]:
        """`text_ids`, where ids are texts."""
        return {"text_ids": self.text_ids} if self.text_ids else {}

    @property
    def current_rows(self) -> dict[str, int]:
        """The rows of the current dump of each entity that has one."""
        return {name: getattr(self, name).rows for name in self.stamps}

    def next_stamp(self, as_of: datetime) -> datetime | None:
        """The first stamp after as_of: a refresh from then on may see more."""
        later = [d.stamp for dumps in self.dumps.values() for d in dumps if d.stamp > as_of]
        return min(later, default=None)

    def incomplete(self, as_of: datetime) -> list[tuple[str, datetime]]:
        """Dumps that are only invisible because a file of theirs was rejected."""
        return [
            (entity, dump.stamp)
            for entity, dumps in self.dumps.items()
            for dump in dumps
            if dump.stamp <= as_of and not dump.complete
        ]


def read_dumps(run: Run, previous: Dumps | None, deliveries: Deliveries) -> Dumps:
    """Find the current dumps at `run.as_of` and fold the visible ones."""
    dumps = {entity: _dumps_of(run, entity, deliveries, previous) for entity in DUMP_ENTITIES}
    visible = {
        entity: [d for d in of_entity if d.complete and d.stamp <= run.as_of]
        for entity, of_entity in dumps.items()
    }
    current = {entity: _current(run, entity, visible[entity]) for entity in DUMP_ENTITIES}
    history = _fold(
        run,
        "profile_history",
        "producers",
        visible["producers"],
        ("producer_id", "profile_completion"),
        "",
        lambda known, later: run.engine.query(
            "exports/profile_history", profile_history_before=known, producers_over_time=later
        ),
    )
    complete = _fold(
        run,
        "first_complete",
        "tracks",
        visible["tracks"],
        ("track_id", "updated_at", *METADATA_FIELDS),
        run.rulebook.section_key("metadata"),
        lambda known, later: run.engine.query(
            "exports/first_complete",
            first_complete_before=known,
            tracks_over_time=later,
            metadata_rule=metadata_rule(run.rulebook),
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
        text_ids=_text_ids(run, previous, deliveries.dialects, current, visible),
    )


def _dumps_of(run: Run, entity: str, deliveries: Deliveries, previous: Dumps | None) -> list[Dump]:
    known = {}
    if previous is not None:
        known = {tuple(d.files): d for d in previous.dumps[entity]}
    may_have_texts = entity in NAMED and entity in deliveries.dialects
    stamped = [d for d in deliveries.files[entity] if d.stamp is not None]
    stamped.sort(key=lambda d: d.stamp or datetime.min)
    found = []
    for stamp, group in groupby(stamped, key=lambda d: d.stamp):
        parts = list(group)
        accounts = [d.contribution for d in parts]
        files = [d.rows_file for d in parts if d.contribution.accepted]
        earlier = known.get(tuple(files))
        if earlier is not None:
            rows = earlier.rows
        elif come_once(accounts):
            rows = sum(account.accepted for account in accounts)
        else:
            rows = _distinct(run, entity, files)
        duplicates = sum(account.accepted + account.repeated for account in accounts) - rows
        complete = all(account.file_reason is None for account in accounts)
        if complete and files and may_have_texts:
            was_complete = earlier is not None and earlier.complete
            complete = was_complete or not _collide(run, entity, files)
        assert stamp is not None
        found.append(Dump(stamp, files, rows, duplicates, complete))
    return found


def _collide(run: Run, entity: str, files: list[str]) -> bool:
    """Whether two texts of a dump have one id, so that nobody can tell whose rows these are."""
    if not _have_texts(run, files):
        return False
    paths = [run.store.path(file) for file in files]
    [key] = key_columns(entity)
    rows = pl.read_parquet(paths, columns=[key, TEXT_ID], hive_partitioning=False, glob=False)
    return two_of_one_id(rows[key], rows[TEXT_ID]) is not None


def _distinct(run: Run, entity: str, files: list[str]) -> int:
    paths = [run.store.path(file) for file in files]
    keys = pl.scan_parquet(paths, hive_partitioning=False, glob=False).select(key_columns(entity))
    return int(keys.unique().select(pl.len()).collect().item())


def _rows_of(run: Run, entity: str, dump: Dump, columns: Sequence[str]) -> pl.DataFrame:
    once = len(dump.files) == 1 and dump.duplicates == 0
    return winners(run.store, entity, dump.files, columns, once)


def _text_ids(
    run: Run,
    previous: Dumps | None,
    dialects: Collection[str],
    current: dict[str, Table],
    visible: dict[str, list[Dump]],
) -> list[Part]:
    """The texts that ids of the current dumps stand for, of each entity that has such."""
    parts = []
    for entity in (entity for entity in NAMED if entity in dialects):
        dump = visible[entity][-1] if visible[entity] else None
        if dump is None or not dump.files or not _have_texts(run, dump.files):
            continue
        if previous is not None and getattr(previous, entity) == current[entity]:
            known = [part for part in previous.text_ids if part.partition == entity]
            if known:
                parts += known
                continue
        [key] = key_columns(entity)
        rows = _rows_of(run, entity, dump, (key, TEXT_ID)).select(
            pl.lit(entity).alias("entity"), pl.col(key).alias("id"), TEXT_ID
        )
        parts.append(run.store.publish_part("text_ids", entity, rows.sort("id")))
    return parts


def _have_texts(run: Run, files: Sequence[str]) -> bool:
    """Whether the ids in a dump's files stand for texts: all were read alike."""
    return TEXT_ID in pl.read_parquet_schema(run.store.path(files[0]))


def _current(run: Run, entity: str, visible: Sequence[Dump]) -> Table:
    if not visible or not visible[-1].files:
        return Table(entity)
    dump = visible[-1]
    columns = Table(entity).schema.names()
    return run.store.remember(
        entity, key_of(dump.files), lambda: _rows_of(run, entity, dump, columns)
    )


def _fold(
    run: Run,
    name: str,
    entity: str,
    dumps: Sequence[Dump],
    columns: Sequence[str],
    rule: str,
    extend: Callable[[Table | pl.DataFrame, pl.DataFrame], pl.DataFrame],
) -> Table:
    """Fold the dumps in the order of their stamps, from the longest beginning that is known.

    `extend` is given what is known and the rows of later dumps: `columns` and `stamp`.
    """

    def key(count: int) -> str:
        return key_of(rule, [dump.key for dump in dumps[:count]])

    folded: Table | pl.DataFrame = Table(name)
    known = 0
    for count in range(len(dumps), 0, -1):
        kept = run.store.recall(name, key(count))
        if kept is not None:
            folded, known = kept, count
            break
    if isinstance(folded, Table) and known == len(dumps):
        return folded
    for batch in batches([(dump, dump.rows) for dump in dumps[known:] if dump.files], DUMP_ROWS):
        later = pl.concat(
            _rows_of(run, entity, dump, columns).with_columns(
                pl.lit(dump.stamp, dtype=pl.Datetime("us")).alias("stamp")
            )
            for dump in batch
        )
        folded = extend(folded, later)
    result = folded if isinstance(folded, pl.DataFrame) else run.store.read(folded)
    return run.store.remember(name, key(len(dumps)), lambda: result)
