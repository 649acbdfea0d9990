"""What in a store is not what was written: every file and document, of all kept snapshots.

Nothing that is found here can be taken for something else by a reader; it can be missing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from pipelines.exports.contribution import Contribution
from pipelines.exports.ingest import REPORT
from pipelines.publication.hold import HOLD, Hold
from pipelines.publication.manifest import (
    CHECKED,
    HELD_BACK,
    MANIFEST,
    POINTER,
    Checked,
    Manifest,
    NoSnapshot,
    all_kept,
    find_current,
    lost_ids,
    read_pointer,
)
from pipelines.store.checksums import damage_of
from pipelines.store.documents import read_document
from pipelines.store.sweep import is_contribution

_DAMAGED = "is damaged: it is not what was written"
#: Documents in the store's folder that nobody else tells of, and what they hold.
_KINDS: Final[Mapping[str, Any]] = {CHECKED: Checked, HELD_BACK: Manifest, HOLD: Hold}


@dataclass(frozen=True)
class Fault:
    """A file of a store that is gone or damaged, and how, as the rest of a sentence."""

    path: Path
    state: str


@dataclass(frozen=True)
class Examined:
    """How many files were looked at, and what is wrong with some."""

    files: int
    faults: list[Fault]


def faults_of(manifests: Iterable[Manifest], root: Path, workers: int) -> Examined:
    """Look at every file of some snapshots. Raises OSError."""
    paths = {
        path
        for manifest in manifests
        for table in ("snapshot", *manifest.tables)
        for path in manifest.paths(root, table)
    }
    return _examined(sorted(paths), _parquet_fault, workers)


def faults_of_store(root: Path, workers: int) -> Examined:
    """Look at every file and document of a store. Raises OSError."""
    published = faults_of(all_kept(root), root, workers)
    working = _examined(sorted((root / "work/tables").glob("*/*.parquet")), _parquet_fault, workers)
    contributions = _examined(
        [path for path in sorted((root / "work/files").glob("*/*")) if is_contribution(path)],
        _contribution_fault,
        workers,
    )
    documents = _examined(list(_documents(root)), _document_fault, workers)
    every = (published, working, contributions, documents)
    return Examined(
        sum(part.files for part in every),
        [*_pointer_faults(root), *(fault for part in every for fault in part.faults)],
    )


def _examined(
    paths: list[Path], fault_of: Callable[[Path], Fault | None], workers: int
) -> Examined:
    with ThreadPoolExecutor(workers) as pool:
        found = [fault for fault in pool.map(fault_of, paths) if fault is not None]
    return Examined(len(paths), found)


def _parquet_fault(path: Path) -> Fault | None:
    damage = damage_of(path)
    return None if damage is None else Fault(damage.path, damage.state)


def _contribution_fault(folder: Path) -> Fault | None:
    """What is wrong with the account of an export file, or with the rows that are kept of it."""
    report = folder / REPORT
    contribution = read_document(report, Contribution)
    if contribution is None or not folder.name.startswith(contribution.sha256[:40]):
        return Fault(report, _DAMAGED)
    for name in (contribution.rows_file, contribution.rejects_file):
        fault = _parquet_fault(folder / name) if name else None
        if fault is not None:
            return fault
    return None


class _Step(msgspec.Struct):
    """Of a step's document: whose it is."""

    step: str


def _documents(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _KINDS if (root / name).exists())
    yield from sorted((root / "work/steps").glob("*.json"))


def _document_fault(path: Path) -> Fault | None:
    """Whether a document is none, or in the place of another. Lost work is no fault."""
    said = read_document(path, _KINDS.get(path.name, _Step))
    is_other_step = isinstance(said, _Step) and said.step != path.stem
    return Fault(path, _DAMAGED) if said is None or is_other_step else None


def _pointer_faults(root: Path) -> Iterator[Fault]:
    """What is wrong with the manifests, and with what says which one is published."""
    pointer = read_pointer(root)
    for snapshot_id in lost_ids(root, all_kept(root)):
        manifest = root / "snapshots" / snapshot_id / MANIFEST
        if manifest.exists():
            yield Fault(manifest, _DAMAGED)
        elif pointer is not None:  # else the first one may be being written
            yield Fault(manifest, "is gone")
    try:
        fault = find_current(root).fault
    except NoSnapshot as error:
        fault = str(error)
    if fault is not None and read_document(root / POINTER, dict[str, Any]) is None:
        yield Fault(root / POINTER, "is damaged or gone")
