"""The folder with the backups of a store.

    target/
      backups/ID.json   what one backup holds: every file with the checksum of its bytes
      objects/ab/...    the bytes, named after their checksum, shared by all backups
      lock              held by whoever writes

A backup is there once its document is, which is written last. So one that was killed leaves objects
that no backup has, which the next one finds or removes. Readers take no lock: a backup can be
restored from a disk that cannot be written to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout

from backup.objects import BackupDamaged, BackupFile, Objects
from pipelines.failures import Failure, UsageError
from pipelines.store.atomic import remove_leftovers, sync_folder
from pipelines.store.documents import read_document, write_document

_TIME: Final = "%Y%m%dT%H%M%S"


class Backup(msgspec.Struct, frozen=True):
    """What one backup holds. `made_at` is UTC without a zone.

    Paths of `files` are below the store's folder, those of `settings` and `rulebook` below the one
    with the settings file, unless they are absolute; `masked` are the keys of the settings whose
    secrets are not in the backup. `left_out` says what was damaged in the store.
    """

    backup_id: str
    made_at: datetime
    store: str
    snapshots: list[str]
    files: list[BackupFile]
    settings: BackupFile | None = None
    rulebook: BackupFile | None = None
    masked: list[str] = []
    left_out: list[str] = []

    @property
    def every_file(self) -> list[BackupFile]:
        """The files of the store, and those that a project begins with."""
        return [*self.files, *filter(None, (self.settings, self.rulebook))]

    @property
    def bytes(self) -> int:
        """How many bytes the store has once it is restored."""
        return sum(file.bytes for file in self.files)


class UnknownBackup(UsageError):
    """There is no backup, or none that is called so."""

    code = "unknown_backup"


class BackupBusy(Failure):
    """Another backup is being written to the same folder."""

    code = "backup_busy"
    may_pass = True


class Target:
    """A folder for backups, which is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._backups = folder / "backups"
        self.objects = Objects(folder / "objects")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; what one left unfinished that died is removed. Raises BackupBusy."""
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BackupBusy(
                f"Another backup is being written to {self.folder}. Wait for it to end, or stop it."
            ) from None
        try:
            for folder in (self._backups, self.folder / "objects"):
                folder.mkdir(exist_ok=True)
                remove_leftovers(folder)
            yield
        finally:
            lock.release()

    def ids(self) -> list[str]:
        """The ids of all backups, the oldest first."""
        return sorted(path.stem for path in self._backups.glob("*.json"))

    def read(self, backup_id: str) -> Backup:
        """A backup. Raises BackupDamaged."""
        path = self._backups / f"{backup_id}.json"
        found = read_document(path, Backup)
        if found is None:
            raise BackupDamaged(
                f"{path} is damaged or gone: what that backup holds is not known any more. Restore "
                f"another one: `beatxp backups {self.folder}` lists them."
            )
        return found

    def all_readable(self) -> tuple[list[Backup], list[str]]:
        """All backups, the oldest first, and what is damaged of their documents, as sentences."""
        found, damaged = [], []
        for backup_id in self.ids():
            try:
                found.append(self.read(backup_id))
            except BackupDamaged as error:
                damaged.append(str(error))
        return found, damaged

    def find(self, backup_id: str | None) -> Backup:
        """The backup with an id or the only one that begins so; by default the newest one.

        Raises UnknownBackup, BackupDamaged.
        """
        ids = self.ids()
        if not ids:
            raise UnknownBackup(f"There is no backup in {self.folder}.")
        if backup_id is None:
            return self.read(ids[-1])
        found = [one for one in ids if one.startswith(backup_id)]
        if len(found) != 1:
            several = f", but {len(found)} whose ids begin so" if found else ""
            raise UnknownBackup(
                f"There is no backup {backup_id!r} in {self.folder}{several}. "
                f"`beatxp backups {self.folder}` lists them."
            )
        return self.read(found[0])

    def new_id(self, now: datetime) -> str:
        """An id for a backup that is made now: greater than all that are there."""
        last = max(self.ids(), default="")
        if last < f"{now:{_TIME}}":
            return f"{now:{_TIME}}"
        # Made in the same second, or the clock went back.
        return f"{datetime.strptime(last, _TIME) + timedelta(seconds=1):{_TIME}}"

    def add(self, backup: Backup) -> None:
        """Make a backup one that is there; its objects are. Raises OSError."""
        self.objects.sync()
        write_document(backup, self._backups / f"{backup.backup_id}.json")
        sync_folder(self._backups)

    def remove_old(self, keep: int) -> list[str]:
        """Remove all backups but the newest ones, and the objects that no other one has.

        Returns the ids of the removed ones. While a document of a kept one is damaged, objects
        stay: nobody knows which it has.
        """
        ids = self.ids()
        for old in ids[:-keep]:
            (self._backups / f"{old}.json").unlink()
        if len(ids) > keep:
            sync_folder(self._backups)
        try:
            kept = {file.checksum for one in ids[-keep:] for file in self.read(one).every_file}
        except BackupDamaged:
            return ids[:-keep]
        self.objects.remove_others(kept)
        return ids[:-keep]
