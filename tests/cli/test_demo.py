"""The demo: twice, and never over somebody's own exports."""

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cli import (  # noqa: F401
    demo_exports,
    explain,
    leaderboard,
    refresh,
    rejects,
    report,
    show,
    snapshots,
)
from cli.app import Terminal, app
from cli.demo import demo_settings
from cli.demo_exports import write_demo_exports
from pipelines.publication.manifest import all_kept
from pipelines.published.snapshot import PublishedSnapshot

#: A Saturday, so that the day before is of the same week and month.
NOW = "2026-11-21T14:00"
PROJECT = '[project]\nexports = "{exports}"\nstore = "store"\nrulebook = "rules.toml"\n'


def make_project(folder: Path, exports: str) -> Path:
    (folder / exports).mkdir(parents=True)
    (folder / "rules.toml").write_bytes(Path("rules/beatpass.toml").read_bytes())
    (folder / "dagster_project.toml").write_text(PROJECT.format(exports=exports))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with exports of its own."""
    return make_project(tmp_path_factory.mktemp("project"), "exports")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of eighteen months, two are enough here."""
    monkeypatch.setattr(demo_exports, "write_demo_exports", partial(write_demo_exports, months=2))


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(project / "dagster_project.toml"), *arguments])


def test_the_demo_runs_twice_and_names_commands_that_work(project: Path) -> None:
    first = run(project, "demo", "--producers", "60", "--plays", "2000", "--as-of", NOW)
    assert first.exit_code == 0, first.output
    assert "plays per second" in first.output
    assert "file:unreadable" in first.output
    assert not (project / "store").exists(), "the demo belongs in a store of its own"

    again = run(project, "demo", "--as-of", NOW)
    assert again.exit_code == 0, again.output
    assert "Nothing is new" in again.output

    lines = [line for line in first.output.splitlines() if line.startswith("beatxp --config")]
    assert len(lines) == 7
    for line in lines:
        arguments = line.partition("#")[0].split()[1:]
        written = ("rejects.csv", "balance.html")
        arguments = [str(project / a) if a in written else a for a in arguments]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output

    later = run(project, "demo", "--as-of", "2026-11-23T14:00")
    assert later.exit_code == 0, later.output
    assert "They end on 2026-11-21" in later.output

    other = run(project, "demo", "--plays", "3000")
    assert other.exit_code == 2
    assert "--plays 3000" in other.output


def test_boards_of_a_new_demo_are_full_and_have_moved_since_yesterday(project: Path) -> None:
    """A demo that ended long ago was empty after its first refresh."""
    made = run(project, "demo", "--producers", "60", "--plays", "2000", "--as-of", NOW)
    assert made.exit_code == 0, made.output
    first, then = all_kept(project / "demo/store")[:2]
    assert (first.snapshot.as_of, then.snapshot.as_of) == (
        datetime(2026, 11, 21),
        datetime(2026, 11, 21, 14),
    )
    for period in ("week", "month"):
        before, after = (
            PublishedSnapshot(project / "demo/store", manifest)
            .scan("leaderboard", [f"plays-{period}"])
            .collect()
            for manifest in (first, then)
        )
        assert after["score"].sum() > before["score"].sum() > 0


def test_a_project_made_for_the_demo_keeps_its_settings(tmp_path: Path) -> None:
    project = make_project(tmp_path, "demo/exports")
    config = project / "dagster_project.toml"
    used, settings = demo_settings(Terminal(config, Console(), Console()), project / "demo")
    assert used == config
    assert settings.project.store == project / "store"


def test_a_demo_elsewhere_needs_no_exports_of_the_project(tmp_path: Path) -> None:
    """A fresh clone has none: `beatxp demo --folder X` was refused."""
    project = make_project(tmp_path / "clone", "demo/exports")
    (project / "demo/exports").rmdir()
    size = ("--producers", "20", "--plays", "500", "--as-of", NOW)
    made = run(project, "demo", "--folder", str(tmp_path / "elsewhere"), *size)
    assert made.exit_code == 0, made.output
    assert (tmp_path / "elsewhere/store/current.json").exists()
    assert not (project / "demo/exports").exists()
    assert run(project, "show", "1").exit_code == 2


def test_no_demo_beside_the_project_is_kept_in_the_store_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path, "exports")
    monkeypatch.setenv("BEATXP_PROJECT__STORE", str(tmp_path / "live"))
    terminal = Terminal(project / "dagster_project.toml", Console(), Console())
    _, settings = demo_settings(terminal, project / "demo")
    assert settings.project.store == project / "demo/store"


def test_the_demo_leaves_other_exports_alone(project: Path) -> None:
    (project / "exports/plays").mkdir()
    refused = run(project, "demo", "--folder", str(project))
    assert refused.exit_code == 2
    assert "--folder" in refused.output
    assert not (project / "store").exists()


def test_where_there_is_no_project_the_demo_begins_one(tmp_path: Path) -> None:
    """Around its usual folder, or in the one that was named; it writes nothing over."""
    (tmp_path / "rules").mkdir()
    mine = Path("rules/beatpass.toml").read_text() + "# mine\n"
    (tmp_path / "rules/beatpass.toml").write_text(mine)
    config = tmp_path / "dagster_project.toml"
    terminal = Terminal(config, Console(), Console())

    used, settings = demo_settings(terminal, tmp_path / "elsewhere")
    assert used == tmp_path / "elsewhere/dagster_project.toml"
    assert settings.project.rulebook == tmp_path / "elsewhere/rules/beatpass.toml"
    assert not config.exists()

    used, settings = demo_settings(terminal, tmp_path / "demo")
    assert used == config
    assert config.read_bytes() == Path("dagster_project.toml").read_bytes()
    assert settings.project.rulebook.read_text() == mine
    assert settings.project.exports == tmp_path / "demo/exports"

    config.write_text(config.read_text() + "# mine\n")
    demo_settings(terminal, tmp_path / "demo")
    assert config.read_text().endswith("# mine\n")
