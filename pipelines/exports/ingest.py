"""Which export files are new, changed or gone, and what each contributes.

A file's contribution is kept under the hash of its content: a file that was read once is never
parsed again, wherever it is moved, and one that is replaced under the same name, size and time is
noticed, since its inode or change time differs and its bytes are hashed again.
"""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.exports.files import ENTITIES, SNAPSHOTS, ExportFile, Listing, list_exports
from pipelines.exports.read import Contribution, FileChanged, content_sha256, read_file
from pipelines.store.parts import sync_folder
from pipelines.store.store import Store, key_of

#: Two writes within one tick of a file system's clock leave one change time. A signature is
#: trusted only if the file had been still for longer than any such tick when it was hashed.
SETTLED_NS = 2_000_000_000
ATTEMPTS = 3


class ExportsChanging(Exception):
    """An export file changed every time it was read."""


class Delivery(msgspec.Struct, frozen=True):
    """One export file that is present, and what it contributes.

    `folder` holds rows.parquet, and rejects.parquet if a row was rejected; `signature` is empty
    while the file is too young to be recognised by it.
    """

    entity: str
    path: str
    signature: str
    sha256: str
    folder: str
    stamp: datetime | None
    contribution: Contribution

    @property
    def rows_file(self) -> str:
        """The accepted rows, below the store's folder."""
        return f"{self.folder}/rows.parquet"

    @property
    def rejects_file(self) -> str:
        """The rejected rows, below the store's folder; only there if there are any."""
        return f"{self.folder}/rejects.parquet"


class Deliveries(msgspec.Struct, frozen=True):
    """All export files that are present, by entity, each in the order of its paths.

    `listing` is a key over what was looked at: the names, inodes, sizes and times.
    """

    files: dict[str, list[Delivery]]
    ignored: list[str]
    listing: str

    @property
    def settled(self) -> bool:
        """Whether every file would be recognised by its signature."""
        return all(d.signature for files in self.files.values() for d in files)

    def accepted(self, entity: str) -> list[Delivery]:
        """The files of an entity that have at least one accepted row, in path order."""
        return [d for d in self.files[entity] if d.contribution.accepted]


def listing_key(listing: Listing) -> str:
    """A key over the names, inodes, sizes and times of all export files."""
    return key_of([(f.entity, f.path, f.signature) for f in listing.files], listing.ignored)


def ingest(
    store: Store,
    exports: Path,
    previous: Deliveries | None,
    on_progress: Callable[[int, int], None],
    workers: int = 2,
) -> Deliveries:
    """Read what is new or changed below `exports` and return everything that is present.

    Raises ExportsChanging if a file never holds still. Calls `on_progress(done, total)` with
    numbers of bytes.
    """
    listing = list_exports(exports)
    known = {}
    if previous is not None:
        known = {
            (d.entity, d.path): d for files in previous.files.values() for d in files if d.signature
        }
    sizes = [
        file.location.stat().st_size if file.location.exists() else 0 for file in listing.files
    ]
    total, done = sum(sizes), 0

    def deliver(file: ExportFile) -> Delivery | None:
        earlier = known.get((file.entity, file.path))
        if earlier is not None and earlier.signature == file.signature:
            return earlier
        return _deliver(store, file)

    files: dict[str, list[Delivery]] = {entity: [] for entity in ENTITIES}
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for delivery, size in zip(pool.map(deliver, listing.files), sizes, strict=True):
            done += size
            on_progress(done, total)
            if delivery is not None:
                files[delivery.entity].append(delivery)
    return Deliveries(files, list(listing.ignored), listing_key(listing))


def _deliver(store: Store, file: ExportFile) -> Delivery | None:
    for _ in range(ATTEMPTS):
        settled = time.time_ns() - file.changed_ns > SETTLED_NS
        signature = file.signature if settled else ""
        try:
            sha256 = content_sha256(file)
            folder = f"work/files/{file.entity}/{sha256[:40]}-{file.format}{file.compression}"
            if file.entity in SNAPSHOTS and file.stamp is None:
                folder = ""
                contribution = _rejected(sha256, "file:stamp", "Its path holds no date.")
            else:
                contribution = _contribution(file, sha256, store.root / folder)
        except FileChanged:
            continue
        except FileNotFoundError:
            return None
        except OSError as error:
            sha256, folder = "", ""
            contribution = _rejected("", "file:unreadable", f"It cannot be opened: {error}.")
        return Delivery(file.entity, file.path, signature, sha256, folder, file.stamp, contribution)
    raise ExportsChanging(
        f"{file.location} changed each of the {ATTEMPTS} times that it was read. Write exports "
        "under a name that ends in .tmp or .part and rename them when they are complete."
    )


def _contribution(file: ExportFile, sha256: str, folder: Path) -> Contribution:
    report = folder / "contribution.json"
    try:
        return Contribution.from_json(report.read_bytes())
    except FileNotFoundError:
        pass
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.{time.monotonic_ns()}")
    temporary.mkdir(parents=True)
    try:
        contribution = read_file(file, sha256, temporary)
        (temporary / report.name).write_bytes(contribution.to_json())
        for path in temporary.iterdir():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
        sync_folder(temporary)
        try:
            temporary.rename(folder)
        except OSError:
            # The same content under another name was read at the same time.
            if not report.exists():
                raise
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return contribution


def _rejected(sha256: str, reason: str, detail: str) -> Contribution:
    return Contribution(
        sha256=sha256,
        rows_read=0,
        accepted=0,
        rejected=0,
        reasons={},
        bad_cells={},
        unknown_columns=[],
        file_reason=reason,
        file_detail=detail,
        days={},
    )
