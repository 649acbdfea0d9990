"""What scripts read: ids that no reader rounds, and errors with codes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from cli.wording import for_scripts
from tests.analysis.kept import publish_three
from tests.product import Project

BIG = 2**53 + 1
HEADER = "producer_id,display_name,joined_at,profile_completion,status\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two producers, whose ids are one double, and one snapshot before they had plays."""
    project = Project(tmp_path_factory.mktemp("scripts"))
    write(project, "producers/2026-01-01.csv", HEADER + row(BIG, "Ada") + row(BIG - 1, "Bo"))
    write(
        project,
        "tracks/2026-01-01.csv",
        "track_id,producer_id,title,status,published_at,updated_at\n"
        f"{BIG},{BIG},One,published,2026-02-01,2026-02-01\n",
    )
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.refresh(datetime(2026, 3, 1))
    write(project, "plays/a.csv", f"play_id,track_id,played_at\n{BIG},{BIG},2026-02-28T10:00\n")
    write(project, "plays/b.csv", "play_id,track_id,played_at\nx,1,2026-02-28T10:00\n")
    project.refresh(datetime(2026, 3, 1))
    return project


def row(producer_id: int, name: str) -> str:
    return f"{producer_id},{name},2026-01-01,100,active\n"


def write(project: Project, path: str, text: str) -> None:
    file = project.exports / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def run(folder: Path, *arguments: str, settings: str = "store.toml") -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / settings), *arguments])


def ids(document: Any) -> list[Any]:
    """The value of every key that names an id, however deep."""
    if isinstance(document, dict):
        mine = [value for key, value in document.items() if key.endswith("_id")]
        return mine + [found for value in document.values() for found in ids(value)]
    if isinstance(document, list):
        return [found for value in document for found in ids(value)]
    return []


@pytest.mark.parametrize(
    "command",
    [
        ("show", "Ada"),
        ("leaderboard", "plays", "--around", "Ada"),
        ("explain", "Ada", "--source", "play"),
        ("diff", "previous"),
        ("simulate", "other.toml"),
        ("sql", "FROM xp_ledger ORDER BY ALL"),
    ],
)
def test_ids_are_texts_for_scripts(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(project.folder)
    rules = project.rulebook.read_text().replace("upload = 100", "upload = 120")
    Path("other.toml").write_text(rules)
    said = run(project.folder, *command, "--json")
    assert said.exit_code == 0, said.output
    found = ids(json.loads(said.stdout))
    assert f"{BIG}" in found
    assert all(isinstance(value, str | None) for value in found)
    # Whoever has doubles only reads the same.
    assert json.loads(said.stdout, parse_int=float) == json.loads(said.stdout)


def test_whatever_a_double_cannot_hold_is_a_text() -> None:
    found = for_scripts({"a": [BIG, -BIG, BIG - 2, True, 1.5, None], "x_id": 7, "y_id": None})
    assert found == {
        "a": [f"{BIG}", f"-{BIG}", BIG - 2, True, 1.5, None],
        "x_id": "7",
        "y_id": None,
    }


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("errors")
    publish_three(folder)
    (folder / "wrong.toml").write_text("[rulebook]\n")
    (folder / "mine.duckdb").write_text("mine")
    settings = (folder / "beatxp.toml").read_text()
    (folder / "empty.toml").write_text(settings.replace('"store"', '"no"'))
    (folder / "bad.toml").write_text("[project]\n")
    return folder


@pytest.mark.parametrize(
    ("command", "status", "code", "settings"),
    [
        ("show 99", 2, "unknown_producer", "beatxp"),
        ("show 1 --snapshot nothing", 2, "unknown_snapshot", "beatxp"),
        ("show 1 --snapshot 2026", 2, "ambiguous_snapshot", "beatxp"),
        ("show 1", 1, "nothing_published", "empty"),
        ("show 1", 2, "bad_settings", "bad"),
        ("leaderboard fame", 2, "bad_arguments", "beatxp"),
        ("leaderboard", 2, "bad_arguments", "beatxp"),
        ("leaderboard plays --tip 1", 2, "bad_arguments", "beatxp"),
        ("leaderboard plays --top one", 2, "bad_arguments", "beatxp"),
        ("no-such-command", 2, "bad_arguments", "beatxp"),
        ("sql FROM(songs)", 2, "bad_sql", "beatxp"),
        ("sql DROP", 2, "bad_sql", "beatxp"),
        ("simulate wrong.toml", 2, "bad_rulebook", "beatxp"),
        ("rejects --file songs.csv", 2, "not_found", "beatxp"),
        ("rejects --pending", 2, "nothing_pending", "beatxp"),
        ("rejects --pending --snapshot current", 2, "bad_arguments", "beatxp"),
        ("catalog mine.duckdb", 1, "not_a_catalog", "beatxp"),
        ("diff 20261031", 1, "export_files_gone", "beatxp"),
    ],
)
def test_errors_for_scripts_have_a_code(
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    status: int,
    code: str,
    settings: str,
) -> None:
    monkeypatch.chdir(kept)
    said = run(kept, *command.split(), "--json", settings=f"{settings}.toml")
    assert (said.exit_code, said.stdout) == (status, ""), said.output
    [line] = said.stderr.splitlines()
    error = json.loads(line)
    assert error.keys() == {"error"}
    assert error["error"]["code"] == code
    assert error["error"]["message"]
    # For people it is a sentence, with the same status.
    told = run(kept, *command.split(), settings=f"{settings}.toml")
    assert told.exit_code == status
    assert not told.stderr.startswith("{")


def test_what_a_guard_held_back_can_be_asked_about(tmp_path: Path) -> None:
    project = Project(tmp_path, guards="")
    write(project, "producers/2026-01-01.csv", HEADER + row(1, "Ada"))
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    refresh = ("refresh", "--as-of", "2026-03-01")
    assert run(tmp_path, *refresh).exit_code == 0
    write(
        project, "producers/2026-01-02.csv", HEADER + "x,Bo,2026-01-01,100,active\n" + row(1, "A")
    )
    refused = run(tmp_path, *refresh, "--json")
    assert refused.exit_code == 1
    error = json.loads(refused.stderr)["error"]
    assert error["code"] == "refused"
    assert "`beatxp rejects --pending`" in error["message"]
    assert "producers/2026-01-02.csv" in error["message"]
    told = run(tmp_path, *refresh)
    assert told.stderr.startswith("Not published: the last snapshot stays.\n- ")
    # Of what is published nothing was rejected; of what is pending, one row.
    assert "No rejected rows." in run(tmp_path, "rejects").stdout
    found = json.loads(run(tmp_path, "rejects", "--pending", "--json").stdout)
    assert [(r["file"], r["row"], r["reason"]) for r in found["rows"]] == [
        ("2026-01-02.csv", 1, "producer_id:type")
    ]
    assert (found["snapshot"]["snapshot_id"], found["snapshot"]["published_at"]) == (None, None)
    csv = tmp_path / "rejects.csv"
    assert run(tmp_path, "rejects", "--pending", "--csv", str(csv)).exit_code == 0
    assert "Bo" in csv.read_text()
    unmatched = run(tmp_path, "rejects", "--pending", "--unmatched")
    assert (unmatched.exit_code, unmatched.stdout) == (0, "No unmatched rows.\n")
    moment = run(tmp_path, "at", "2026-03-01", "rejects", "--pending")
    assert (moment.exit_code, "nothing is pending" in moment.stderr) == (2, True)
    # The file is withdrawn: what is published is right again, and nothing is pending.
    (project.exports / "producers/2026-01-02.csv").unlink()
    assert run(tmp_path, *refresh).exit_code == 0
    assert run(tmp_path, "rejects", "--pending").exit_code == 2
