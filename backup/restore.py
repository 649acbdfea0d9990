"""Makes a store what it was when a backup was made.

What readers do not see comes first, the pointer last: until then they read what was published
before, or nothing. So a restore that is killed, or that meets a damaged copy, has changed nothing
that anybody sees, and finds what it has brought back when it is asked for again.

Results of steps are not restored: the next refresh computes again, from the rows of export files
that are, and comes to what it would have come to without a loss.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from uuid import uuid4

from backup.objects import BackupDamaged, BackupFile, OnProgress
from backup.target import Backup, Target
from pipelines.exports.erased import ERASED, ERASURE_DONE
from pipelines.failures import Failure
from pipelines.publication.comparisons import forget_comparisons
from pipelines.publication.manifest import CHECKED, MANIFEST, POINTER, kept_ids, unpublished_ids
from pipelines.refresh import LOCK_SECONDS, open_store
from pipelines.settings import Settings
from pipelines.store.atomic import place_folder, remove_folder, sync_folder
from pipelines.store.checksums import Damaged, checksum_in, checksum_of_file, verify
from pipelines.store.documents import read_document

_WORKERS: Final = 4
#: What nobody reads before a manifest names it: published tables, and the rows of export files.
_UNSEEN: Final = ("tables/", "work/files/")


class StoreNotEmpty(Failure):
    """Snapshots would be replaced by those of a backup, which nobody asked for."""

    code = "store_not_empty"


@dataclass(frozen=True)
class Restored:
    """A backup that was restored; `erases_again`: ids that were erased since then are back until
    the next refresh.
    """

    backup: Backup
    erases_again: bool


def restore(
    settings: Settings,
    target: Target,
    backup: Backup,
    replace: bool,
    on_progress: OnProgress,
    on_wait: Callable[[], None],
) -> Restored:
    """Bring back what a backup holds; without `replace` only into a store without snapshots.

    The list of erased ids is the store's own, or else that of the newest backup. Calls
    `on_progress(done, total)` with bytes, `on_wait` if a refresh is at work. Raises StoreNotEmpty,
    BackupDamaged, StoreBusy, OSError.
    """
    root = settings.project.store
    _check_places(backup)
    _check_empty(root, replace)
    store = open_store(settings)
    with store.lock(LOCK_SECONDS, on_wait):
        _check_empty(root, replace)
        of_backup = next((file for file in backup.files if file.path == ERASED), None)
        erased = _erased_file(root, target)
        unseen = [file for file in backup.files if file.path.startswith(_UNSEEN)]
        seen = [] if erased is None else [erased]
        seen += [f for f in backup.files if not f.path.startswith((*_UNSEEN, ERASED))]
        for damage in target.objects.damaged(seen, lambda *_: None):
            raise BackupDamaged(damage)
        # Before anything that was erased since is back.
        (root / ERASURE_DONE).unlink(missing_ok=True)
        _place_unseen(root, target, unseen, on_progress)
        store.start_over()
        # Before the pointer: it might be of a snapshot that is there again, with other rows.
        (root / CHECKED).unlink(missing_ok=True)
        for file in sorted(seen, key=_turn):
            target.objects.get_file(file, root / file.path)
        _sync(root, backup.files)
        forget_comparisons(root, ())
        # What was held, told or counted is of the store that was there before.
        for path in set(root.glob("[!.]*.json")) - {root / file.path for file in seen}:
            if path.name != ERASED:
                path.unlink()
        for snapshot_id in {*kept_ids(root), *unpublished_ids(root)} - set(backup.snapshots):
            remove_folder(root / "snapshots" / snapshot_id)
        in_force = _checksum_if_there(root / ERASED)
    was = None if of_backup is None else of_backup.checksum
    return Restored(backup, in_force != was)


def _check_empty(root: Path, replace: bool) -> None:
    ids = kept_ids(root)
    if ids and not replace:
        raise StoreNotEmpty(
            f"{root} has {len(ids)} snapshots, the newest of them {ids[-1]}: nothing was restored. "
            "With --replace those of the backup take their place."
        )


def _check_places(backup: Backup) -> None:
    """Nothing is written outside of the store, whoever wrote the backup. Raises BackupDamaged."""
    for file in backup.files:
        place = PurePosixPath(file.path)
        if place.is_absolute() or ".." in place.parts:
            raise BackupDamaged(
                f"Backup {backup.backup_id} holds a file that is not of a store: {file.path}."
            )


def _erased_file(root: Path, target: Target) -> BackupFile | None:
    """The list of erased ids that is to be restored: that of the newest backup with one.

    None if the store has its own, which nothing may shorten.
    """
    if read_document(root / ERASED, dict[str, Any]) is not None:
        return None
    backups, _ = target.all_readable()
    for backup in reversed(backups):
        found = [file for file in backup.files if file.path == ERASED]
        if found:
            return found[0]
    return None


def _turn(file: BackupFile) -> tuple[bool, bool, bool, str]:
    """The list of erased ids first, a manifest after the rest of its snapshot, the pointer last."""
    is_manifest = PurePosixPath(file.path).name == MANIFEST
    return (file.path == POINTER, is_manifest, file.path != ERASED, file.path)


def _place_unseen(
    root: Path, target: Target, files: Iterable[BackupFile], on_progress: OnProgress
) -> None:
    """Bring back published tables, and the rows of each export file with their account."""
    folders: dict[str, list[BackupFile]] = defaultdict(list)
    for file in files:
        is_table = file.path.startswith("tables/")
        folders[file.path if is_table else str(PurePosixPath(file.path).parent)].append(file)
    done, total = 0, sum(file.bytes for same in folders.values() for file in same)

    def place(files: list[BackupFile]) -> int:
        if not all(_is_there(root / file.path, file.checksum) for file in files):
            if files[0].path.startswith("tables/"):
                target.objects.get_file(files[0], root / files[0].path)
            else:
                _place_folder(root, target, files)
        return sum(file.bytes for file in files)

    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            for size in pool.map(place, folders.values()):
                done += size
                on_progress(done, total)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _place_folder(root: Path, target: Target, files: list[BackupFile]) -> None:
    folder = (root / files[0].path).parent
    hidden = folder.with_name(f".{folder.name}.{uuid4().hex}.tmp")
    try:
        for file in files:
            target.objects.get_file(file, hidden / PurePosixPath(file.path).name)
        place_folder(hidden, folder, anew=True)
    finally:
        remove_folder(hidden)


def _is_there(path: Path, checksum: str) -> bool:
    """Whether a file has these bytes already. Raises OSError."""
    if checksum_in(path.name) != checksum:
        return _checksum_if_there(path) == checksum
    try:
        verify(path)
    except Damaged:
        return False
    return True


def _checksum_if_there(path: Path) -> str | None:
    try:
        return checksum_of_file(path)
    except FileNotFoundError:
        return None


def _sync(root: Path, files: Iterable[BackupFile]) -> None:
    """Make the names of files survive a power cut, and those of their folders."""
    folders = {folder for file in files for folder in PurePosixPath(file.path).parents}
    for folder in folders:
        sync_folder(root / folder)
