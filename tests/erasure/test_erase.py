"""Nothing of who was erased is left in a store, whatever the store keeps."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from analysis.scenario import open_sandbox
from pipelines.erasure.erase import is_unfinished, survey
from pipelines.exports.erased import ErasedListDamaged
from pipelines.publication.hold import Held, roll_back
from pipelines.publication.manifest import all_kept, current, read_pointer
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.refresh import open_store
from tests.erasure.erasing import NOW, erase_from, places_of
from tests.product import Project
from tests.runs import RULEBOOK

EARLIER, LATER = datetime(2026, 10, 20), datetime(2026, 11, 1)
GONE, NAME, LISTENER = 7_000_000_000_001, "Vanishing Point", 9_100_000_000_077
STAYS = 7_000_000_000_002
TRACES = (str(GONE), NAME, "Swan Song", str(LISTENER), "10.1.2.3")
FILES = {
    "producers/2026-10-01.csv": (
        "producer_id,display_name,joined_at,profile_completion,status,user_id,email\n"
        f"{GONE},{NAME},2026-01-01,90,active,9100000000088,a@example.com\n"
        f"{STAYS},Here To Stay,2026-01-02,90,active,{LISTENER},b@example.com\n"
        f"{GONE},{NAME},no time,90,active,,a@example.com\n"
        f"{GONE},{NAME}\n"
    ),
    "tracks/2026-10-01.csv": (
        "track_id,producer_id,title,status,published_at,updated_at,bpm\n"
        f"1,{GONE},Swan Song,published,2026-02-01,2026-02-01,90\n"
        f"2,{STAYS},Anthem,published,2026-02-01,2026-02-01,x\n"
        f"3,{STAYS},Duet,published,2026-02-01,2026-02-01,90\n"
        f"4,{GONE},{'Swan Song' * 50},published,2026-02-01,2026-02-01,90\n"
    ),
    "credits/2026-10-01.ndjson": (
        f'{{"track_id": 3, "producer_id": {GONE}, "credited_at": "2026-02-01"}}\n'
        f'{{"track_id": 1, "producer_id": {STAYS}, "credited_at": "2026-02-01"}}\n'
    ),
    "plays/a.ndjson": "".join(
        f'{{"play_id": {n}, "track_id": {1 + n % 3}, "played_at": "2026-10-{1 + n:02}", '
        f'"listener_id": {LISTENER if n % 2 else 5}}}\n'
        for n in range(20)
    ),
    "plays/bad.ndjson": (
        f'{{"play_id": 90, "track_id": 2, "listener_id": {LISTENER}, "address": "10.1.2.3"}}\n'
        f'{{"play_id": 91, "listener_id": {LISTENER}\n'
    ),
    "grants/a.csv": f"grant_id,producer_id,achievement_id,granted_at\n1,{GONE},x,2026-02-01\n",
    "earnings/a.csv": (
        "earning_id,producer_id,amount_cents,earned_at\n"
        f"1,{GONE},500,2026-10-02\n2,{STAYS},500,2026-10-02\n3,{GONE},5.5,2026-10-02\n"
    ),
    "adjustments/headless.csv": f"1,{GONE},{NAME},2026-10-02,none\n",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two kept snapshots, and what commands and pages leave beside them."""
    project = Project(tmp_path_factory.mktemp("erased"))
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    project.refresh(EARLIER)
    project.refresh(LATER)
    store = project.folder / "store"
    last = PublishedSnapshot(store, all_kept(store)[-1])
    for name in (
        f"snapshots/{last.row.snapshot_id}/balance.html",
        "dashboard/progress-1/a.json",
        "alerts.json",
        "comparisons/a_b_key/found.json",
        "sandbox/1-abandoned/current.json",
    ):
        (store / name).parent.mkdir(exist_ok=True, parents=True)
        (store / name).write_text(NAME)
    return project


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    return published.copied(tmp_path)


def test_nothing_of_them_is_left(project: Project) -> None:
    store = project.folder / "store"
    assert {place.rpartition(": ")[2].strip("b'") for place in places_of(store, TRACES)} == {
        *TRACES
    }
    before = all_kept(store)
    receipt = erase_from(project, [GONE], [LISTENER])
    assert not places_of(store, TRACES)
    after = all_kept(store)
    assert [m.snapshot.snapshot_id for m in after] == [m.snapshot.snapshot_id for m in before]
    assert [m.snapshot.published_at for m in after] == [m.snapshot.published_at for m in before]
    assert [m.changed_at for m in after] == [NOW, NOW]
    assert [one.snapshot_id for one in receipt.changed] == [m.snapshot.snapshot_id for m in after]
    assert receipt.user_ids == ["9100000000088"]
    assert receipt.export_files == sorted(set(FILES))
    assert {entity: (rows.removed, rows.made_unknown) for entity, rows in receipt.rows.items()} == {
        "producers": (2, 2),
        "tracks": (2, 0),
        "credits": (1, 0),
        "plays": (0, 12),
        "grants": (1, 0),
        "earnings": (2, 0),
    }


def test_what_is_delivered_again_does_not_bring_them_back(project: Project) -> None:
    store = project.folder / "store"
    erase_from(project, [GONE], [LISTENER])
    for name, text in FILES.items():
        project.deliver({f"{name.partition('/')[0]}/2026-10-25.{name.rpartition('.')[2]}": text})
    outcome = project.refresh(LATER)
    assert outcome.published
    assert any("since data was erased" in notice for notice in outcome.notices)
    assert not places_of(store, TRACES)
    project.refresh(LATER, full=True)
    assert not places_of(store, TRACES)


def test_questions_about_other_moments_do_not_bring_them_back(project: Project) -> None:
    """They read what is there now, in a store of their own."""
    erase_from(project, [GONE], [LISTENER])
    project.deliver({"earnings/b.csv": f"{FILES['earnings/a.csv']}4,{GONE},700,2026-10-03\n"})
    with open_sandbox(project.settings()) as sandbox:
        sandbox.present()
        assert not places_of(sandbox.store.root, TRACES)


def test_a_survey_changes_nothing_and_says_the_same(project: Project) -> None:
    store = project.folder / "store"
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    settings = project.settings()
    would = survey(settings, open_store(settings), [GONE], [LISTENER], NOW)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before
    receipt = erase_from(project, [GONE], [LISTENER])
    assert would.rows == receipt.rows
    assert would.user_ids == receipt.user_ids
    assert [c.snapshot_id for c in would.changed] == [c.snapshot_id for c in receipt.changed]


def test_of_files_that_are_gone_the_kept_rows_are_taken_over(project: Project) -> None:
    store = project.folder / "store"
    shutil.copytree(project.exports, project.folder / "aside")
    for name in FILES:
        (project.exports / name).unlink()
    receipt = erase_from(project, [GONE], [LISTENER])
    assert not places_of(store, TRACES)
    assert not receipt.removed
    assert not receipt.export_files
    gone = current(store)
    shutil.copytree(project.folder / "aside", project.exports, dirs_exist_ok=True)
    (project.folder / "fresh").mkdir()
    shutil.copy(store / "erased.json", project.folder / "fresh")
    fresh = project.refresh(LATER, "fresh").manifest
    # What cannot be known of a file that is gone: whose the bad cells were.
    different = {n for n in fresh.tables if fresh.tables[n] != gone.tables[n]}
    assert different <= {"bad_cells", "files"}


def test_a_snapshot_that_cannot_be_computed_again_is_removed(project: Project) -> None:
    store = project.folder / "store"
    first, last = all_kept(store)
    (project.exports / "plays/a.ndjson").unlink()
    project.deliver({"plays/b.ndjson": FILES["plays/a.ndjson"].replace("2026-10-02", "2026-10-03")})
    newest = project.refresh(LATER).manifest
    shutil.rmtree(store / "work")
    receipt = erase_from(project, [GONE])
    assert [one.snapshot_id for one in receipt.removed] == [
        first.snapshot.snapshot_id,
        last.snapshot.snapshot_id,
    ]
    assert "export files that are no longer there" in receipt.removed[0].reason
    assert [m.snapshot.snapshot_id for m in all_kept(store)] == [newest.snapshot.snapshot_id]
    assert not places_of(store, [str(GONE), NAME])


def test_if_none_can_be_computed_again_nothing_is_published(project: Project) -> None:
    store = project.folder / "store"
    shutil.rmtree(store / "work")
    (project.exports / "plays/a.ndjson").unlink()
    assert len(erase_from(project, [GONE]).removed) == 2
    assert not (store / "current.json").exists()
    assert not places_of(store, TRACES)
    assert project.refresh(LATER).published
    assert not places_of(store, [str(GONE), NAME])


def test_who_is_not_in_a_snapshot_does_not_change_it(project: Project) -> None:
    before = current(project.folder / "store")
    receipt = erase_from(project, [12_345], [54_321])
    after = current(project.folder / "store")
    assert not receipt.changed
    assert after.changed_at is None
    assert after.tables == before.tables
    assert not project.refresh(LATER).published


def test_an_erasure_survives_a_restored_backup(project: Project) -> None:
    """The list is put back into a store of before: the next refresh erases again."""
    store = project.folder / "store"
    shutil.copytree(store, project.folder / "backup")
    erase_from(project, [GONE], [LISTENER])
    erased = current(store).snapshot.content_sha256
    shutil.copy(store / "erased.json", project.folder / "backup")
    shutil.rmtree(store)
    (project.folder / "backup").rename(store)
    assert is_unfinished(store)
    project.refresh(LATER)
    assert not is_unfinished(store)
    assert not places_of(store, TRACES)
    assert current(store).snapshot.content_sha256 == erased


def test_without_work_nothing_is_computed_again(project: Project) -> None:
    """The mark is in `work/`, which may be deleted: snapshots know for themselves."""
    store = project.folder / "store"
    erase_from(project, [GONE])
    kept = all_kept(store)
    shutil.rmtree(store / "work")
    (project.exports / "plays/a.ndjson").unlink()
    receipt = erase_from(project, [GONE])
    assert not receipt.removed
    assert all_kept(store) == kept


def test_a_damaged_list_stops_refreshes(project: Project) -> None:
    erase_from(project, [GONE])
    (project.folder / "store/erased.json").write_text("{}")
    with pytest.raises(ErasedListDamaged, match="would come back"):
        project.refresh(LATER)


def test_the_pointer_says_that_something_was_erased(project: Project) -> None:
    store = project.folder / "store"
    before = read_pointer(store)
    erase_from(project, [GONE])
    after = read_pointer(store)
    assert before is not None
    assert after is not None
    assert (before.snapshot_id, before.erased) == (after.snapshot_id, "")
    assert after.erased


def test_text_ids_are_erased_too(tmp_path: Path) -> None:
    text, listener = "3f1c9f0e-aaaa-4bbb-8ccc-1234567890ab", "listener-cafe-0001"
    project = Project(tmp_path)
    project.rulebook.write_text(RULEBOOK)
    project.mappings = (
        '[exports.producers]\ntext_ids = ["producer_id"]\n'
        '[exports.tracks]\ntext_ids = ["producer_id"]\n'
        '[exports.plays]\ntext_ids = ["listener_id"]\n'
    )
    project.deliver(
        {
            "producers/2026-10-01.csv": (
                "producer_id,display_name,joined_at,profile_completion,status\n"
                f"{text},{NAME},2026-01-01,90,active\nother,Other,2026-01-01,90,active\n"
                f"{text},{NAME},2026-01-01,90,active,too much\n{text},{NAME},no time,9,active\n"
            ),
            "tracks/2026-10-01.csv": (
                "track_id,producer_id,title,status,published_at,updated_at\n"
                f"1,{text},A,published,2026-02-01,2026-02-01\n"
            ),
            "plays/a.csv": (
                "play_id,track_id,played_at,listener_id\n"
                f"1,1,2026-10-02,{listener}\n1,1,never,{listener}\n"
            ),
        }
    )
    project.refresh(LATER)
    store = project.folder / "store"
    from pipelines.erasure.ids import ids_of

    dialects = project.settings().exports
    producer, unknown = ids_of(dialects, "producer", text), ids_of(dialects, "listener", listener)
    traces = [text, listener, NAME, *map(str, (*producer, *unknown))]
    assert places_of(store, traces)
    erase_from(project, producer, unknown)
    assert not places_of(store, traces)


def test_what_is_held_stays_shown_and_is_erased_first(project: Project) -> None:
    """A roll back stops refreshes from publishing, not from finishing an erasure."""
    store = project.folder / "store"
    first, _ = all_kept(store)
    roll_back(store, first, NOW, "", 1)
    shutil.copytree(store, project.folder / "backup")
    erase_from(project, [GONE], [LISTENER])
    assert current(store).snapshot.snapshot_id == first.snapshot.snapshot_id
    shutil.copy(store / "erased.json", project.folder / "backup")
    shutil.rmtree(store)
    (project.folder / "backup").rename(store)
    with pytest.raises(Held):
        project.refresh(LATER)
    assert not places_of(store, TRACES)
    assert current(store).snapshot.snapshot_id == first.snapshot.snapshot_id
