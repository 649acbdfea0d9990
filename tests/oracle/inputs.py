"""All export files as accepted rows: snapshots by stamp, events by identity (section 1)."""

import os
from collections import Counter
from collections.abc import Mapping as Items
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from .cells import BadCellError, is_blank
from .clock import day_of
from .entities import ENTITIES, BadRowError, Entity, Row, read_row
from .formats import format_of, rows_of
from .mappings import Mapping, mapping_of
from .raw import BadFileError
from .stamps import stamp_of

Tables: TypeAlias = Items[str, Items[str, Any]]
"""The tables `[exports.<entity>]` of settings, as TOML has them, by entity."""


@dataclass(frozen=True)
class Erased:
    """Whose rows are not there, and whose listening is unknown."""

    producers: frozenset[int] = frozenset()
    listeners: frozenset[int] = frozenset()


NOBODY = Erased()


@dataclass
class Snapshot:
    """One full dump: the rows of all files with one stamp, by key."""

    stamp: int
    rows: dict[tuple[object, ...], Row] = field(default_factory=dict)
    complete: bool = True


@dataclass
class Reading:
    """What the files of one entity hold, and the balance of its rows."""

    entity: Entity
    files: int = 0
    rejected_files: int = 0
    rows_read: int = 0
    duplicates: int = 0
    rejects: list[Row] = field(default_factory=list)
    bad_cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of accepted rows, by file and column."""
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    events: dict[tuple[object, ...], Row] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Rejected rows, without rejected files."""
        return sum(reject["row"] is not None for reject in self.rejects)

    def visible(self, as_of: int) -> list[Snapshot]:
        """Complete snapshots with stamp <= as_of, the earliest first."""
        return [
            self.snapshots[stamp]
            for stamp in sorted(self.snapshots)
            if stamp <= as_of and self.snapshots[stamp].complete
        ]

    def current(self, as_of: int) -> list[Row]:
        """Rows of the current snapshot; none if no snapshot is visible."""
        visible = self.visible(as_of)
        return list(visible[-1].rows.values()) if visible else []

    def before(self, as_of: int) -> list[Row]:
        """Events before as_of, after corrections."""
        time = self.entity.time
        assert time is not None
        return [row for row in self.events.values() if row[time] < as_of]


def export_files(folder: Path) -> list[tuple[str, Path]]:
    """Export files below an entity's folder, as (path below it, file), in the order of bytes."""
    found = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(("_", "."))]
        for name in names:
            ignored = name.startswith(("_", ".")) or name.endswith((".tmp", ".part"))
            if not ignored and format_of(name):
                file = Path(parent, name)
                found.append((file.relative_to(folder).as_posix(), file))
    return sorted(found, key=lambda pair: os.fsencode(pair[0]))


def read_entity(
    exports: Path, entity: Entity, mapping: Mapping, erased: Erased = NOBODY
) -> Reading:
    """Everything that the files of one entity hold, but for what was erased."""
    reading = Reading(entity)
    required = [mapping.theirs(column) for column in entity.required]
    wanted = [mapping.theirs(column) for column in entity.columns]
    for path, file in export_files(exports / (mapping.folder or entity.name)):
        reading.files += 1
        stamp = None if entity.time else stamp_of(path, mapping.zone, mapping.stamp)
        try:
            if stamp is None and entity.time is None:
                raise BadFileError("file:stamp")
            raw_rows = rows_of(file.name, file.read_bytes(), required, wanted, mapping.dialect)
        except BadFileError as error:
            reading.rejected_files += 1
            reading.rejects.append(_reject(entity, path, None, error.reason))
            if stamp is not None:
                reading.snapshots.setdefault(stamp, Snapshot(stamp)).complete = False
            continue
        if stamp is None:
            winners = reading.events
        else:
            winners = reading.snapshots.setdefault(stamp, Snapshot(stamp)).rows
        for number, raw in enumerate(raw_rows, start=1):
            if raw is not None and _is_of(entity, raw, mapping, erased.producers):
                continue
            reading.rows_read += 1
            if raw is None:
                reading.rejects.append(_reject(entity, path, number, "row:malformed"))
                continue
            try:
                row, bad = read_row(entity, raw, mapping)
            except BadRowError as error:
                reading.rejects.append(_reject(entity, path, number, error.reason))
                continue
            reading.bad_cells.update((path, column) for column in bad)
            for column in ("listener_id", "user_id"):
                if row.get(column) in erased.listeners:
                    row[column] = None
            identity = _identity(entity, row)
            reading.duplicates += identity in winners
            winners[identity] = row
    return reading


def read_all(
    exports: Path, tables: Tables | None = None, erased: Erased = NOBODY
) -> dict[str, Reading]:
    """Every entity, also those without a folder."""
    return {
        name: read_entity(exports, entity, mapping_of((tables or {}).get(name, {})), erased)
        for name, entity in ENTITIES.items()
    }


def _is_of(
    entity: Entity, raw: dict[str, object], mapping: Mapping, producers: frozenset[int]
) -> bool:
    """Whether a row, good or bad, is one of these producers'."""
    if not producers or "producer_id" not in entity.columns:
        return False
    cell = mapping.cell(raw, "producer_id")
    try:
        return cell is not None and entity.columns["producer_id"](cell) in producers
    except BadCellError:
        return False


def is_filled(value: object) -> bool:
    """Whether a metadata field of a track holds something (section 2, "metadata")."""
    if value is None:
        return False
    if isinstance(value, str):
        return not is_blank(value)
    if isinstance(value, list):
        return any(item is not None and not is_blank(item) for item in value)
    return bool(value > 0)  # type: ignore[operator]


def _identity(entity: Entity, row: Row) -> tuple[object, ...]:
    key = tuple(row[column] for column in entity.key)
    return (*key, day_of(row["played_at"])) if entity.name == "plays" else key


def _reject(entity: Entity, path: str, row: int | None, reason: str) -> Row:
    return {"entity": entity.name, "file": path, "row": row, "reason": reason}
