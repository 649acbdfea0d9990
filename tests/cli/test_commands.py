"""The command line: what scripts read, what people read, and errors that are sentences."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from cli.demo_exports import write_demo_exports
from tests.product import Project

AS_OF = "2026-11-01T00:00:00Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("cli"), guards="")
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=80, plays=4_000, months=2)
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


@pytest.mark.parametrize("group", [(), ("rules",), ("at",)])
def test_no_command_is_summed_up_by_half_a_sentence(group: tuple[str, ...]) -> None:
    """A summary that was too long ended in "and for what..."."""
    listed = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*group, "--help"])
    assert listed.exit_code == 0
    summaries = listed.stdout.partition("Commands:")[2].partition("\n\n")[0].splitlines()[1:]
    assert summaries
    assert all(line.endswith(".") and not line.endswith("..") for line in summaries)


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
    assert first.pop("notices")
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


def test_only_a_refresh_says_that_the_last_snapshot_stays(folder: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    refused = run(folder, "refresh", "--as-of", AS_OF, "--store", str(taken))
    assert refused.exit_code == 1
    assert "Nothing was published: the last snapshot stays." in refused.output
    (tmp_path / "folder" / "store").mkdir(parents=True)
    (tmp_path / "folder" / "store" / "current.json").symlink_to("current.json")
    settings = (folder / "store.toml").read_text().replace('"store"', f'"{tmp_path}/folder/store"')
    for name in ("exports", "rulebook.toml"):
        settings = settings.replace(f'"{name}"', f'"{folder / name}"')
    (tmp_path / "store.toml").write_text(settings)
    shown = run(tmp_path, "show", "7")
    assert shown.exit_code == 1
    assert "symbolic links" in shown.output
    assert "snapshot stays" not in shown.output


def test_what_does_not_add_up_is_a_fault_of_the_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "Progress shows 1 XP from play in all, the ledger has 2."
    monkeypatch.setattr("pipelines.publication.publish.check_totals", lambda *_: [wrong])
    asked = run(folder, "explain", "7")
    refreshed = run(folder, "refresh", "--as-of", "2026-11-01T01:00:00Z")
    for result in (asked, refreshed):
        assert result.exit_code == 1
        assert "a fault of the program" in " ".join(result.output.split())
        assert wrong in " ".join(result.output.split())
        assert "--ignore-guards" not in result.output
    assert "snapshot stays" not in asked.output
    assert "Nothing was published: the last snapshot stays." in refreshed.output
