"""`beatxp verify`: damaged files and wrong values are found and named."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from cli.demo_exports import write_demo_exports
from pipelines.publication.manifest import current
from pipelines.reference.comparison import KEYS
from pipelines.refresh import open_store
from tests.product import Project
from tests.reference.planted import COLUMNS, altered, plant


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("verify"), guards="")
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=60, plays=3_000, months=2)
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    assert run(project, "refresh", "--as-of", "2026-11-01T00:00:00Z").exit_code == 0
    return project


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    return published.copied(tmp_path / "copy")


def run(project: Project, *arguments: str) -> Result:
    settings = project.folder / "store.toml"
    return CliRunner().invoke(app, ["--config", str(settings), *arguments])


def said(project: Project, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(project, "verify", *arguments, "--json").stdout)
    return found


def test_a_snapshot_follows_from_its_export_files_by_the_rules(published: Project) -> None:
    result = run(published, "verify", "--recompute")
    assert result.exit_code == 0, result.output
    assert "each is what was written" in " ".join(result.output.split())
    assert all(table in result.output for table in KEYS)
    found = said(published, "--recompute")
    assert found["agrees"] is True
    assert [t["different"] for t in found["tables"]] == [0] * len(KEYS)


def test_a_damaged_file_is_named(project: Project) -> None:
    root = project.folder / "store"
    [part] = current(root).tables["progress"]
    altered(root / part.file)
    (root / current(root).tables["levels"][0].file).unlink()
    result = run(project, "verify")
    assert result.exit_code == 1
    output = " ".join(result.output.split())
    assert "its bytes are not those that were written" in output
    assert "is gone." in output
    named = " ".join(said(project)["damaged"])
    assert part.file in named
    assert said(project)["agrees"] is False
    assert run(project, "show", "1").exit_code == 1, "no reader takes it for what it was"


def test_what_is_damaged_is_mended_by_computing_it_again(project: Project) -> None:
    root = project.folder / "store"
    before = current(root)
    damaged = [before.tables[name][0].file for name in ("progress", "xp_ledger", "levels")]
    working = next((root / "work/tables/counted_plays").iterdir(), None)
    rows = next(path for path in (root / "work/files/plays").glob("*/rows.*"))
    for path in (*(root / file for file in damaged), rows, *filter(None, [working])):
        altered(path)
    altered(root / "current.json")
    (root / "checked.json").write_bytes(b"")
    found = said(project, "--repair")
    assert not found["damaged"]
    assert not found["lost"]
    assert len(found["mended"]) >= 4
    assert current(root) == before
    assert said(project)["agrees"] is True


def test_what_cannot_be_made_again_is_said_to_be_lost(project: Project) -> None:
    root = project.folder / "store"
    manifest = root / "snapshots" / current(root).snapshot.snapshot_id / "manifest.json"
    altered(manifest)
    result = run(project, "verify", "--repair", "--json")
    assert result.exit_code == 1
    assert "no kept snapshot is whole" in result.stderr
    assert run(project, "refresh", "--as-of", "2026-11-01T00:00:00Z").exit_code == 0
    assert said(project)["agrees"] is True


def test_one_wrong_value_in_each_table_is_found_and_named(project: Project) -> None:
    store = open_store(project.settings())
    before = current(store.root)
    _, planted = plant(store, before)
    assert run(project, "verify").exit_code == 0
    assert run(project, "verify", "--recompute").exit_code == 1
    found = said(project, "--recompute")
    assert found["agrees"] is False
    for table in found["tables"]:
        name = table["table"]
        assert table["different"] == 1, name
        [first] = table["first"]
        assert list(first["key"].values()) == [
            str(v) if k.endswith("_id") else v if isinstance(v, str | int) else str(v)
            for k, v in planted[name].items()
        ]
        assert set(first["computed"]) == set(first["published"]) == {COLUMNS[name]}
        assert first["computed"] != first["published"]


def test_a_sample_finds_what_is_of_its_producers(project: Project) -> None:
    store = open_store(project.settings())
    plant(store, current(store.root))
    everybody = {t["table"]: t for t in said(project, "--recompute", "--sample", "60")["tables"]}
    for name in ("xp_ledger", "unlocks", "level_ups", "progress", "levels", "achievements"):
        assert everybody[name]["different"] == 1, name
    some = {t["table"]: t for t in said(project, "--recompute", "--sample", "3")["tables"]}
    assert 0 < some["progress"]["rows"] == 3
    assert everybody["board_scores"]["different"] == 0
    assert 0 < some["board_scores"]["rows"] < everybody["board_scores"]["rows"]


def test_export_files_that_are_gone_are_said_to_be(project: Project) -> None:
    for folder in (project.folder / "store/work/files/plays").iterdir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    first = next((project.exports / "plays").rglob("*2026-10-0*"))
    first.unlink()
    result = run(project, "verify", "--recompute")
    assert result.exit_code == 1
    assert "no longer there as they were" in " ".join(result.output.split())


def test_a_sample_without_anything_to_compute_is_a_mistake(published: Project) -> None:
    result = run(published, "verify", "--sample", "3")
    assert result.exit_code == 2
    assert "--recompute" in result.output


def test_a_damaged_record_of_a_roll_back_is_named_and_no_repair_lifts_the_hold(
    project: Project,
) -> None:
    assert run(project, "rollback", current(project.folder / "store").snapshot.snapshot_id)
    record = project.folder / "store/held.json"
    altered(record)
    damaged = record.read_bytes()
    found = said(project, "--repair")
    assert "held.json" in " ".join(found["damaged"])
    assert "stays held" in " ".join(found["lost"])
    assert record.read_bytes() == damaged
    assert run(project, "refresh").exit_code == 1


def test_documents_in_each_others_places_are_named(project: Project) -> None:
    root = project.folder / "store"
    steps = root / "work/steps"
    awards, progress = (steps / "awards.json").read_bytes(), (steps / "progress.json").read_bytes()
    (steps / "awards.json").write_bytes(progress)
    (steps / "progress.json").write_bytes(awards)
    (root / "checked.json").write_bytes(awards)
    named = " ".join(said(project)["damaged"])
    for path in (steps / "awards.json", steps / "progress.json", root / "checked.json"):
        assert path.name in named
    assert not said(project, "--repair")["damaged"]
