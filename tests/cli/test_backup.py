"""`beatxp backup`, `backups` and `restore`: what people and scripts are told."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from pipelines.publication.manifest import current
from tests.product import Project
from tests.test_notices import FILES, RULEBOOK

AS_OF = ("--as-of", "2026-11-20T00:00:00Z")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("backup") / "market", guards="")
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    project.settings()
    assert run(project.folder, "refresh", *AS_OF).exit_code == 0
    return project


@pytest.fixture
def folder(published: Project, tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return published.copied(tmp_path / "market").folder


def run(folder: Path, *arguments: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "400"})
    return runner.invoke(app, ["--config", str(folder / "store.toml"), *arguments])


def said(folder: Path, *arguments: str) -> dict[str, Any]:
    result = run(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_machine_is_set_up_again_from_a_backup_alone(folder: Path) -> None:
    disk = str(folder.parent / "disk")
    before = current(folder / "store")
    made = run(folder, "backup", disk)
    assert made.exit_code == 0, made.output
    assert "1 snapshot, " in made.stdout
    shutil.rmtree(folder)
    restored = run(folder, "restore", disk)
    assert restored.exit_code == 0, restored.output
    assert f"the newest {before.snapshot.snapshot_id}" in restored.stdout
    assert f"Written, as it was not there: {folder / 'store.toml'}" in restored.stderr
    assert current(folder / "store") == before
    assert (folder / "rulebook.toml").read_text() == RULEBOOK
    Project(folder).deliver(FILES)
    assert run(folder, "verify").exit_code == 0
    assert "Already up to date" in run(folder, "refresh", *AS_OF).stdout


def test_files_of_the_project_that_are_there_stay(folder: Path) -> None:
    disk = str(folder.parent / "disk")
    said(folder, "backup", disk)
    (folder / "rulebook.toml").write_text(RULEBOOK + "# mine\n")
    (folder / "store.toml").write_text((folder / "store.toml").read_text() + "# mine\n")
    shutil.rmtree(folder / "store")
    assert said(folder, "restore", disk)["written"] == []
    for name in ("rulebook.toml", "store.toml"):
        assert (folder / name).read_text().endswith("# mine\n")


def test_scripts_are_told_what_is_there(folder: Path) -> None:
    disk = str(folder.parent / "disk")
    ids = [said(folder, "backup", disk)["backup_id"] for _ in range(3)]
    listed = said(folder, "backups", disk, "--verify")
    assert [one["backup_id"] for one in listed["backups"]] == ids
    assert listed["damaged"] == []
    assert ids[0] in run(folder, "backups", disk).stdout
    made = said(folder, "backup", disk, "--keep", "2")
    assert made["removed"] == ids[:2]
    assert made["snapshots"] == [current(folder / "store").snapshot.snapshot_id]
    assert made["copied_bytes"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("backup", "none"), 2, "not_found"),
        (("backup", "market/store"), 2, "bad_arguments"),
        (("backup", "market/exports"), 2, "bad_arguments"),
        (("backup", "."), 2, "bad_arguments"),
        (("backup", "disk", "--keep", "0"), 2, "bad_arguments"),
        (("restore", "disk"), 2, "unknown_backup"),
        (("backups", "none"), 2, "not_found"),
    ],
)
def test_mistakes_have_codes(
    folder: Path, arguments: tuple[str, ...], status: int, code: str
) -> None:
    command, target, *rest = arguments
    result = run(folder, command, str(folder.parent / target), *rest, "--json")
    assert result.exit_code == status
    assert json.loads(result.stderr)["error"]["code"] == code
    assert not (folder.parent / "none").exists()


def test_a_store_with_snapshots_is_replaced_only_on_demand(folder: Path) -> None:
    disk = str(folder.parent / "disk")
    assert run(folder, "backups", disk).stdout.startswith("There is no backup in ")
    said(folder, "backup", disk)
    refused = run(folder, "restore", disk, "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"]["code"] == "store_not_empty"
    said(folder, "restore", disk, "--replace")


def test_damage_is_told_and_fails(folder: Path) -> None:
    disk = folder.parent / "disk"
    damaged = next((folder / "store/tables/progress").iterdir())
    said(folder, "backup", str(disk))
    for copy in (disk / "objects").glob("*/*"):
        if copy.name in damaged.name:
            copy.unlink()
    verified = run(folder, "backups", str(disk), "--verify")
    assert verified.exit_code == 1
    assert f"The copy of {damaged.relative_to(folder / 'store')} in the" in verified.stderr
    (disk / "backups/20200101T000000.json").write_text("{")
    listed = run(folder, "backups", str(disk), "--json")
    assert listed.exit_code == 1
    assert len(json.loads(listed.stdout)["backups"]) == 1
    assert "20200101T000000.json is damaged" in listed.stderr


SIGNING = "whsec_" + 8 * "c2VjcmV0"


def kept_bytes(disk: Path) -> bytes:
    return b"".join(path.read_bytes() for path in disk.rglob("*") if path.is_file())


def test_secrets_get_into_no_backup(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, settings = folder.parent / "disk", folder / "store.toml"
    plain = settings.read_text()
    alerts = f"webhook = 'https://a.example'\nwebhook_secret = '{SIGNING}'\n"
    settings.write_text(f"{plain}[alerts]\nurls = ['json://u:s3cr3t-é@a'] # s3cr3t\n{alerts}")
    monkeypatch.setenv("BEATXP_ALERTS__URLS", '["json://fr0m-a-variable"]')
    said(folder, "backup", str(disk))
    assert b"s3cr3t-" not in kept_bytes(disk)
    assert b"fr0m-a-variable" not in kept_bytes(disk)
    assert SIGNING.encode() not in kept_bytes(disk)

    monkeypatch.delenv("BEATXP_ALERTS__URLS")
    shutil.rmtree(folder)
    stopped = run(folder, "restore", str(disk))
    assert stopped.exit_code == 2
    assert "Write them again: alerts.urls, alerts.webhook_secret." in stopped.stderr
    restored = settings.read_text()
    assert restored.startswith(plain)
    settings.write_text(
        restored.replace("webhook_secret = '**********'", f"webhook_secret = '{SIGNING}'")
    )
    assert run(folder, "restore", str(disk)).exit_code == 0


def test_settings_with_a_secret_that_cannot_be_masked_are_left_out(folder: Path) -> None:
    disk, settings = folder.parent / "disk", folder / "store.toml"
    settings.write_text(settings.read_text() + '[alerts]\nurls = ["json://s3cr3t-\\u00e9@a"]\n')
    made = run(folder, "backup", str(disk))
    assert made.exit_code == 0
    assert "The settings file is not in it" in made.stderr
    assert b"s3cr3t" not in kept_bytes(disk)
