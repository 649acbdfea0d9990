"""`beatxp rollback`: an earlier snapshot is shown, and nothing is published until a release."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from cli.demo_exports import write_demo_exports
from pipelines.publication.hold import held
from pipelines.publication.manifest import all_kept, current
from tests.product import Project


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("rollback"), guards="")
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=20, plays=500, months=1)
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    for day in ("2026-10-20", "2026-10-25"):
        assert run(project, "refresh", "--as-of", f"{day}T00:00:00Z").exit_code == 0
    return project


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    return published.copied(tmp_path / "copy")


def run(project: Project, *arguments: str) -> Result:
    settings = project.folder / "store.toml"
    return CliRunner().invoke(app, ["--config", str(settings), *arguments])


def said(project: Project, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(project, *arguments, "--json").stdout)
    return found


def test_readers_see_the_earlier_snapshot_and_nothing_is_published(project: Project) -> None:
    root = project.folder / "store"
    first, second = (m.snapshot.snapshot_id for m in all_kept(root))
    assert run(project, "rollback", "previous", "--reason", "a wrong dump").exit_code == 0
    assert said(project, "current")["snapshot_id"] == first
    refused = run(project, "refresh", "--as-of", "2026-10-28T00:00:00Z", "--json")
    assert refused.exit_code == 1
    error = json.loads(refused.stderr.splitlines()[-1])["error"]
    assert error["code"] == "held"
    assert "a wrong dump" in error["message"]
    assert "beatxp release" in error["message"]
    assert run(project, "refresh", "--full").exit_code == 1
    assert current(root).snapshot.snapshot_id == first
    assert [m.snapshot.snapshot_id for m in all_kept(root)] == [first, second]
    assert said(project, "snapshots")["held"]["snapshot_id"] == first


def test_a_release_lets_the_next_refresh_publish(project: Project) -> None:
    root = project.folder / "store"
    assert run(project, "rollback", "previous").exit_code == 0
    assert run(project, "release").exit_code == 0
    assert held(root) is None
    assert run(project, "release").exit_code == 1
    before = current(root).snapshot.snapshot_id
    done = said(project, "refresh", "--as-of", "2026-10-28T00:00:00Z")
    assert done["published"]
    assert done["snapshot_id"] > max(before, all_kept(root)[1].snapshot.snapshot_id)


def test_a_damaged_snapshot_is_not_gone_back_to(project: Project) -> None:
    root = project.folder / "store"
    first, second = all_kept(root)
    only = {part.file for part in first.tables["progress"]} - {
        part.file for part in second.tables["progress"]
    }
    (root / only.pop()).write_bytes(b"")
    result = run(project, "rollback", "previous")
    assert result.exit_code == 1
    assert "is damaged" in " ".join(result.stderr.split())
    assert held(root) is None
    assert current(root).snapshot.snapshot_id == second.snapshot.snapshot_id


def test_where_the_pointer_is_put_after_a_death_in_between(project: Project) -> None:
    """The hold is written first: a death before the pointer is, must not publish on."""
    root = project.folder / "store"
    pointer = (root / "current.json").read_bytes()
    assert run(project, "rollback", "previous").exit_code == 0
    shown = current(root)
    (root / "current.json").write_bytes(pointer)
    assert run(project, "refresh").exit_code == 1
    assert current(root) == shown
