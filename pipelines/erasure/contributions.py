"""What is kept of export files, without what was erased.

A file that is still there is read again, so that what stays is what a first reading gives. Of one
that is gone, the kept rows are taken over: how many rows it repeated and how many bad cells it had
stays as it was counted. Each is replaced so that, whenever the process dies, its account names
files that are there.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import polars as pl
import pyarrow.parquet

from pipelines.exports.content import Content, FileChanged
from pipelines.exports.contribution import Contribution
from pipelines.exports.deduplication import Deduplication
from pipelines.exports.erased import Erased
from pipelines.exports.files import ExportFile, Listing
from pipelines.exports.ingest import (
    PLAYS,
    REPORT,
    contribution_folder,
    kept_contribution,
    read_into,
    sealed,
    temporary_folder,
)
from pipelines.exports.quarantine import REJECTS
from pipelines.exports.reading import Reading
from pipelines.exports.rows_writer import RowsWriter
from pipelines.exports.schemas import SCHEMAS, identity
from pipelines.exports.text_ids import TEXT_ID
from pipelines.exports.without_erased import ID_COLUMNS, WithoutErased
from pipelines.publication.export_files import export_files
from pipelines.publication.manifest import Manifest
from pipelines.settings import Dialect, Dialects
from pipelines.store.atomic import move_file, remove_folder, sync_folder
from pipelines.store.checksums import Damaged, verified
from pipelines.store.documents import write_document

_ROWS_AT_ONCE = 1_000_000
#: Entities of which the row of one producer can replace that of another.
_REPLACED_BY_OTHERS = tuple(
    entity
    for entity, schema in SCHEMAS.items()
    if "producer_id" in schema.columns and "producer_id" not in identity(schema).columns
)


@dataclass
class Kept:
    """What is kept of one content: `folder` is below the store's; `dialect` says how it was read.

    `paths`: what files with it are called, or were.
    """

    entity: str
    sha256: str
    folder: str
    dialect: str
    paths: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class ErasedRows:
    """Rows of a kept content that hold erased ids: those that go, and those that become unknown.

    `may_be_more`: whether the file itself may hold others, that other rows of it replaced.
    """

    removed: int
    made_unknown: int
    may_be_more: bool


def kept_contents(root: Path, manifests: Iterable[Manifest]) -> list[Kept]:
    """What some snapshots are computed from, each content once.

    Nothing is known of one whose list of export files is damaged: it cannot be computed again.
    """
    found: dict[str, Kept] = {}
    for manifest in manifests:
        try:
            files = export_files(root, [manifest])
        except Damaged:
            continue
        for entity, path, sha256, dialect in files.iter_rows():
            folder = contribution_folder(entity, path, sha256, dialect)
            if folder:
                kept = found.setdefault(folder, Kept(entity, sha256, folder, dialect))
                kept.paths.add(path)
    return list(found.values())


def erased_rows(root: Path, kept: Kept, dialects: Dialects, erased: Erased) -> ErasedRows | None:
    """Which rows of a content hold erased ids; None if nothing of it names who was erased."""
    account = kept_contribution(root / kept.folder, kept.sha256)
    if account is None:
        return None
    without = _without(root, kept, account, dialects, erased)
    if account.rows_file:
        path = verified(root / kept.folder / account.rows_file)
        names = [name for name in ID_COLUMNS if name in pl.read_parquet_schema(path)]
        if names:
            for rows in _chunks(path, names):
                without.kept(rows)
    for reason, original in _rejected(root, kept, account).select("reason", "original").rows():
        without.original(reason, original)
    # Of an uploader whose track is another's in a later row, or of an event that was corrected.
    may_be_more = account.repeated > 0 and kept.entity in _REPLACED_BY_OTHERS
    if without.account(account).erased == account.erased and not may_be_more:
        return None
    return ErasedRows(without.removed, without.made_unknown, may_be_more)


def erase_from(
    root: Path, kept: Kept, dialects: Dialects, erased: Erased, present: Mapping[str, ExportFile]
) -> None:
    """Keep a content without what was erased. `present`: the entity's files, by path."""
    folder = root / kept.folder
    account = kept_contribution(folder, kept.sha256)
    if account is None:
        return
    temporary = temporary_folder(folder)
    try:
        again = _read_again(kept, dialects, erased, present, temporary)
        if again is None:
            again = _taken_over(root, kept, account, dialects, erased, temporary)
        for name in _files(again):
            move_file(temporary / name, folder / name)
        sync_folder(folder)
        write_document(again, folder / REPORT)
        sync_folder(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_others(root: Path, kept: Iterable[Kept]) -> None:
    """Remove what no kept snapshot needs, and files that no account names."""
    wanted = {one.folder: one.sha256 for one in kept}
    for folder in (root / "work/files").glob("*/*"):
        sha256 = wanted.get(folder.relative_to(root).as_posix())
        account = None if sha256 is None else kept_contribution(folder, sha256)
        if account is None:
            remove_folder(folder)
            continue
        for path in folder.iterdir():
            if path.name not in (REPORT, *_files(account)):
                path.unlink()


def files_with_erased(root: Path, kept: Iterable[Kept], listing: Listing) -> list[str]:
    """The export files that are there, by entity and path, of which rows are left out."""
    present = {(file.entity, file.path) for file in listing.files}
    found = set()
    for one in kept:
        account = kept_contribution(root / one.folder, one.sha256)
        if account is not None and account.erased:
            found |= {f"{one.entity}/{path}" for path in one.paths if (one.entity, path) in present}
    return sorted(found)


def _files(account: Contribution) -> list[str]:
    return [name for name in (account.rows_file, account.rejects_file) if name]


def _read_again(
    kept: Kept,
    dialects: Dialects,
    erased: Erased,
    present: Mapping[str, ExportFile],
    folder: Path,
) -> Contribution | None:
    """Read a file that has the content into a folder; None if there is none any more."""
    dialect = dialects.of(kept.entity)
    for path in sorted(kept.paths & present.keys()):
        file = present[path]
        if file.defect or dialect.key != kept.dialect:
            continue
        try:
            with Content(file) as content:
                if content.sha256 == kept.sha256:
                    return read_into(folder, file, content, dialect, erased)
        except (FileChanged, FileNotFoundError):
            continue
    return None


def _taken_over(
    root: Path,
    kept: Kept,
    account: Contribution,
    dialects: Dialects,
    erased: Erased,
    folder: Path,
) -> Contribution:
    """Take the kept rows over into a folder."""
    without = _without(root, kept, account, dialects, erased)
    reading = _reading(root, kept, account, dialects)
    deduplication = Deduplication(reading.schema)
    rejects = _rejected(root, kept, account)
    originals = [without.original(*row) for row in rejects.select("reason", "original").rows()]
    rejects = rejects.with_columns(pl.Series("original", originals, dtype=pl.String))
    rejects = rejects.drop_nulls("original")
    if account.rows_file:
        # Only listeners are erased from plays: what is known of their days stays so.
        settle: Callable[[pl.DataFrame], pl.DataFrame] = (
            deduplication.deduplicated if kept.entity != PLAYS else lambda rows: rows
        )
        with RowsWriter(reading, folder) as writer:
            for rows in _chunks(verified(root / kept.folder / account.rows_file)):
                writer.write(settle(without.kept(rows)), pl.DataFrame(schema=REJECTS))
            writer.write(pl.DataFrame(), rejects)
    if kept.entity != PLAYS and account.rows_file:
        repeated = account.repeated + deduplication.repeated
        account = msgspec.structs.replace(
            account,
            rows_read=deduplication.accepted + repeated + rejects.height,
            accepted=deduplication.accepted,
            repeated=repeated,
            rejected=rejects.height,
            reasons=dict(Counter(rejects["reason"])),
            is_distinct=deduplication.is_distinct,
            days=deduplication.days,
            keys=deduplication.keys,
        )
    account = msgspec.structs.replace(account, examples={})
    return sealed(folder, without.account(account))


def _chunks(path: Path, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns):
            yield pl.DataFrame(pl.from_arrow(batch))


def _rejected(root: Path, kept: Kept, account: Contribution) -> pl.DataFrame:
    if not account.rejects_file:
        return pl.DataFrame(schema=REJECTS)
    path = verified(root / kept.folder / account.rejects_file)
    return pl.read_parquet(path, hive_partitioning=False, glob=False)


def _without(
    root: Path, kept: Kept, account: Contribution, dialects: Dialects, erased: Erased
) -> WithoutErased:
    is_known = dialects.of(kept.entity).key == kept.dialect
    return WithoutErased(erased, _reading(root, kept, account, dialects), is_known)


def _reading(root: Path, kept: Kept, account: Contribution, dialects: Dialects) -> Reading:
    """How the content was read; only as far as its rows tell, if the settings were others then."""
    dialect = dialects.of(kept.entity)
    if dialect.key == kept.dialect:
        return Reading(kept.entity, dialect)
    reading = Reading(kept.entity, Dialect())
    path = root / kept.folder / account.rows_file
    if account.rows_file and TEXT_ID in pl.read_parquet_schema(path):
        reading = Reading(kept.entity, Dialect(text_ids=(reading.key,)))
    return reading
