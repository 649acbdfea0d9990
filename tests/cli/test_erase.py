"""`beatxp erase`: what it asks, says and leaves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from tests.erasure.erasing import places_of
from tests.erasure.test_erase import FILES, GONE, LATER, LISTENER, NAME, TRACES, published
from tests.product import Project

__all__ = ["published"]


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    copied = published.copied(tmp_path / "project")
    copied.settings()
    return copied


def run(project: Project, *arguments: str, answers: str | None = None) -> Result:
    settings = project.folder / "store.toml"
    runner = CliRunner(env={"COLUMNS": "200"})
    return runner.invoke(app, ["--config", str(settings), *arguments], input=answers)


def test_a_dry_run_says_who_it_is_and_what_would_go(published: Project) -> None:
    published.settings()
    said = run(published, "erase", "--producer", str(GONE), "--dry-run")
    assert said.exit_code == 0
    assert f"Producer {GONE} is {NAME}." in said.output
    assert "Would erase: 1 producer." in said.output
    assert "9100000000088" in said.output
    assert not (published.folder / "store/erased.json").exists()


def test_it_is_asked_for_and_receipted(project: Project, tmp_path: Path) -> None:
    whom = ("erase", "--producer", str(GONE), "--listener", str(LISTENER))
    refused = run(project, *whom, answers="n\n")
    assert refused.exit_code == 1
    assert not (project.folder / "store/erased.json").exists()
    receipt = tmp_path / "receipt.json"
    done = run(project, *whom, "--receipt", str(receipt), answers="y\n")
    assert done.exit_code == 0, done.output
    assert "Erased: 1 producer and 1 listener." in done.output
    found = json.loads(receipt.read_text())
    assert (found["producers"], found["listeners"]) == ([str(GONE)], [str(LISTENER)])
    assert found["export_files"] == sorted(FILES)
    assert not places_of(project.folder / "store", TRACES)
    assert run(project, "snapshots").output.count("since somebody's data was erased") == 2
    assert "by an erasure" in run(project, "current").output
    assert json.loads(run(project, "current", "--json").output)["changed_at"]
    assert "each is what was written" in run(project, "verify", "--recompute").output


def test_a_file_names_many(project: Project, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text(f"# asked for on 1 November\nproducer {GONE}\n\nlistener {LISTENER}\n")
    found = json.loads(run(project, "erase", "--ids", str(ids), "--yes", "--json").stdout)
    assert (found["producers"], found["listeners"]) == ([str(GONE)], [str(LISTENER)])
    assert len(found["changed"]) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name whom"),
        (("--producer", "0"), "is no id of a producer"),
        (("--listener", "somebody"), "is no id of a listener"),
        (("--producer", "7", "--json"), "nobody is asked"),
        (("--ids", "missing.txt"), "There is no file missing.txt"),
    ],
)
def test_mistakes_erase_nothing(
    published: Project, arguments: tuple[str, ...], sentence: str
) -> None:
    published.settings()
    said = run(published, "erase", *arguments)
    assert said.exit_code == 2
    assert sentence in said.output
    assert not (published.folder / "store/erased.json").exists()


def test_a_line_that_names_nobody_is_told(published: Project, tmp_path: Path) -> None:
    published.settings()
    ids = tmp_path / "ids.txt"
    ids.write_text("producer 7\n8\n")
    said = run(published, "erase", "--ids", str(ids), "--yes")
    assert said.exit_code == 2
    assert "line 2: '8'" in said.output


def test_it_says_what_a_refresh_leaves_out(project: Project) -> None:
    run(project, "erase", "--producer", str(GONE), "--yes")
    project.deliver({"earnings/b.csv": FILES["earnings/a.csv"]})
    said = run(project, "refresh", "--as-of", f"{LATER.isoformat()}Z")
    assert "4 rows of earnings, in 2 files such as earnings/a.csv, left out" in said.output
