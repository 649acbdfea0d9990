"""The command line: what scripts read, what people read, and errors that are sentences."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import demo, leaderboard, refresh, rejects, show, snapshots  # noqa: F401
from pipelines.cli.app import app
from pipelines.demo_exports import write_demo_exports
from tests.product import Project

AS_OF = "2026-11-01T00:00:00Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("cli"), guards="")
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=80, plays=4_000, until=date(2026, 11, 1))
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    assert run(project.folder, "refresh", "--as-of", AS_OF).exit_code == 0
    return project.folder


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / "store.toml"), *arguments])


def said(folder: Path, *arguments: str) -> dict[str, object]:
    result = run(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_refresh_says_what_scripts_need(folder: Path) -> None:
    first = said(folder, "refresh", "--as-of", AS_OF)
    assert first["published"] is False
    tables = first["tables"]
    assert isinstance(tables, dict)
    assert set(tables) >= {"snapshot", "inputs", "progress", "xp_ledger", "unlocks", "levels"}
    assert all(Path(path).is_absolute() for paths in tables.values() for path in paths)
    rejects_files = first["rejects"]
    assert isinstance(rejects_files, list)
    found = pl.read_parquet(rejects_files)
    assert found.columns == ["entity", "file", "row", "reason", "original"]
    assert found.filter(pl.col("row").is_null())["reason"].to_list() == ["file:unreadable"]
    assert said(folder, "current") == first


def test_pages_for_people(folder: Path) -> None:
    assert "Level" in run(folder, "show", "7").output
    assert "Rank" in run(folder, "leaderboard", "plays", "--around", "7").output
    assert "file:unreadable" in run(folder, "rejects").output
    assert "current" in run(folder, "snapshots").output


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("show", "99999999"), 2, "No producer has"),
        (("leaderboard", "fame"), 2, "fame"),
        (("leaderboard", "quality", "--period", "week"), 2, "quality"),
        (("refresh", "--as-of", "yesterday"), 2, "is not a time"),
        (("show", "7", "--snapshot", "nothing"), 2, "beatxp snapshots"),
    ],
)
def test_errors_are_sentences(
    folder: Path, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    result = run(folder, *arguments)
    assert result.exit_code == status, result.output
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_mistake_in_the_rulebook_is_found_before_anything_runs(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.rulebook.write_text("[rulebook]\nname = 1\n")
    project.settings()
    result = run(tmp_path, "refresh")
    assert result.exit_code == 2
    assert "rulebook.version" in result.output


def test_a_guard_refuses_names_the_file_and_can_be_passed_once(tmp_path: Path) -> None:
    project = Project(tmp_path, guards="")
    producers = project.exports / "producers"
    producers.mkdir()
    header = "producer_id,display_name,joined_at,profile_completion,status\n"
    (producers / "2026-01-01.csv").write_text(
        header + "1,A,2026-01-01,100,active\nx,B,2026-01-01,100,active\n"
    )
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    refused = run(tmp_path, "refresh")
    assert refused.exit_code == 1
    assert "producers/2026-01-01.csv" in refused.output
    assert "producer_id:type" in refused.output
    assert "--ignore-guards" in refused.output
    assert run(tmp_path, "current").exit_code == 1
    assert run(tmp_path, "refresh", "--ignore-guards").exit_code == 0

    (producers / "2026-01-02.csv").write_text(header)
    shrunk = run(tmp_path, "refresh")
    assert shrunk.exit_code == 1
    assert "shrank" in shrunk.output
    assert said(tmp_path, "current")["published"] is False


def test_a_file_replaced_under_the_same_name_size_and_time_is_noticed(tmp_path: Path) -> None:
    import os

    project = Project(tmp_path)
    producers = project.exports / "producers"
    producers.mkdir()
    path = producers / "2026-01-01.csv"
    header = "producer_id,display_name,joined_at,profile_completion,status\n"
    path.write_text(header + "1,A,2026-01-01,100,active\n")
    before = path.stat()
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    assert run(tmp_path, "refresh", "--as-of", AS_OF).exit_code == 0
    path.write_text(header + "1,B,2026-01-01,100,active\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert said(tmp_path, "refresh", "--as-of", AS_OF)["published"] is True
    assert "B" in run(tmp_path, "show", "1").output
