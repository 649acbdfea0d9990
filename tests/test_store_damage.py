"""What is damaged in a store is never taken for what was written, and is computed again."""

import gc
import shutil
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from analysis.store_faults import faults_of_store
from cli.demo_exports import write_demo_exports
from pipelines.engine import Engine
from pipelines.publication import manifest as manifests
from pipelines.publication import publish as publication
from pipelines.publication.hold import roll_back
from pipelines.publication.manifest import (
    NoSnapshot,
    UnknownSnapshot,
    all_kept,
    current,
    find_current,
    kept_ids,
    lost_ids,
)
from pipelines.published.named import named
from pipelines.published.snapshot import open_snapshot
from pipelines.refresh import refresh
from pipelines.rulebook import parse_rulebook
from pipelines.run import Run
from pipelines.store.checksums import Damaged, verify_again
from pipelines.store.store import Store
from tests.product import Project
from tests.reference.planted import altered

AS_OF = datetime(2026, 10, 25)
RULES = Path("rules/beatpass.toml")
LATER = (
    "play_id,track_id,played_at,listener_id,seconds_played\n987654321,1,2026-10-23T10:00:00Z,5,90\n"
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("damage"), guards="")
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=20, plays=800, months=1)
    project.rulebook.write_bytes(RULES.read_bytes())
    refresh(project.settings(), datetime(2026, 10, 20))
    refresh(project.settings(), AS_OF)
    return project


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    verify_again()
    return published.copied(tmp_path / "copy")


def root_of(project: Project) -> Path:
    return project.folder / "store"


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def swapped(path: Path) -> None:
    """In the place of a file another one of the same kind."""
    other = next(p for p in sorted(path.parent.glob("*.parquet")) if p != path)
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("damage", [altered, emptied, Path.unlink, swapped])
@pytest.mark.parametrize("table", ["xp_ledger", "leaderboard"])
def test_a_reader_refuses_a_damaged_file_and_a_refresh_makes_it_again(
    project: Project, damage: Callable[[Path], None], table: str
) -> None:
    before = current(root_of(project))
    path = root_of(project) / before.tables[table][0].file
    was = path.read_bytes()
    damage(path)
    with pytest.raises(Damaged, match=path.name):
        open_snapshot(root_of(project)).scan(table)
    outcome = refresh(project.settings(), AS_OF)
    assert not outcome.published
    # A result whose files are gone is not looked at any further.
    assert damage is Path.unlink or any("computed again" in n for n in outcome.notices)
    assert path.read_bytes() == was
    assert current(root_of(project)) == before


def test_no_thread_is_left_of_an_attempt_that_found_damage(project: Project) -> None:
    """The garbage collector ended those that read, and waited for them: once in a thread that was
    just beginning, with the lock that it needed to end them. That refresh hung for ever.
    """
    root = root_of(project)
    for path in (root / "work/tables").glob("*/*"):
        altered(path)
    project.deliver({"plays/later.csv": LATER})
    before = threading.active_count()
    gc.disable()
    try:
        refresh(project.settings(), AS_OF)
        assert threading.active_count() == before
    finally:
        gc.enable()


def test_results_that_nobody_takes_are_waited_for_by_nobody(tmp_path: Path) -> None:
    """Whoever gives up may be the garbage collector."""
    store = Store(tmp_path, "version")
    engine = Engine(store, "64MiB", 1)
    run = Run(store, engine, parse_rulebook(RULES.read_bytes(), "rules"), AS_OF, workers=1)
    is_over, has_begun = threading.Event(), threading.Event()

    def work(number: int) -> int:
        if number:
            has_begun.set()
            is_over.wait()
        return number

    results = run.each(work, range(9))
    assert next(results) == 0
    has_begun.wait()
    results.close()  # type: ignore[attr-defined]
    is_over.set()
    engine.close()


@pytest.mark.parametrize("folder", ["work/tables/counted_plays", "work/files/plays", "work/steps"])
@pytest.mark.parametrize("damage", [altered, emptied, Path.unlink])
def test_damaged_work_is_not_published(
    project: Project, damage: Callable[[Path], None], folder: str
) -> None:
    root = root_of(project)
    for path in sorted((root / folder).rglob("*.*")):
        if path.is_file():
            damage(path)
    (root / "checked.json").unlink()
    outcome = refresh(project.settings(), AS_OF)
    assert outcome.manifest.snapshot.content_sha256 == current(root).snapshot.content_sha256
    assert not outcome.published


@pytest.fixture(scope="module")
def grown(published: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The project with a file of plays and a dump more, and the content that it comes to."""
    project = published.copied(tmp_path_factory.mktemp("grown") / "copy")
    project.deliver({"plays/later.csv": LATER})
    [dump] = (project.exports / "tracks").glob("2026-10-19*")
    ending = dump.name.partition(".")[2]
    shutil.copyfile(dump, project.exports / f"tracks/2026-10-24T01.{ending}")
    return project, project.refresh(AS_OF, "fresh").manifest.snapshot.content_sha256


@pytest.mark.parametrize("table", ["first_complete", "profile_history"])
def test_what_a_table_was_to_be_extended_from_is_made_again(
    grown: tuple[Project, str], tmp_path: Path, table: str
) -> None:
    """It was found damaged as it was to be read, and was a table without columns from then on."""
    project, expected = grown
    copy = project.copied(tmp_path / "copy")
    for path in (root_of(copy) / "work/tables" / table).iterdir():
        path.write_bytes(path.read_bytes() + b"more")
    verify_again()
    assert copy.refresh(AS_OF).manifest.snapshot.content_sha256 == expected


@pytest.mark.parametrize("damage", [altered, emptied, Path.unlink])
def test_without_a_pointer_the_newest_whole_snapshot_is_shown_and_said(
    project: Project, damage: Callable[[Path], None]
) -> None:
    root = root_of(project)
    damage(root / "current.json")
    manifest, fault = find_current(root)
    assert manifest.snapshot.snapshot_id == kept_ids(root)[-1]
    assert "current.json is damaged or gone" in str(fault)
    refresh(project.settings(), AS_OF)
    assert find_current(root).fault is None


def test_a_damaged_manifest_falls_back_to_the_snapshot_before(project: Project) -> None:
    root = root_of(project)
    first, second = kept_ids(root)
    altered(root / "snapshots" / second / "manifest.json")
    manifest, fault = find_current(root)
    assert manifest.snapshot.snapshot_id == first
    assert second in str(fault)
    assert [m.snapshot.snapshot_id for m in all_kept(root)] == [first]
    outcome = refresh(project.settings(), AS_OF)
    assert outcome.published
    assert outcome.manifest.snapshot.snapshot_id > second
    assert second not in kept_ids(root), "what is lost goes"


def test_where_no_snapshot_is_whole_a_refresh_gets_out(project: Project) -> None:
    root = root_of(project)
    for snapshot_id in kept_ids(root):
        emptied(root / "snapshots" / snapshot_id / "manifest.json")
    with pytest.raises(NoSnapshot, match="no kept snapshot is whole"):
        current(root)
    assert refresh(project.settings(), AS_OF, full=True).published


def test_files_that_are_not_the_programs_are_left_alone(project: Project) -> None:
    root = root_of(project)
    strange = [
        root / folder / ".DS_Store"
        for folder in (".", "tables", "tables/progress", "snapshots", "work/files", "work/steps")
    ]
    strange += [root / "tables/progress/notes.txt", root / "snapshots/readme/notes.txt"]
    for path in strange:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"?")
    folders = [root / name for name in ("tables/empty", "work/files/plays/a", "comparisons/a_b")]
    for folder in folders:
        folder.mkdir(parents=True)
    assert refresh(project.settings(), datetime(2026, 10, 26)).published
    assert all(path.exists() for path in (*strange, *folders))
    assert faults_of_store(root, 2).faults == []


def test_what_a_death_left_goes_with_the_next_refresh(project: Project) -> None:
    root = root_of(project)
    left = [root / ".current.json.17.tmp", root / "tables/progress/.all.17.tmp"]
    left += [root / "work/files/plays/.abc.17.5.tmp/rows.parquet"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    (root / "unfinished").touch()
    refresh(project.settings(), AS_OF)
    assert not any(path.exists() for path in left)
    assert not left[-1].parent.exists()
    assert not (root / "unfinished").exists()


def test_ids_rise_and_the_oldest_go_first_though_the_clock_goes_back(project: Project) -> None:
    root = root_of(project)
    before = kept_ids(root)
    long_ago = datetime(2001, 1, 1)
    for hour in (1, 2):
        at = datetime(2026, 10, 26, hour)
        refresh(project.settings(), at, clock=lambda: long_ago)
    ids = [m.snapshot.snapshot_id for m in all_kept(root)]
    assert ids == sorted(ids)
    assert ids[: len(before)] == before
    assert current(root).snapshot.snapshot_id == ids[-1]


def test_what_comes_after_the_pointer_moved_is_no_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(publication, "retire", fail)
    outcome = refresh(project.settings(), datetime(2026, 10, 26))
    assert outcome.published
    assert any("Cleaning up failed" in notice for notice in outcome.notices)
    assert current(root_of(project)) == outcome.manifest


def test_a_document_of_an_early_version_is_read(project: Project) -> None:
    """It has no checksum: whoever updates the program keeps what is published."""
    root = root_of(project)
    pointer = root / "current.json"
    pointer.write_text(f'{{"snapshot_id": "{kept_ids(root)[-1]}"}}')
    assert find_current(root).fault is None


@pytest.mark.parametrize("damage", [altered, Path.unlink])
@pytest.mark.parametrize("table", ["progress", "files"])
def test_what_the_last_publication_can_no_longer_tell_stops_no_refresh(
    project: Project, damage: Callable[[Path], None], table: str
) -> None:
    """Guards and notices compare with it: here a producer's row in the new dump was rejected."""
    root = root_of(project)
    for part in current(root).tables[table]:
        damage(root / part.file)
    project.deliver(
        {
            "producers/2026-10-26.csv": "producer_id,user_id,display_name,status,joined_at,"
            "profile_completion\n1,1,One,?,2026-10-01,50\n",
        }
    )
    outcome = refresh(project.settings(), datetime(2026, 10, 27), ignore_guards=True)
    assert outcome.published
    assert current(root) == outcome.manifest


def test_a_snapshot_that_was_never_pointed_to_is_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full when the pointer was to be written, or the process died then."""
    root = root_of(project)
    before = kept_ids(root)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(manifests, "point_to", fail)
        with pytest.raises(OSError, match="No space left"):
            refresh(project.settings(), datetime(2026, 10, 26))
    written = {path.name for path in (root / "snapshots").iterdir()} - set(before)
    assert len(written) == 1
    assert kept_ids(root) == before
    assert not lost_ids(root, all_kept(root))
    assert faults_of_store(root, 2).faults == []
    with pytest.raises(UnknownSnapshot):
        named(root, written.pop())
    assert named(root, "previous").snapshot.snapshot_id == before[0]
    after = refresh(project.settings(), datetime(2026, 10, 26))
    assert kept_ids(root) == [*before, after.manifest.snapshot.snapshot_id]
    assert not any("lost" in notice for notice in after.notices)
    assert {path.name for path in (root / "snapshots").iterdir()} == set(kept_ids(root))


def test_after_a_roll_back_all_that_was_published_is_kept(project: Project) -> None:
    root = root_of(project)
    before = kept_ids(root)
    roll_back(root, current(root), datetime(2026, 10, 26), "", 2)
    roll_back(root, all_kept(root)[0], datetime(2026, 10, 26), "", 2)
    assert kept_ids(root) == before
    assert current(root).snapshot.snapshot_id == before[0]


@pytest.mark.parametrize("name", ["pending.json", "failed.json"])
@pytest.mark.parametrize("hour", [0, 1])
def test_a_folder_in_the_place_of_a_document_stops_no_refresh(
    project: Project, name: str, hour: int
) -> None:
    """With nothing new, or with something: both end by removing these documents."""
    root = root_of(project)
    (root / name).mkdir()
    refresh(project.settings(), AS_OF.replace(hour=hour))
    assert not (root / name).exists()
