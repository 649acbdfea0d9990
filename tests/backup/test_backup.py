"""A store that was lost is restored from a backup, and goes on as if nothing had happened."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from threading import Lock

import pytest

from analysis.scenario import open_sandbox
from analysis.store_faults import faults_of_store
from backup.make import Made, back_up
from backup.objects import BackupDamaged, Objects
from backup.restore import Restored, StoreNotEmpty, restore
from backup.target import BackupBusy, Target, UnknownBackup
from pipelines.exports.erased import ERASED, ERASURE_DONE
from pipelines.publication.hold import held, roll_back
from pipelines.publication.manifest import NoSnapshot, all_kept, current, kept, kept_ids
from pipelines.publication.publish import Outcome
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.refresh import refresh
from pipelines.settings import load_with_origins
from pipelines.store.documents import write_document
from tests.dying import die
from tests.erasure.erasing import erase_from, places_of
from tests.product import Project
from tests.test_notices import FILES, PLAYS, RULEBOOK, TRACKS

NOW = datetime(2026, 11, 20, 12)
DEATHS = int(os.environ.get("BEATXP_DEATHS", "3"))


class Kept:
    """A project whose store is backed up to a folder."""

    def __init__(self, folder: Path, limits: str = "") -> None:
        self.project = Project(folder / "project", guards=limits)
        self.root = self.project.folder / "store"
        (folder / "disk").mkdir(exist_ok=True)
        self.target = Target(folder / "disk")

    def begin(self) -> None:
        self.project.rulebook.write_text(RULEBOOK)
        self.project.deliver(FILES)

    def deliver(self, day: int) -> None:
        """Five plays of a day in November, and a dump of tracks, which replaces the one before."""
        rows = "".join(f"{100 * day + n},1,2026-11-{day:02},{n}\n" for n in range(5))
        self.project.deliver({f"plays/{day}.csv": PLAYS + rows})
        track = f"1,1,Take {day},published,2026-01-01,2026-01-01\n"
        for dump in (self.project.exports / "tracks").iterdir():
            dump.unlink()
        self.project.deliver({f"tracks/2026-11-{day:02}.csv": TRACKS + track})

    def refresh(self, day: int, store: str = "store") -> Outcome:
        as_of = datetime(2026, 11, day, 18)
        return refresh(self.project.settings(store), as_of, clock=lambda: as_of)

    def grow(self, *days: int) -> None:
        for day in days:
            self.deliver(day)
            assert self.refresh(day).published

    def back_up(self, keep: int = 30) -> Made:
        self.project.settings()
        loaded = load_with_origins(self.project.folder / "store.toml")
        return back_up(loaded, self.target, keep, NOW, lambda *_: None)

    def restore(self, backup_id: str | None = None, replace: bool = False) -> Restored:
        backup = self.target.find(backup_id)
        return restore(
            self.project.settings(), self.target, backup, replace, lambda *_: None, lambda: None
        )

    def contents(self) -> dict[str, str]:
        """The content of every kept snapshot; that all files are what was written is looked at."""
        assert faults_of_store(self.root, 2).faults == []
        rows = [manifest.snapshot for manifest in all_kept(self.root)]
        return {row.snapshot_id: row.content_sha256 for row in rows}

    def lose(self) -> None:
        shutil.rmtree(self.root)

    def objects(self) -> set[str]:
        return self.target.objects.checksums()


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grown")
    store = Kept(folder)
    store.begin()
    store.grow(2, 3, 4)
    return folder


@pytest.fixture
def store(grown: Path, tmp_path: Path) -> Kept:
    shutil.copytree(grown, tmp_path, dirs_exist_ok=True)
    return Kept(tmp_path)


def test_after_a_lost_disk_a_refresh_comes_to_what_it_would_have_come_to(store: Kept) -> None:
    before, published = store.contents(), current(store.root)
    store.back_up()
    # What was published since is lost with the disk, the export files are not.
    store.grow(5, 6)
    store.lose()
    restored = store.restore()
    assert store.contents() == before
    assert current(store.root) == published
    assert not restored.erases_again
    store.deliver(7)
    outcome = store.refresh(7)
    assert not any("damaged" in notice for notice in outcome.notices)
    again = outcome.manifest.snapshot.content_sha256
    assert again == store.refresh(7, "never-lost").manifest.snapshot.content_sha256
    assert len(store.contents()) == len(before) + 1


def test_what_export_files_said_that_are_gone_is_restored(store: Kept) -> None:
    """The first snapshot's dump of tracks has been replaced since."""
    store.back_up()
    store.lose()
    shutil.rmtree(store.project.exports)
    store.project.exports.mkdir()
    store.restore()
    oldest = kept(store.root, kept_ids(store.root)[0])
    settings = store.project.settings()
    with open_sandbox(settings) as sandbox:
        derived = sandbox.derive(sandbox.scenario_of(PublishedSnapshot(store.root, oldest)))
        again = derived.snapshot.row.content_sha256
    assert again == oldest.snapshot.content_sha256


def test_only_what_is_new_is_copied(store: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store.back_up()
    assert 0 < first.copied_bytes <= first.backup.bytes
    with monkeypatch.context() as reading:
        reading.delattr(Objects, "put_file")
        assert store.back_up().copied_bytes == 0
    store.grow(5)
    third = store.back_up()
    assert 0 < third.copied_bytes < first.copied_bytes
    assert third.backup.backup_id > first.backup.backup_id


def test_older_backups_are_restored_until_they_are_removed(store: Kept) -> None:
    before, first = store.contents(), store.back_up().backup
    store.grow(5)
    second = store.back_up().backup
    store.lose()
    store.restore(first.backup_id)
    assert store.contents() == before
    store.grow(6)
    made = store.back_up(keep=1)
    assert made.removed == [first.backup_id, second.backup_id]
    assert store.target.ids() == [made.backup.backup_id]
    assert store.objects() == {file.checksum for file in made.backup.every_file}
    after = store.contents()
    store.lose()
    store.restore()
    assert store.contents() == after


def test_ids_rise_although_the_clock_goes_back(store: Kept) -> None:
    ids = [store.back_up().backup.backup_id for _ in range(3)]
    assert ids == sorted(set(ids)) == store.target.ids()
    with pytest.raises(UnknownBackup, match="but 3 whose ids begin so"):
        store.target.find(ids[0][:8])
    assert store.target.find(ids[1]).backup_id == ids[1]
    with pytest.raises(UnknownBackup, match="beatxp backups"):
        store.target.find("2027")


def test_a_refresh_may_publish_and_retire_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Kept(tmp_path, limits="[snapshots]\nkeep = 2\n")
    store.begin()
    store.grow(2, 3)
    lost, copy = kept_ids(store.root)[0], Objects.put_file
    days, one_at_a_time = iter((4, 5)), Lock()

    def refreshing(objects: Objects, source: Path, checksum: str) -> int:
        # Between the list and its first file.
        with one_at_a_time:
            for day in days:
                store.grow(day)
        return copy(objects, source, checksum)

    monkeypatch.setattr(Objects, "put_file", refreshing)
    made = store.back_up()
    assert lost not in kept_ids(store.root)
    assert made.backup.left_out == []
    assert made.backup.snapshots == kept_ids(store.root)
    before = store.contents()
    store.lose()
    store.restore()
    assert store.contents() == before


def test_what_is_damaged_is_left_out_and_older_backups_stay(store: Kept) -> None:
    oldest, *others = all_kept(store.root)
    shared = {part.file for m in others for parts in m.tables.values() for part in parts}
    own = [p.file for parts in oldest.tables.values() for p in parts if p.file not in shared]
    first = store.back_up()
    shutil.rmtree(store.target.folder / "objects")
    (store.root / own[0]).write_bytes(b"x")
    (store.root / own[1]).unlink()
    rows = next((store.root / "work/files/plays").iterdir()) / "contribution.json"
    rows.write_bytes(rows.read_bytes().replace(b"2026", b"2027"))
    made = store.back_up(keep=1)
    said = " ".join(made.backup.left_out)
    assert f"Snapshot {oldest.snapshot.snapshot_id}: " in said
    assert str(rows) in said
    assert made.removed == []
    assert store.target.ids() == [first.backup.backup_id, made.backup.backup_id]
    store.lose()
    store.restore()
    assert kept_ids(store.root) == [m.snapshot.snapshot_id for m in others]
    assert store.contents()


def test_an_empty_store_pushes_no_backup_out(store: Kept) -> None:
    made = store.back_up()
    store.lose()
    with pytest.raises(NoSnapshot):
        store.back_up(keep=1)
    assert store.target.ids() == [made.backup.backup_id]
    store.restore()
    shutil.rmtree(store.root / "tables")
    # The copies of its files are as good as they are.
    assert store.back_up().backup.left_out == []
    shutil.rmtree(store.target.folder / "objects")
    with pytest.raises(NoSnapshot):
        store.back_up(keep=1)
    assert len(store.target.ids()) == 2


def test_nothing_is_restored_from_a_damaged_copy(store: Kept) -> None:
    made = store.back_up()
    tables = [f for f in made.backup.files if f.path.startswith("tables/")]
    documents = [f for f in made.backup.files if f.path.endswith("manifest.json")]
    for file, spoil in ((tables[0], b"x"), (documents[0], b"{}"), (tables[1], None)):
        store.lose()
        path = store.target.objects.path(file.checksum)
        whole = path.read_bytes()
        path.write_bytes(spoil) if spoil is not None else path.unlink()
        damaged = store.target.objects.damaged(made.backup.files, lambda *_: None)
        assert len(damaged) == 1
        assert file.path in damaged[0]
        with pytest.raises(BackupDamaged, match=file.path):
            store.restore()
        assert kept_ids(store.root) == []
        path.write_bytes(whole)
    store.restore()
    assert store.contents()


def test_snapshots_are_replaced_only_if_that_is_asked_for(store: Kept) -> None:
    before, made = store.contents(), store.back_up()
    store.grow(5, 6)
    after = store.contents()
    with pytest.raises(StoreNotEmpty, match="has 5 snapshots"):
        store.restore()
    assert store.contents() == after
    roll_back(store.root, current(store.root), NOW, "wrong file", 1)
    part = current(store.root).tables["progress"][0]
    (store.root / part.file).write_bytes(b"x")
    store.restore(made.backup.backup_id, replace=True)
    assert store.contents() == before
    folders = {path.name for path in (store.root / "snapshots").iterdir()}
    assert folders == set(made.backup.snapshots), "what came after the backup is gone"
    assert held(store.root) is None, "at a snapshot that is gone"
    assert store.refresh(6).manifest.snapshot.content_sha256 == [*after.values()][-1]


def test_readers_see_what_was_published_until_all_is_restored(
    store: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.back_up()
    old = current(store.root).snapshot.snapshot_id
    store.grow(5)
    copy, seen = Objects.get_file, []

    def watched(objects: Objects, file: object, place: Path) -> None:
        found = current(store.root)
        paths = [p for name in found.tables for p in found.paths(store.root, name)]
        assert all(path.exists() for path in paths)
        seen.append(found.snapshot.snapshot_id)
        copy(objects, file, place)  # type: ignore[arg-type]

    new = current(store.root).snapshot.snapshot_id
    monkeypatch.setattr(Objects, "get_file", watched)
    store.restore(replace=True)
    assert set(seen) == {new}
    assert current(store.root).snapshot.snapshot_id == old


@pytest.mark.parametrize("own", [False, True])
def test_what_was_erased_since_is_erased_again(store: Kept, own: bool) -> None:
    """An older backup has what was erased: the list of it is the newest one that is known."""
    first = store.back_up()
    write_document({"ids": ["one"]}, store.root / ERASED)
    second = store.back_up()
    if own:
        write_document({"ids": ["one", "two"]}, store.root / ERASED)
    write_document({"erased": "all of them"}, store.root / ERASURE_DONE)
    known = (store.root / ERASED).read_bytes()
    if not own:
        store.lose()
    assert store.restore(first.backup.backup_id, replace=own).erases_again
    assert (store.root / ERASED).read_bytes() == known
    assert not (store.root / "checked.json").exists(), "the next refresh must look at everything"
    assert not (store.root / ERASURE_DONE).exists(), "and erase"
    assert store.restore(second.backup.backup_id, replace=True).erases_again == own


def test_an_erasure_is_done_again_after_a_restore(store: Kept) -> None:
    before = store.back_up()
    erase_from(store.project, [1])
    erased = store.contents()
    store.back_up()
    store.lose()
    store.restore(before.backup.backup_id)
    assert places_of(store.root, ["Ada"])
    store.refresh(4)
    assert not places_of(store.root, ["Ada"])
    assert store.contents() == erased


def test_paths_out_of_the_store_are_not_written_to(store: Kept) -> None:
    made = store.back_up()
    path = store.target.folder / "backups" / f"{made.backup.backup_id}.json"
    document = json.loads(path.read_text())
    document.pop("checksum")
    document["files"][0][0] = "tables/../../outside"
    write_document(document, path)
    store.lose()
    with pytest.raises(BackupDamaged, match="not of a store"):
        store.restore()


def test_two_backups_at_once_do_not_mix(store: Kept) -> None:
    with store.target.writing(), pytest.raises(BackupBusy):
        store.back_up()
    assert store.back_up().backup.files


def test_a_full_disk_is_said_in_a_sentence(store: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("pipelines.store.atomic._sync", full)
        with pytest.raises(OSError, match="The disk is full"):
            store.back_up()
    assert store.target.ids() == []
    assert store.back_up().backup.left_out == []


BACK_UP_OR_RESTORE = """
from backup.make import back_up
from backup.restore import restore
from backup.target import Target
from pipelines.settings import load_with_origins

def unwatched(*_):
    pass

what, settings, folder, backup_id = sys.argv
loaded, target = load_with_origins(Path(settings)), Target(Path(folder))
if what == "back up":
    back_up(loaded, target, 30, datetime(2026, 11, 20), unwatched)
else:
    restore(loaded.settings, target, target.find(backup_id), True, unwatched, unwatched)
"""


def die_at(store: Kept, at_write: int, what: str, backup_id: str = "") -> int:
    settings = store.project.folder / "store.toml"
    return die(BACK_UP_OR_RESTORE, at_write, what, settings, store.target.folder, backup_id)


def test_a_backup_that_dies_at_any_write_harms_no_other(store: Kept) -> None:
    first = store.back_up()
    store.grow(5)
    folder = store.target.folder
    shutil.copytree(folder, folder.with_name("copy"))
    writes = die_at(store, 10**9, "back up")
    shutil.rmtree(folder)
    folder.with_name("copy").rename(folder)
    for death in range(DEATHS):
        die_at(store, 1 + (writes - 1) * death // (DEATHS - 1), "back up")
        assert store.target.objects.damaged(first.backup.files, lambda *_: None) == []
    made = store.back_up(keep=2)
    backups = [store.target.read(one) for one in store.target.ids()]
    assert len(backups) == 2
    assert backups[-1] == made.backup
    assert store.objects() == {f.checksum for one in backups for f in one.every_file}
    assert not [*folder.rglob("*.tmp")]


def test_a_restore_that_dies_at_any_write_is_finished_by_the_next(store: Kept) -> None:
    first, before = store.back_up().backup.backup_id, store.contents()
    store.grow(5)
    after = store.contents()
    copy = store.root.with_name("copy")
    shutil.copytree(store.root, copy)
    writes = die_at(store, 10**9, "restore", first)
    for death in range(DEATHS):
        store.lose()
        shutil.copytree(copy, store.root)
        die_at(store, 1 + (writes - 1) * death // (DEATHS - 1), "restore", first)
        row = current(store.root).snapshot
        assert row.snapshot_id in ([*before][-1], [*after][-1])
        assert row.content_sha256 == after[row.snapshot_id]
        store.restore(first, replace=True)
        assert store.contents() == before
    assert not [*store.root.rglob("*.tmp")]


def test_nothing_is_written_to_the_store(store: Kept) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}
    store.back_up()
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*")} == before
