"""One rule for what is not there: whatever the command, it is a mistake in its arguments."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands import app
from tests.analysis.kept import publish_three


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("status")
    publish_three(folder)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        # producers
        "show 99",
        "show Nobody",
        "leaderboard plays --around 99",
        "explain 99",
        "diff 20261031T000000-bb --producer 99",
        # snapshots
        "show 1 --snapshot nothing",
        "leaderboard plays --snapshot nothing",
        "rejects --snapshot nothing",
        "explain 1 --snapshot nothing",
        "sql FROM(levels) --snapshot nothing",
        "report report.html --snapshot nothing",
        "diff nothing",
        "rules show nothing",
        "rules diff nothing 20261101T000000-cc",
        # names of other kinds
        "leaderboard fame",
        "rejects --entity songs",
        "explain 1 --source songs",
        "sql FROM(songs)",
        # files and folders
        "rejects --file songs.csv",
        "rules check nothing.toml",
        "rules show nothing.toml",
        "simulate nothing.toml",
        "at --rulebook nothing.toml 2026-11-01 show 1",
        "catalog nothing/beatxp.duckdb",
        "report nothing/report.html",
        "sql FROM(levels) --csv nothing/levels.csv",
        "rejects --csv nothing/rejects.csv",
        "refresh --store nothing/store",
    ],
)
def test_what_is_not_there_is_a_mistake_in_the_arguments(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["--config", "beatxp.toml", *command.split()])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
