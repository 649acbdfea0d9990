"""What there is to say of an entity's files: how they would be read, and what would cure them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
from msgspec.structs import replace

from analysis.inspection.cures import next_change
from analysis.inspection.look import Look, look_at, same_dumps
from pipelines.exports.files import DUMP_ENTITIES, ExportFile
from pipelines.exports.reading import Reading
from pipelines.exports.stamps import stamp_of
from pipelines.settings import Dialect
from pipelines.vocabulary import COLUMNS, plural

#: Files of an entity that are looked at: the first, and the last.
MOST_FILES: Final = 8
_MOST_CHANGES: Final = 12
_FIRST_ROWS: Final = 3
_EPOCH: Final = datetime(1970, 1, 1)
_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+")


@dataclass(frozen=True)
class ColumnFound:
    """A column of ours: what it is called in the files (None = no file has it), and how it is read.

    `kind`: as what its values are read; `written`: how many cells of the rows that were looked at
    hold something; `example`: the first such value, as it stands in the file.
    """

    column: str
    is_required: bool
    source: str | None
    kind: str
    written: int
    example: str | None


@dataclass(frozen=True)
class EntityReport:
    """How the files of an entity would be read.

    `rows`: the first accepted rows; `problems`: sentences; `table`: keys of `[exports.<entity>]`
    with which more would be read, also those that the settings have; `changed`: those among them
    that the settings do not have; `cured`: what would be read with them.
    """

    entity: str
    folder: str
    files: int
    looks: list[Look]
    columns: list[ColumnFound]
    rows: pl.DataFrame
    problems: list[str]
    hints: list[str]
    table: dict[str, Any]
    changed: list[str]
    cured: list[Look] = field(default_factory=list)


def read_rows(looks: list[Look]) -> tuple[int, int, int]:
    """Of some files: rows read, rows accepted or repeated, files rejected."""
    accounts = [look.account for look in looks]
    return (
        sum(account.rows_read for account in accounts),
        sum(account.rows_read - account.rejected for account in accounts),
        sum(account.file_reason is not None for account in accounts),
    )


def report(
    entity: str,
    files: list[ExportFile],
    in_force: Dialect,
    dialect: Dialect,
    now: datetime,
    scratch: Path,
) -> EntityReport:
    """Look at an entity's files, and for a table with which more of them would be read.

    `in_force` is the table of the settings; `dialect` may have another folder, where `files` are.
    `scratch` is an empty folder. Raises OSError, FileChanged.
    """
    some = (
        files
        if len(files) <= MOST_FILES
        else [*files[: MOST_FILES // 2], *files[-MOST_FILES // 2 :]]
    )
    folders = (scratch / f"{entity}-{n}" for n in range(1_000_000))

    def again(table: Dialect) -> list[Look]:
        return [look_at(file, table, next(folders)) for file in _stamped(some, table)]

    looks = again(dialect)
    table, cured = dialect, looks
    for _ in range(_MOST_CHANGES):
        change = next_change(entity, cured, table, again)
        if not change:
            break
        other = again(table.model_copy(update=change))
        if read_rows(other)[1] < read_rows(cured)[1]:
            break
        table, cured = table.model_copy(update=change), other
    changed = [
        name for name in Dialect.model_fields if getattr(table, name) != getattr(in_force, name)
    ]
    rows = next((look.rows for look in looks if look.rows.height), pl.DataFrame())
    return EntityReport(
        entity=entity,
        folder=dialect.folder or entity,
        files=len(files),
        looks=looks,
        columns=_columns(entity, looks, dialect),
        rows=rows.head(_FIRST_ROWS),
        problems=list(_problems(entity, looks, dialect, now)),
        hints=list(_hints(entity, cured, table)),
        table=table.model_dump(exclude_defaults=True),
        changed=changed,
        cured=cured if changed else [],
    )


def _stamped(files: list[ExportFile], table: Dialect) -> Iterator[ExportFile]:
    """The files with the stamps that a table gives them."""
    for file in files:
        stamp = stamp_of(file.path, table.stamp, table.timezone)
        yield replace(file, stamp=stamp if file.entity in DUMP_ENTITIES else None)


def _columns(entity: str, looks: list[Look], dialect: Dialect) -> list[ColumnFound]:
    reading = Reading(entity, dialect)
    found = []
    for column in COLUMNS[entity]:
        source = reading.sources[column]
        values = [v for look in looks for row in look.raw if (v := row.get(source)) is not None]
        is_there = any(source in look.names for look in looks)
        found.append(
            ColumnFound(
                column=column,
                is_required=source in reading.required,
                source=source if is_there else None,
                kind=reading.kinds[column],
                written=sum(look.account.written.get(column, 0) for look in looks),
                example=str(values[0])[:80] if values else None,
            )
        )
    return found


def _problems(entity: str, looks: list[Look], dialect: Dialect, now: datetime) -> Iterator[str]:
    for look in looks:
        account = look.account
        if account.file_reason:
            reason = f"{account.file_reason}: {account.file_detail}"
            yield f"{look.file.path} would be rejected, {reason}"
    reasons: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    for look in looks:
        reasons.update(look.account.reasons)
        bad.update(look.account.bad_cells)
    examples = {of: v for look in reversed(looks) for of, v in look.account.examples.items()}
    for reason, rows in sorted(reasons.items()):
        shown = f", such as {examples[reason]!r}" if reason in examples else ""
        yield f"{plural(rows, 'row')} would be rejected, {reason}{shown}."
    for column, cells in sorted(bad.items()):
        shown = f", such as {examples[column]!r}" if column in examples else ""
        yield f"{plural(cells, 'cell')} of {column} would mean nothing{shown}."
    unknown = sorted({name for look in looks for name in look.account.unknown_columns})
    if unknown:
        yield f"Columns that mean nothing here: {', '.join(unknown[:20])}."
    rows_read = sum(look.account.rows_read - look.account.rejected for look in looks)
    for column in COLUMNS[entity]:
        present = any(dialect.source(column) in look.names for look in looks)
        if rows_read and present and not any(look.account.written.get(column) for look in looks):
            yield f"{column} is null throughout."
    yield from _times(looks, now)


def _times(looks: list[Look], now: datetime) -> Iterator[str]:
    stamps = [look.file.stamp for look in looks if look.file.stamp is not None]
    if stamps and min(stamps) > now:
        yield (
            f"All stamps lie in the future, the first is {min(stamps):%Y-%m-%dT%H:%M} (UTC): no "
            "dump is in force yet."
        )
    firsts = [first for look in looks for _, first, *_ in look.account.days.values()]
    if firsts and _EPOCH + timedelta(microseconds=min(firsts)) > now:
        yield "All times lie in the future: nothing counts yet."
    for stamp, count in same_dumps(looks):
        yield (
            f"{count} files have the stamp {stamp:%Y-%m-%dT%H:%M} and say the same ids: several "
            "dumps may be taken for one."
        )


def _hints(entity: str, looks: list[Look], table: Dialect) -> Iterator[str]:
    """What nobody can tell from the files."""
    if table.header:
        yield (
            "The names in `header` are guessed from what stands in the columns: check them, "
            "above all those of texts."
        )
    if table.timezone != "UTC":
        return
    reading = Reading(entity, table)
    for column, kind in reading.kinds.items():
        if kind != "time":
            continue
        values = [row.get(reading.sources[column]) for look in looks for row in look.raw]
        naive = [v for v in values if isinstance(v, str) and _NAIVE.fullmatch(v)]
        if naive:
            yield (
                f"Times such as {column} = {naive[0]!r} name no zone and are taken for UTC: if "
                'they are local, add timezone = "Europe/Berlin", or whichever it is.'
            )
            return
