"""Which export files are new, changed or gone, and what each contributes.

A file's contribution is kept under the hash of its content and the version of the reader: a file
that was read once is never parsed again, wherever it is moved, and one that is replaced under the
same name, size and time is noticed, since its inode or change time differs and its bytes are hashed
again.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import msgspec

from pipelines.exports.erased import Erased, read_erased
from pipelines.exports.files import (
    DUMP_ENTITIES,
    ExportFile,
    Listing,
    format_of,
)
from pipelines.exports.read import Content, Contribution, FileChanged, read_file
from pipelines.exports.rows_writer import REJECTS_FILE, ROWS_FILE
from pipelines.exports.small_files import SmallFile, batches, read_together
from pipelines.failures import Failure
from pipelines.settings import Dialect, Dialects
from pipelines.store.atomic import explained_if_full, place_folder, sync_folder
from pipelines.store.checksums import checksum_of_file, parquet_name, written
from pipelines.store.documents import encode_document, read_document
from pipelines.store.results import StepResult
from pipelines.store.store import Store, key_of
from pipelines.tables import StoreFile
from pipelines.version import code_version
from pipelines.vocabulary import ENTITIES

#: Two writes within one tick of a file system's clock leave one change time. A signature is
#: trusted only if the file had been still for longer than any such tick when it was hashed.
STILL_NS = 2_000_000_000
ATTEMPTS = 3
#: Folders that wait for the disk at the same time.
SYNCS = 8
PLAYS = "plays"
#: The account of a file, beside its rows.
REPORT = "contribution.json"
_READER = code_version("pipelines/exports")[:8]


class ExportsChanging(Failure):
    """An export file changed every time it was read."""

    code = "exports_changing"
    may_pass = True


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One export file that is present, and what it contributes.

    `folder` holds the accepted rows, and the rejected ones if there are any; `signature` is empty
    while the file is too young to be recognised by it.
    """

    entity: str
    path: str
    signature: str
    sha256: str
    folder: StoreFile
    stamp: datetime | None
    contribution: Contribution

    @property
    def rows_file(self) -> str:
        """The accepted rows, below the store's folder."""
        return f"{self.folder}/{self.contribution.rows_file}"

    @property
    def rejects_file(self) -> str:
        """The rejected rows, below the store's folder; only there if there are any."""
        return f"{self.folder}/{self.contribution.rejects_file}"


class Deliveries(StepResult, frozen=True):
    """All export files that are present, by entity, each in the order of its paths.

    `ignored` files have an ending that no format has, `unknown_folders` are no entity's; `listing`
    is a key over what was looked at: the names, inodes, sizes and times. `dialects` identifies how
    files were read, by entity, of those that have a table of their own. `missing_folders` are those
    that the settings name and that are not there.
    """

    files: dict[str, list[Delivery]]
    ignored: list[str]
    unknown_folders: list[str]
    listing: str
    dialects: dict[str, str] = msgspec.field(default_factory=dict)
    missing_folders: list[str] = msgspec.field(default_factory=list)

    @property
    def is_recognisable(self) -> bool:
        """Whether every file would be recognised by its signature."""
        return all(d.signature for files in self.files.values() for d in files)

    def accepted(self, entity: str) -> list[Delivery]:
        """The files of an entity that have at least one accepted row, in path order."""
        return [d for d in self.files[entity] if d.contribution.accepted]


def listing_key(listing: Listing) -> str:
    """A key over the names, inodes, sizes and times of all export files, and how they are read."""
    return key_of(
        hashlib.sha256(
            msgspec.json.encode([(f.entity, f.path, f.signature) for f in listing.files])
        ).hexdigest(),
        listing.ignored,
        listing.unknown_folders,
        listing.dialects,
        listing.missing_folders,
    )


def contribution_folder(entity: str, path: str, sha256: str, dialect: str = "") -> str:
    """Where the contribution of a file is kept, below the store's folder; empty for one without
    bytes. `dialect` identifies its entity's table.
    """
    said = format_of(path)
    if said is None or not sha256:
        return ""
    name = f"{sha256[:40]}-{said[0]}{said[1]}-{_READER}"
    return f"work/files/{entity}/{name}{dialect and '-'}{dialect}"


def ingest(
    store: Store,
    listing: Listing,
    dialects: Dialects,
    previous: Deliveries | None,
    on_progress: Callable[[int, int], None],
    workers: int = 3,
) -> Generator[Deliveries, None, None]:
    """Read what is new or changed of the listed files and give everything that is present.

    It is given twice: without the plays, as soon as the rest is read, and at the end with them.
    Raises ExportsChanging if a file never holds still. Calls `on_progress(done, total)` with
    numbers of bytes. `workers` files are read side by side. Without what the store's list of erased
    ids names. Whoever does not take both closes it.
    """
    erased = read_erased(store.root)
    key = listing_key(listing)
    known = {}
    if previous is not None:
        known = {
            (d.entity, d.path): d
            for entity, files in previous.files.items()
            for d in files
            if d.signature and previous.dialects.get(entity) == listing.dialects.get(entity)
        }
    present: dict[tuple[str, str], Delivery | None] = {
        (file.entity, file.path): earlier
        for file in listing.files
        if (earlier := known.get((file.entity, file.path))) is not None
        and earlier.signature == file.signature
    }
    unread = [file for file in listing.files if (file.entity, file.path) not in present]
    early = [entity for entity in ENTITIES if entity != PLAYS]
    groups = [
        list(batches(file for file in unread if (file.entity == PLAYS) == is_plays))
        for is_plays in (False, True)
    ]
    total = sum(file.size for file in listing.files)
    done = total - sum(file.size for file in unread)

    def deliver(batch: list[ExportFile]) -> list[Delivery | None]:
        dialect = dialects.of(batch[0].entity)
        # Whose rows are to be left out is found where files are read one by one.
        small = {} if erased is not None else _read_together(store, batch, dialect)
        return [_deliver(store, file, dialect, erased, small, keeping) for file in batch]

    on_progress(done, total)
    with _Keeping() as keeping, ThreadPoolExecutor(max_workers=workers) as pool:
        delivered = pool.map(deliver, chain(*groups))
        try:
            for entities, group in zip((early, ENTITIES), groups, strict=True):
                for batch, deliveries in zip(group, delivered, strict=False):
                    for file, delivery in zip(batch, deliveries, strict=True):
                        present[file.entity, file.path] = delivery
                    done += sum(file.size for file in batch)
                    on_progress(done, total)
                keeping.sync()
                files: dict[str, list[Delivery]] = {entity: [] for entity in ENTITIES}
                for file in listing.files:
                    found = present.get((file.entity, file.path))
                    if file.entity in entities and found is not None:
                        files[file.entity].append(found)
                yield Deliveries(
                    files,
                    list(listing.ignored),
                    list(listing.unknown_folders),
                    key,
                    listing.dialects,
                    list(listing.missing_folders),
                )
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class _Keeping:
    """Puts folders in their places when what is in them is on the disk.

    In threads of its own, so that those who read need not wait for the disk. When the context
    ends, all are in their places, also after a power cut. Raises OSError there.
    """

    def __init__(self) -> None:
        # Folders that are synced at the same time share what a file system writes for each sync.
        self._pool = ThreadPoolExecutor(max_workers=SYNCS)
        self._lock = Lock()
        self._moves: list[Future[None]] = []
        self._parents: set[Path] = set()

    def keep(self, temporary: Path, folder: Path, anew: bool) -> None:
        """Move a complete folder to where it is to be, `anew` = in place of one that is there."""
        with self._lock:
            self._moves.append(self._pool.submit(_keep, temporary, folder, anew))
            self._parents.add(folder.parent)

    def __enter__(self) -> Self:
        return self

    def sync(self) -> None:
        """Wait until all that was handed over is in its place. Raises OSError."""
        with self._lock:
            moves, self._moves = self._moves, []
            parents, self._parents = self._parents, set()
        for move in moves:
            move.result()
        for parent in parents:
            sync_folder(parent)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()
        self.sync()


def _keep(temporary: Path, folder: Path, anew: bool) -> None:
    try:
        place_folder(temporary, folder, anew=anew)
    except OSError:
        # The same content under another name was read at the same time.
        if not (folder / REPORT).exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _read_together(
    store: Store, batch: Sequence[ExportFile], dialect: Dialect
) -> dict[str, SmallFile]:
    """What new files of a batch contribute, as far as they can be read together, by their hash."""

    def is_known(file: ExportFile, sha256: str) -> bool:
        folder = contribution_folder(file.entity, file.path, sha256, dialect.key)
        return not store.distrusts and (store.root / folder).exists()

    return read_together(batch, dialect, is_known)


def _deliver(
    store: Store,
    file: ExportFile,
    dialect: Dialect,
    erased: Erased | None,
    small: Mapping[str, SmallFile],
    keeping: _Keeping,
) -> Delivery | None:
    if file.defect:
        contribution = rejected("", "file:unreadable", file.defect)
        return Delivery(
            file.entity, file.path, file.signature, "", StoreFile(""), file.stamp, contribution
        )
    for _ in range(ATTEMPTS):
        is_still = time.time_ns() - file.changed_ns > STILL_NS
        signature = file.signature if is_still else ""
        try:
            opened = Content(file)
        except FileNotFoundError:
            return None
        except OSError as error:
            contribution = rejected("", "file:unreadable", f"It cannot be opened: {error}.")
            return Delivery(file.entity, file.path, signature, "", "", file.stamp, contribution)
        # What fails from here on is the store: that is no fault of the export file.
        try:
            with opened as content:
                sha256 = content.sha256
                folder = ""
                if file.stamp is None and file.entity in DUMP_ENTITIES:
                    contribution = rejected(sha256, "file:stamp", "Its path holds no date.")
                else:
                    folder = contribution_folder(file.entity, file.path, sha256, dialect.key)
                    contribution = _contribution(
                        store, file, content, dialect, erased, small, folder, keeping
                    )
        except FileChanged:
            continue
        return Delivery(file.entity, file.path, signature, sha256, folder, file.stamp, contribution)
    raise ExportsChanging(
        f"{file.location} changed each of the {ATTEMPTS} times that it was read. Write exports "
        "under a name that ends in .tmp or .part and rename them when they are complete."
    )


def kept_contribution(folder: Path, sha256: str) -> Contribution | None:
    """The account of a file that was read before, if its contribution is still kept whole."""
    contribution = read_document(folder / REPORT, Contribution)
    if contribution is None or contribution.sha256 != sha256:
        return None
    return contribution


def _contribution(
    store: Store,
    file: ExportFile,
    content: Content,
    dialect: Dialect,
    erased: Erased | None,
    small: Mapping[str, SmallFile],
    name: str,
    keeping: _Keeping,
) -> Contribution:
    folder = store.root / name
    known = None if store.distrusts else kept_contribution(folder, content.sha256)
    if known is not None:
        return known
    anew = store.distrusts or folder.exists()
    temporary = temporary_folder(folder)
    try:
        read = small.get(content.sha256)
        if read is not None:
            with explained_if_full(temporary / ROWS_FILE, file.size):
                contribution = sealed(temporary, read.write(temporary))
        else:
            contribution = read_into(temporary, file, content, dialect, erased)
        (temporary / REPORT).write_bytes(encode_document(contribution))
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    keeping.keep(temporary, folder, anew)
    return contribution


def temporary_folder(folder: Path) -> Path:
    """A new folder to make a contribution in, beside the place where it is to be."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    temporary.mkdir(parents=True)
    return temporary


def read_into(
    folder: Path, file: ExportFile, content: Content, dialect: Dialect, erased: Erased | None
) -> Contribution:
    """Read a file, and keep its rows in a folder under names with checksums. Raises OSError."""
    with explained_if_full(folder / ROWS_FILE, file.size):
        return sealed(folder, read_file(file, content, folder, dialect, erased=erased))


def sealed(folder: Path, account: Contribution) -> Contribution:
    """Put checksums into the names of the files of rows; the account with them."""
    return msgspec.structs.replace(
        account,
        rows_checksum=_seal(folder / ROWS_FILE),
        rejects_checksum=_seal(folder / REJECTS_FILE),
    )


def _seal(path: Path) -> str:
    """Put the checksum of a Parquet file into its name; empty if there is no such file."""
    if not path.exists():
        return ""
    checksum = checksum_of_file(path)
    path = path.rename(path.with_name(parquet_name(path.stem, checksum)))
    written(path)
    return checksum


def rejected(sha256: str, reason: str, detail: str) -> Contribution:
    """What a file contributes that is rejected whole."""
    return Contribution(sha256=sha256, file_reason=reason, file_detail=detail)
