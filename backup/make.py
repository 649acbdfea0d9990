"""Makes a backup, without a lock and while refreshes run.

Three things make it one moment's. A snapshot's documents are kept as they are read, and what they
refer to never changes. If a refresh removes a file before it is copied, the store is listed again:
the snapshot that had the file is not in it any more. And the backup's own document comes last.

It is incremental by content: of a file whose name says a checksum that is there already, not a byte
is read.
"""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from backup.contents import Contents, Unit, list_store
from backup.objects import BackupFile, OnProgress
from backup.project_files import keep_project_files
from backup.target import Backup, Target
from pipelines.publication.manifest import NoSnapshot, find_current
from pipelines.settings import Loaded
from pipelines.store.checksums import Damaged, checksum_in, checksum_of_file

#: Files that are copied side by side: each waits until it is on the disk.
_WORKERS: Final = 4


@dataclass(frozen=True)
class Made:
    """A backup that was made, how many bytes were copied for it, and which backups were removed."""

    backup: Backup
    copied_bytes: int
    removed: list[str]


def back_up(
    loaded: Loaded, target: Target, keep: int, now: datetime, on_progress: OnProgress
) -> Made:
    """Keep what a store has now, and the newest `keep` backups.

    What is damaged is left out, and no older backup is removed then: it may have it whole. `now` is
    UTC without a zone; calls `on_progress(done, total)` with the bytes that are copied. Raises
    NoSnapshot if there is nothing to keep, BackupBusy, OSError.
    """
    root = loaded.settings.project.store
    find_current(root)
    with target.writing():
        project = keep_project_files(loaded, target.objects.put)
        copies = _Copies(root, target, on_progress)
        contents = _copy_all(root, target, copies)
        snapshots = [one for one, unit in contents.snapshots.items() if not copies.lack(unit)]
        if not snapshots:
            raise NoSnapshot(
                f"No snapshot in {root} is whole: nothing was kept, and older backups stay. "
                "`beatxp verify` says what is damaged."
            )
        files = {file.path: file for unit in contents.units for file in copies.files_of(unit)}
        backup = Backup(
            target.new_id(now),
            now,
            str(root),
            snapshots,
            [*files.values(), *contents.documents],
            project.settings,
            project.rulebook,
            project.masked,
            [*contents.damaged, *filter(None, map(copies.lack, contents.units))],
        )
        target.add(backup)
        removed = [] if backup.left_out else target.remove_old(keep)
    return Made(backup, copies.bytes, removed)


def _copy_all(root: Path, target: Target, copies: "_Copies") -> Contents:
    """What is in the store, once every file of it is kept or known to be damaged."""
    gone: set[str] = set()
    while True:
        contents = list_store(root, target.objects.put)
        missing = copies.add({path for unit in contents.units for path in unit.parquet})
        if not missing:
            return contents
        # It is listed again, and gone again: no refresh has removed it.
        copies.give_up(missing & gone)
        gone = missing


class _Copies:
    """The Parquet files of a store that are kept, by path, and those that are damaged."""

    def __init__(self, root: Path, target: Target, on_progress: OnProgress) -> None:
        self._root = root
        self._target = target
        self._on_progress = on_progress
        self._present = target.objects.checksums()
        self._kept: dict[str, BackupFile] = {}
        self._damaged: dict[str, Damaged] = {}
        self._counting = Lock()
        self._total = 0
        self.bytes = 0

    def add(self, paths: set[str]) -> set[str]:
        """Copy the files that are not kept yet; returns those that are not there. Raises OSError.

        Equal files have one copy.
        """
        missing: set[str] = set()
        equal: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths - self._kept.keys() - self._damaged.keys()):
            try:
                checksum = checksum_in(path) or checksum_of_file(self._root / path)
            except FileNotFoundError:
                missing.add(path)
            else:
                equal[checksum].append(path)
        self._expect(same[0] for checksum, same in equal.items() if checksum not in self._present)
        with ThreadPoolExecutor(_WORKERS) as pool:
            for lost in pool.map(self._keep, equal, equal.values()):
                missing.update(lost)
        return missing

    def give_up(self, paths: Iterable[str]) -> None:
        """Know that files are gone for good."""
        self._damaged |= {path: Damaged(self._root / path, "is gone") for path in paths}

    def files_of(self, unit: Unit) -> list[BackupFile]:
        """All files of a unit; none if one is damaged."""
        if self.lack(unit):
            return []
        return [*unit.documents, *(self._kept[path] for path in unit.parquet)]

    def lack(self, unit: Unit) -> str | None:
        """What is damaged of a unit, as a sentence; None if nothing is."""
        for path in unit.parquet:
            if path in self._damaged:
                error = self._damaged[path]
                return f"{unit.name}: {error.path} {error.state}."
        return None

    def _expect(self, paths: Iterable[str]) -> None:
        for path in paths:
            try:
                self._total += (self._root / path).stat().st_size
            except FileNotFoundError:
                continue

    def _keep(self, checksum: str, paths: list[str]) -> list[str]:
        """Keep equal files; returns those that are not there."""
        missing = []
        for path in paths:
            try:
                size = self._copy(checksum, path)
            except FileNotFoundError:
                missing.append(path)
            except Damaged as error:
                self._damaged[path] = error
            else:
                for same in paths:
                    self._kept[same] = BackupFile(same, checksum, size)
                    self._damaged.pop(same, None)
                return []
        return missing

    def _copy(self, checksum: str, path: str) -> int:
        """Copy a file unless that is done; returns its size. Raises Damaged, OSError."""
        if checksum in self._present:
            return self._target.objects.path(checksum).stat().st_size
        size = self._target.objects.put_file(self._root / path, checksum)
        with self._counting:
            self.bytes += size
            self._on_progress(self.bytes, self._total)
        return size
