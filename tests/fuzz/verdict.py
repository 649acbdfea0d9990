"""What is wrong with how a file was read: nothing, if it is as the specification says."""

import shutil
import traceback
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.exports.contribution import Contribution
from pipelines.exports.files import ExportFile, format_of
from pipelines.exports.quarantine import REJECTS
from pipelines.exports.read import Content, read_file
from pipelines.store.documents import decode_document, encode_document
from tests.fuzz.files import FuzzFile
from tests.oracle.clock import day_of
from tests.oracle.entities import ENTITIES, BadRowError, Entity, Row, read_row
from tests.oracle.formats import rows_of
from tests.oracle.inputs import is_filled
from tests.oracle.raw import BadFileError, RawRow
from tests.worlds.columns import METADATA

_IN_ONE_CHUNK = 1_000_000
_STAMP = datetime(2026, 6, 1)


class Reading:
    """What the product made of a file."""

    def __init__(self, contribution: Contribution, kept: Path) -> None:
        self.contribution = contribution
        self.accepted: dict[int, Row] = {}
        self.rejects: list[tuple[int, str]] = []
        if contribution.file_reason is None:
            rows = pl.read_parquet(kept / "rows.parquet", hive_partitioning=False)
            times = [name for name, of in rows.schema.items() if of == pl.Datetime("us")]
            rows = rows.with_columns(pl.col(times).to_physical())
            self.accepted = {row.pop("row"): row for row in rows.to_dicts()}
            if (kept / "rejects.parquet").exists():
                found = pl.read_parquet(kept / "rejects.parquet", hive_partitioning=False)
                assert found.schema == REJECTS
                self.rejects = list(found.select("row", "reason").iter_rows())


def read(file: FuzzFile, folder: Path, rows_per_chunk: int = _IN_ONE_CHUNK) -> Reading:
    """Read a file as a refresh does; what is kept of it goes through an empty folder."""
    said = format_of(file.name)
    assert said is not None
    location, kept = folder / file.name, folder / "kept"
    location.write_bytes(file.content)
    kept.mkdir()
    try:
        entry = ExportFile(
            file.entity, file.name, str(location), *said, _STAMP, "", len(file.content), 0
        )
        with Content(entry) as content:
            return Reading(read_file(entry, content, kept, rows_per_chunk=rows_per_chunk), kept)
    finally:
        shutil.rmtree(kept)
        location.unlink()


def faults(file: FuzzFile, folder: Path, rows_per_chunk: int | None = None) -> list[str]:
    """What is wrong, as sentences; `rows_per_chunk`: read it once more in chunks of that size."""
    try:
        reading = read(file, folder)
        found = _unbalanced(reading)
        found += _other_than_the_oracle(file, reading)
        if rows_per_chunk is not None:
            found += _other_in_chunks(reading, read(file, folder, rows_per_chunk))
    except Exception:
        return [traceback.format_exc()]
    return found


def _unbalanced(reading: Reading) -> list[str]:
    of = reading.contribution
    found = []
    if of.rows_read != of.accepted + of.repeated + of.rejected:
        found.append(f"{of.rows_read} rows read: {of.accepted} + {of.repeated} + {of.rejected}")
    if (of.accepted, of.rejected) != (len(reading.accepted), len(reading.rejects)):
        found.append(f"kept {len(reading.accepted)} and {len(reading.rejects)} rows: {of}")
    if dict(Counter(reason for _, reason in reading.rejects)) != of.reasons:
        found.append(f"reasons of rejected rows: {of.reasons}")
    if of.file_reason is not None and not of.file_detail:
        found.append(f"{of.file_reason} without a sentence")
    if decode_document(encode_document(of), Contribution) != of:
        found.append("its account does not survive being written")
    if not reading.accepted.keys().isdisjoint(row for row, _ in reading.rejects):
        found.append("a row is accepted and rejected")
    return found


def _other_in_chunks(whole: Reading, parts: Reading) -> list[str]:
    """Where the size of the chunks makes a difference; of repeated rows more may be kept."""
    one, other = whole.contribution, parts.contribution
    found = [
        f"in small chunks {name} is {getattr(other, name)!r}, not {getattr(one, name)!r}"
        for name in ("rows_read", "rejected", "reasons", "bad_cells", "written", "unknown_columns")
        if getattr(one, name) != getattr(other, name)
    ]
    if one.file_reason != other.file_reason:
        found.append(f"in small chunks {other.file_reason}, not {one.file_reason}")
    if whole.rejects != parts.rejects:
        found.append(f"in small chunks rejected rows: {parts.rejects}, not {whole.rejects}")
    if any(parts.accepted.get(number) != row for number, row in whole.accepted.items()):
        found.append("other rows are accepted in small chunks")
    return found


def _other_than_the_oracle(file: FuzzFile, reading: Reading) -> list[str]:
    entity = ENTITIES[file.entity]
    of = reading.contribution
    try:
        raw_rows = rows_of(file.name, file.content, entity.required, list(entity.columns))
    except BadFileError as error:
        return [] if of.file_reason == error.reason else [f"{of.file_reason}, not {error.reason}"]
    if of.file_reason is not None:
        return [f"{of.file_reason} ({of.file_detail}), but {len(raw_rows)} rows can be read"]
    return _other_rows(entity, raw_rows, reading)


def _other_rows(entity: Entity, raw_rows: list[RawRow], reading: Reading) -> list[str]:
    rejects: list[tuple[int, str]] = []
    bad_cells: Counter[str] = Counter()
    good: dict[tuple[object, ...], tuple[int, Row]] = {}
    for number, raw in enumerate(raw_rows, start=1):
        if raw is None:
            rejects.append((number, "row:malformed"))
            continue
        try:
            row, bad = read_row(entity, raw)
        except BadRowError as error:
            rejects.append((number, error.reason))
            continue
        bad_cells.update(bad)
        good[_identity(entity, row)] = number, _as_kept(row)
    accepted = dict(good.values())
    of = reading.contribution
    found = []
    # Of rows in different row groups of a Parquet file, the earlier is kept too.
    kept = {
        _identity(entity, row): (number, row) for number, row in sorted(reading.accepted.items())
    }
    for what, here, there in (
        ("rows read", of.rows_read, len(raw_rows)),
        ("rejected rows", reading.rejects, rejects),
        ("bad cells", of.bad_cells, dict(bad_cells)),
        ("accepted rows", dict(kept.values()), accepted),
    ):
        if here != there:
            found.append(f"{what}: {_shown(here)}, not {_shown(there)}")
    return found


def _identity(entity: Entity, row: Row) -> tuple[object, ...]:
    key = tuple(row[column] for column in entity.key)
    return (*key, day_of(row["played_at"])) if entity.name == "plays" else key


def _as_kept(row: Row) -> Row:
    """Of metadata fields, whether they are filled."""
    return {name: is_filled(value) if name in METADATA else value for name, value in row.items()}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:600]}..."
