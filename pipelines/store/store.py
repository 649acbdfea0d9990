"""The store's folder: who may write, which results are remembered, what is thrown away.

    store/
      current.json      the pointer: which snapshot is published
      checked.json      when a refresh last looked, and what it looked at
      failed.json       what the last refresh failed on, if it would again
      erased.json       hashes of the ids of whom data was erased
      snapshots/ID/     manifest.json and snapshot.parquet of each kept snapshot, and its report
      tables/NAME/      published Parquet files, shared between snapshots by content
      work/             contributions of export files, working tables, results of steps
      comparisons/      what was found between two kept snapshots, as long as both are kept
      sandbox/          stores of their own that share files of this one, while they are open

Every file is immutable and appears whole (write, fsync, rename); only the JSON documents at fixed
names are replaced, atomically. Parquet files have a checksum in their names, documents one at their
end: what is read is what was written, or is computed again. Deleting `work/` costs time and changes
no result.
"""

import gc
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec
import polars as pl
from filelock import FileLock, Timeout

from pipelines.failures import Failure
from pipelines.store.atomic import (
    remove,
    remove_folder,
    remove_leftovers,
    sync_folder,
    write_bytes,
)
from pipelines.store.checksums import (
    Damaged,
    checksum_of,
    damage_of,
    label_of,
    parquet_name,
    verify,
    written,
)
from pipelines.store.documents import read_document, write_document
from pipelines.store.parts import Part, content_digest, parquet_bytes
from pipelines.store.results import files_of
from pipelines.tables import Table, pieces, union

T = TypeVar("T")

#: Where SQL works on the disk, below the store's folder.
SPILL = "work/spill"
#: Where sandboxes are opened, below the store's folder.
SANDBOX = "sandbox"
#: Folders in which others work without the lock.
_OF_READERS = (SANDBOX, "comparisons", "dashboard")


class StoreBusy(Failure):
    """Another refresh holds the store and did not finish in the time that was given."""

    code = "store_busy"
    may_pass = True


def key_of(*parts: object) -> str:
    """A short stable name for a list of inputs (texts, numbers, times, lists, JSON documents)."""

    def plain(value: object) -> object:
        if isinstance(value, Table):
            return list(value.files)
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, pl.DataFrame):
            return content_digest(value)
        raise TypeError(type(value).__name__)

    text = json.dumps(parts, default=plain, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Store:
    """One folder with everything that refreshes of one set of exports have produced.

    `version` names the code that fills it: results of another version are not reused. What a store
    that is not `durable` holds is lost in a power cut, and sooner written.
    """

    def __init__(self, root: Path, version: str, durable: bool = True) -> None:
        self.root = root
        self.version = version
        self._durable = durable
        self._used: set[str] = set()
        self._saved: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        self._written_in: set[Path] = set()
        self._written_lock = Lock()
        self._labelled: dict[str, dict[str, str]] = {}
        self.distrusts = False
        #: The names of damaged files that were removed.
        self.discarded: list[str] = []

    def forget_results(self) -> None:
        """Forget what steps returned, and their working tables."""
        for folder in ("work/steps", "work/tables"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        self._labelled.clear()
        self._seen.clear()
        self._saved.clear()

    def start_over(self) -> None:
        """Forget all results, and write every file anew even if its name is there.

        What export files contributed stays until each is read again: kept snapshots were made from
        files that may be gone.
        """
        self.forget_results()
        self.distrusts = True

    def discard(self, path: Path) -> None:
        """Remove a damaged file: whatever refers to it is computed again.

        A contribution goes as a whole: the export file is read again.
        """
        self.discarded.append(path.name)
        if path.is_relative_to(self.root / "work/files"):
            remove_folder(path.parent)
        else:
            remove(path)
        self._labelled.clear()
        self._seen.clear()

    @contextmanager
    def lock(
        self, wait_seconds: float, on_wait: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Be the only writer. Readers never need it.

        Calls `on_wait` if another writer is at it. What a writer left unfinished that died is
        removed. Raises StoreBusy if another writer is still at it after `wait_seconds`.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is not None:
                on_wait()
            try:
                lock.acquire(timeout=wait_seconds)
            except Timeout:
                raise StoreBusy(
                    f"Another refresh has been at work in {self.root} for over "
                    f"{wait_seconds:.0f} s. Wait for it to finish, or stop it, and try again."
                ) from None
        # Others may have been at work meanwhile.
        self._seen.clear()
        self._saved.clear()
        self._labelled.clear()
        try:
            with self._unfinished():
                yield
        finally:
            lock.release()

    @contextmanager
    def _unfinished(self) -> Iterator[None]:
        """A file that is there while a writer is at work, and stays if it dies."""
        marker = self.root / "unfinished"
        if marker.exists():
            remove_leftovers(self.root, _OF_READERS)
            shutil.rmtree(self.root / SPILL, ignore_errors=True)
        marker.touch()
        try:
            yield
        finally:
            # What cannot be removed is found by the next writer.
            with suppress(OSError):
                marker.unlink()

    # Working tables -----------------------------------------------------------------------

    def path(self, file: str) -> Path:
        """The absolute path of a file of the store, which is what was written. Raises Damaged."""
        self._used.add(_whole(file))
        path = self.root / file
        verify(path)
        return path

    def paths(self, table: Table) -> list[str]:
        """The absolute paths of a table's files, in order. Raises Damaged."""
        return [str(self.path(file)) for file in table.files]

    def write(self, name: str, label: str, frame: pl.DataFrame) -> Table:
        """Keep a working table under a label that says what it was made from."""
        data = parquet_bytes(frame)
        file = f"work/tables/{name}/{parquet_name(label, checksum_of(data))}"
        self._write(file, data)
        self._used.add(file)
        return Table(name, (file,), frame.height)

    def remember(self, name: str, key: str, build: Callable[[], pl.DataFrame]) -> Table:
        """The working table for this key: the kept one, or what `build` returns."""
        kept = self.recall(name, key)
        if kept is not None:
            return kept
        label = key_of(self.version, name, key)
        table = self.write(name, label, build())
        self._labels(name)[label] = table.files[0]
        return table

    def recall(self, name: str, key: str) -> Table | None:
        """The kept working table for this key; None if there is none, or it was damaged."""
        label = key_of(self.version, name, key)
        file = self._labels(name).get(label)
        if file is None:
            return None
        try:
            path = self.path(file)
        except Damaged as error:
            remove(error.path)
            del self._labels(name)[label]
            return None
        rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        return Table(name, (file,), rows)

    def _labels(self, name: str) -> dict[str, str]:
        """The kept files of a working table, by their labels."""
        if name not in self._labelled:
            folder = self.root / "work/tables" / name
            names = os.listdir(folder) if folder.is_dir() else []
            self._labelled[name] = {label_of(file): f"work/tables/{name}/{file}" for file in names}
        return self._labelled[name]

    def read(self, table: Table, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """A table in memory, or some of its columns."""
        wanted = list(columns or table.schema.names())
        if not table.files:
            return table.empty.select(wanted)
        return pl.read_parquet(
            self.paths(table), columns=wanted, hive_partitioning=False, glob=False
        )

    def read_each(
        self, tables: Sequence[Table], columns: Sequence[str] | None = None
    ) -> list[pl.DataFrame]:
        """Several tables of one name, in memory: quicker than one after the other."""
        together = self.read(union(tables[0].name, tables), columns)
        return list(pieces(together, (table.rows for table in tables)))

    def scan(self, table: Table) -> pl.LazyFrame:
        """A table, of which only what is asked for is read."""
        if not table.files:
            return pl.LazyFrame(schema=table.schema)
        return pl.scan_parquet(self.paths(table), hive_partitioning=False, glob=False)

    # Published tables ---------------------------------------------------------------------

    def publish_part(self, name: str, partition: str, frame: pl.DataFrame) -> Part:
        """Write a file of a published table, or find that its content is there already."""
        data = parquet_bytes(frame)
        file = f"tables/{name}/{parquet_name(partition, checksum_of(data))}"
        self._used.add(file)
        if self.distrusts or damage_of(self.root / file) is not None:
            self._write(file, data)
        return Part(file, partition, frame.height, content_digest(frame), len(data))

    # Results of steps ---------------------------------------------------------------------

    def save(self, step: str, request: str, result: msgspec.Struct) -> None:
        """Remember what a step returned for a request; no result depends on it being there."""
        files = sorted(set(map(_whole, files_of(result))))
        encoded = msgspec.Raw(msgspec.json.encode(result))
        document = _Saved(step, self.version, request, files, encoded)
        path = self.root / f"work/steps/{step}.json"
        write_document(document, path, self._durable)
        self._wrote(path)
        self._saved[step] = files
        self.sync()

    def _write(self, file: str, data: bytes | memoryview) -> None:
        path = self.root / file
        write_bytes(data, path, self._durable)
        written(path)
        self._wrote(path)

    def _wrote(self, path: Path) -> None:
        with self._written_lock:
            self._written_in.add(path.parent)

    def sync(self) -> None:
        """Make everything that was written so far survive a power cut, names included."""
        with self._written_lock:
            written_in, self._written_in = self._written_in, set()
        for folder in written_in if self._durable else ():
            sync_folder(folder)

    def load(self, step: str, kind: type[T], request: str | None = None) -> T | None:
        """What a step returned last time; None if unknown, of other code, or with lost files.

        With `request`, also None if it was returned for another one.
        """
        saved = read_document(self.root / f"work/steps/{step}.json", _Saved)
        if (
            saved is None
            or (saved.step, saved.version) != (step, self.version)
            or request not in (None, saved.request)
            or not self._exist(saved.files)
        ):
            return None
        try:
            with _no_collection():
                return msgspec.json.decode(saved.result, type=kind)
        except msgspec.MsgspecError:
            return None

    def _exist(self, files: Iterable[str]) -> bool:
        """Whether all files are there; a look into each folder is quicker than one at each file.

        What results of several steps refer to is looked for once.
        """
        new = set(files) - self._seen
        wanted: dict[str, set[str]] = {}
        for file in new:
            folder, _, name = file.rpartition("/")
            wanted.setdefault(folder, set()).add(name)
        try:
            exist = all(
                names <= set(os.listdir(self.root / folder))
                if len(names) > 1
                else (self.root / folder / next(iter(names))).exists()
                for folder, names in wanted.items()
            )
        except FileNotFoundError:
            return False
        if exist:
            self._seen.update(new)
        return exist

    def referenced(self) -> set[str]:
        """The files that this process used, and those named in results of steps; of contributions
        their folders. Call it under the lock.
        """
        self._seen.clear()
        found = set(self._used)
        for path in (self.root / "work/steps").glob("*.json"):
            if path.stem in self._saved:
                found.update(self._saved[path.stem])
                continue
            saved = read_document(path, _Saved)
            if saved is not None and saved.version == self.version:
                found.update(saved.files)
        return found


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let no garbage be looked for: among what a large document makes there is none, and looking
    takes several times as long as decoding.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _whole(file: str) -> str:
    """What appears and goes as a whole: a file, or the contribution that it is in."""
    if not file.startswith("work/files/"):
        return file
    return "/".join(file.split("/", 4)[:4])


class _Saved(msgspec.Struct):
    """A step's document: which code wrote it for which request, the files that its result refers
    to, and the result.
    """

    step: str
    version: str
    request: str
    files: list[str]
    result: msgspec.Raw
