"""A snapshot can be derived anew from what it was made from, and the project's store stays."""

import os
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analysis.scenario import Scenario, open_sandbox
from pipelines.exports.restore import ExportFilesGone
from pipelines.ledger.ledger import book_day
from pipelines.publication.manifest import Snapshot, all_kept
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.refresh import open_store
from pipelines.rulebook import parse_rulebook
from pipelines.settings import Settings
from pipelines.store.sweep import sweep
from tests.product import Project
from tests.worlds import World


def files_below(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("seed", range(3))
def test_every_kept_snapshot_is_what_follows_from_its_scenario(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for step in World(seed).steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        project.refresh(step.as_of)
    settings = project.settings()
    kept = [PublishedSnapshot(settings.project.store, m) for m in all_kept(settings.project.store)]
    before = files_below(settings.project.store)
    with open_sandbox(settings) as sandbox:
        for snapshot in (*kept, *reversed(kept)):
            derived = sandbox.derive(sandbox.scenario_of(snapshot)).snapshot
            assert derived.row.content_sha256 == snapshot.row.content_sha256
            assert derived.manifest.tables == snapshot.manifest.tables
    after = files_below(settings.project.store)
    # Laboratories are opened one after the other.
    assert after.pop("sandbox/lock")
    assert after == before


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("published"))
    step = World(0).steps[0]
    step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    project.refresh(step.as_of)
    return project


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    """A published step of a world, which a test may change."""
    return published.copied(tmp_path)


def test_other_rules_give_what_a_refresh_under_them_gives(project: Project) -> None:
    step = World(1).steps[0]
    settings = project.settings()
    other = parse_rulebook(step.rulebook_toml.encode(), "other")
    as_of = open_snapshot(settings.project.store).row.as_of
    with open_sandbox(settings) as sandbox:
        derived = sandbox.derive(Scenario(sandbox.present(), other, as_of)).snapshot
        project.rulebook.write_text(step.rulebook_toml)
        refreshed = project.refresh(as_of, "fresh").manifest
        assert derived.manifest.tables == refreshed.tables


def test_days_of_the_ledger_before_those_that_are_read_are_not_booked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked: list[date] = []

    def book_and_tell(day: date, awarded: Iterable[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
        booked.append(day)
        return book_day(day, awarded)

    monkeypatch.setattr("pipelines.ledger.ledger.book_day", book_and_tell)
    settings = project.settings()
    other = parse_rulebook(World(1).steps[0].rulebook_toml.encode(), "other")
    as_of = open_snapshot(settings.project.store).row.as_of
    with open_sandbox(settings) as sandbox:
        sandbox.derive(Scenario(sandbox.present(), other, as_of))
    days = sorted(booked)
    booked.clear()
    first = days[len(days) // 2]
    with open_sandbox(settings, ledger_from=first) as sandbox:
        sandbox.derive(Scenario(sandbox.present(), other, as_of))
    assert sorted(booked) == [day for day in days if day >= first]


def abandon(settings: Settings) -> Path:
    """What two processes left that died, one of them before it locked its folder."""
    every = settings.project.store / "sandbox"
    for name in ("1-locked", "2-made"):
        (every / name / "work").mkdir(parents=True)
        (every / name / "work/file").touch()
    (every / "1-locked/lock").touch()
    return every


def folders_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir()]


def test_the_next_laboratory_removes_what_a_process_left_that_died(project: Project) -> None:
    settings = project.settings()
    every = abandon(settings)
    with open_sandbox(settings) as sandbox:
        assert folders_in(every) == [sandbox.store.root.name]
        with open_sandbox(settings) as other:
            assert other.present().files
            assert len(folders_in(every)) == 2
        assert folders_in(every) == [sandbox.store.root.name]
        assert sandbox.present().files
    assert folders_in(every) == []


def test_a_refresh_removes_what_a_process_left_that_died(project: Project) -> None:
    settings = project.settings()
    every = abandon(settings)
    published = open_snapshot(settings.project.store)
    with open_sandbox(settings) as sandbox:
        project.rulebook.write_text(project.rulebook.read_text() + "\n# Changed.\n")
        assert project.refresh(published.row.as_of).published
        assert folders_in(every) == [sandbox.store.root.name]
        derived = sandbox.derive(sandbox.scenario_of(published)).snapshot
        assert derived.row.content_sha256 == published.row.content_sha256
    assert folders_in(every) == []


def refused(_source: str, _target: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.fixture(params=["no folder", "no link"])
def readable(
    project: Project, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    """A project whose store its user may only read, or give no second names in."""
    if request.param == "no folder":
        (project.settings().project.store / "sandbox").touch()
    else:
        monkeypatch.setattr("analysis.scenario.os.link", refused)
    return project


def test_who_may_only_read_the_store_works_elsewhere(readable: Project) -> None:
    settings = readable.settings()
    store = settings.project.store
    before = files_below(store)
    snapshot = open_snapshot(store)
    with open_sandbox(settings) as sandbox:
        root = sandbox.store.root
        assert not root.is_relative_to(store)
        shared = [path for path in (root / "work/files").rglob("*") if path.is_file()]
        assert shared
        assert all(path.is_symlink() for path in shared)
        derived = sandbox.derive(sandbox.scenario_of(snapshot)).snapshot
        assert derived.manifest.tables == snapshot.manifest.tables
    assert not root.exists()
    assert {**files_below(store), **before} == files_below(store)
    assert files_below(store).keys() - before.keys() <= {"sandbox/lock"}


def lose_exports(store: Path) -> None:
    shutil.rmtree(store / "work/files")


def lose_tables(store: Path) -> None:
    shutil.rmtree(store / "work/tables")


def ask(settings: Settings, lose: Callable[[Path], None]) -> Snapshot:
    snapshot = open_snapshot(settings.project.store)
    with open_sandbox(settings) as sandbox:
        lose(settings.project.store)
        return sandbox.derive(sandbox.scenario_of(snapshot)).snapshot.row


def test_links_that_a_refresh_broke_are_told(readable: Project) -> None:
    settings = readable.settings()
    with pytest.raises(ExportFilesGone, match="A refresh removed files while they were in use"):
        ask(settings, lose_tables)


def test_export_files_that_are_still_there_are_read_again(readable: Project) -> None:
    settings = readable.settings()
    published = open_snapshot(settings.project.store).row
    assert ask(settings, lose_exports).content_sha256 == published.content_sha256


def test_no_contribution_is_shared_by_half(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = project.settings()
    store = settings.project.store
    snapshot = open_snapshot(store)
    link = os.link
    linked: list[Path] = []

    def link_before_a_refresh_removes_the_rest(source: str, target: Path) -> None:
        is_one_of_several = "work/files" in source and len(os.listdir(Path(source).parent)) > 1
        link(source, target)
        if is_one_of_several and not linked:
            linked.append(target)
            shutil.rmtree(store / "work/steps")
            sweep(open_store(settings), ())

    monkeypatch.setattr("analysis.scenario.os.link", link_before_a_refresh_removes_the_rest)
    with open_sandbox(settings) as sandbox:
        (half,) = linked
        assert not half.parent.exists()
        derived = sandbox.derive(sandbox.scenario_of(snapshot)).snapshot
        assert derived.row.content_sha256 == snapshot.row.content_sha256


def test_files_that_are_read_again_are_those_with_the_same_content(project: Project) -> None:
    settings = project.settings()
    snapshot = open_snapshot(settings.project.store)
    shutil.rmtree(settings.project.store / "work")
    with open_sandbox(settings) as sandbox:
        derived = sandbox.derive(sandbox.scenario_of(snapshot)).snapshot
        assert derived.row.content_sha256 == snapshot.row.content_sha256


def test_a_snapshot_whose_files_are_gone_says_so(project: Project) -> None:
    settings = project.settings()
    snapshot = open_snapshot(settings.project.store)
    files = snapshot.scan("files").filter(pl.col("rows_read") > 0).collect()
    entity, name = files.select("entity", "file").row(0)
    shutil.rmtree(settings.project.store / "work")
    (project.exports / entity / name).unlink()
    with (
        open_sandbox(settings) as sandbox,
        pytest.raises(ExportFilesGone, match="cannot be computed again"),
    ):
        sandbox.scenario_of(snapshot)
