"""A snapshot can be derived anew from what it was made from, and the project's store stays."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from analysis.laboratory import Premises, laboratory
from pipelines.exports.recall import Forgotten
from pipelines.publication.manifest import all_kept
from pipelines.rulebook import parse_rulebook
from pipelines.snapshot import PublishedSnapshot, open_snapshot
from tests.product import Project
from tests.worlds import World


def files_below(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("seed", range(3))
def test_every_kept_snapshot_is_what_follows_from_its_premises(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for step in World(seed).steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        project.refresh(step.as_of)
    settings = project.settings()
    kept = [PublishedSnapshot(settings.project.store, m) for m in all_kept(settings.project.store)]
    before = files_below(settings.project.store)
    with laboratory(settings) as lab:
        for snapshot in (*kept, *reversed(kept)):
            derived = lab.derive(lab.premises_of(snapshot)).snapshot
            assert derived.row.content_sha256 == snapshot.row.content_sha256
            assert derived.manifest.tables == snapshot.manifest.tables
    assert files_below(settings.project.store) == before


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    step = World(0).steps[0]
    step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    project.refresh(step.as_of)
    return project


def test_other_rules_give_what_a_refresh_under_them_gives(project: Project) -> None:
    step = World(1).steps[0]
    settings = project.settings()
    other = parse_rulebook(step.rulebook_toml.encode(), "other")
    as_of = open_snapshot(settings.project.store).row.as_of
    with laboratory(settings) as lab:
        derived = lab.derive(Premises(lab.present(), other, as_of)).snapshot
        project.rulebook.write_text(step.rulebook_toml)
        refreshed = project.refresh(as_of, "fresh").manifest
        assert derived.manifest.tables == refreshed.tables


def test_what_a_process_left_that_died_is_removed(project: Project) -> None:
    settings = project.settings()
    abandoned = settings.project.store / "laboratory/1-000000"
    abandoned.mkdir(parents=True)
    (abandoned.parent / "1-000000.lock").touch()
    (abandoned / "file").touch()
    with laboratory(settings):
        assert not abandoned.exists()
        with laboratory(settings) as other:
            assert other.present().files
    assert list(abandoned.parent.iterdir()) == []


def test_files_that_are_read_again_are_those_with_the_same_content(project: Project) -> None:
    settings = project.settings()
    snapshot = open_snapshot(settings.project.store)
    shutil.rmtree(settings.project.store / "work")
    with laboratory(settings) as lab:
        derived = lab.derive(lab.premises_of(snapshot)).snapshot
        assert derived.row.content_sha256 == snapshot.row.content_sha256


def test_a_snapshot_whose_files_are_gone_says_so(project: Project) -> None:
    settings = project.settings()
    snapshot = open_snapshot(settings.project.store)
    files = snapshot.scan("files").filter(pl.col("rows_read") > 0).collect()
    entity, name = files.select("entity", "file").row(0)
    shutil.rmtree(settings.project.store / "work")
    (project.exports / entity / name).unlink()
    with laboratory(settings) as lab, pytest.raises(Forgotten, match="cannot be computed again"):
        lab.premises_of(snapshot)
