"""The sensor starts a refresh when there is something to gain, and otherwise says why not."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import msgspec
import pytest

from assets.definitions import build_definitions
from assets.sensors import FIRST_WAIT, LONGEST_WAIT, Started
from pipelines.publication.publish import Refused
from pipelines.refresh import refresh
from pipelines.rulebook import RulebookError
from pipelines.settings import load_settings
from tests.product import Project
from tests.test_last_failure import BAD
from tests.test_notices import FILES, RULEBOOK

FILE_IS_STILL = "\n[sensor]\nquiet_seconds = 0\n"


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    # Files that were written just before are not young here.
    monkeypatch.setattr("pipelines.exports.ingest.STILL_NS", -1)
    project = Project(tmp_path, guards=FILE_IS_STILL)
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    project.settings()
    return project


class Ticks:
    """The sensor of a project, tick by tick; the cursor is kept in between."""

    def __init__(self, project: Project, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        definitions = build_definitions(project.folder / "store.toml")
        self.sensor = definitions.get_repository_def().get_sensor_def("new_exports")
        self.cursor: str | None = None

    def tick(self) -> str:
        """Why nothing is started; empty if a run is."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = self.sensor.evaluate_tick(context)
        self.cursor = result.cursor
        assert bool(result.run_requests) != bool(result.skip_message)
        return result.skip_message or ""

    def pass_time(self, seconds: float) -> None:
        found = msgspec.json.decode(self.cursor or "", type=Started)
        earlier = msgspec.structs.replace(found, seen=found.seen - seconds)
        self.cursor = msgspec.json.encode(earlier).decode()


def test_what_was_looked_at_is_not_looked_at_again(
    project: Project, instance: dg.DagsterInstance
) -> None:
    ticks = Ticks(project, instance)
    assert ticks.tick() == ""
    refresh(project.settings())
    assert "are those that the last refresh looked at" in ticks.tick()
    project.deliver({"plays/b.csv": FILES["plays/a.csv"]})
    assert ticks.tick() == ""


def test_a_refused_refresh_starts_again_when_its_reason_may_be_gone(
    project: Project, instance: dg.DagsterInstance
) -> None:
    """Eight runs failed in six minutes: the sensor knew only refreshes that had succeeded."""
    project.deliver(BAD)
    ticks = Ticks(project, instance)
    assert ticks.tick() == ""
    with pytest.raises(Refused):
        refresh(project.settings())
    for _ in range(3):
        said = ticks.tick()
        assert "would again until export files, the rulebook or the settings change" in said
        assert "plays/bad.csv" in said
    settings = (project.folder / "store.toml").read_text()
    (project.folder / "store.toml").write_text(f"{settings}[guards]\nallow_empty = true\n")
    assert ticks.tick() == ""
    with pytest.raises(Refused):
        refresh(load_settings(project.folder / "store.toml"))
    assert "would again" in ticks.tick()
    (project.exports / "plays/bad.csv").unlink()
    assert ticks.tick() == ""
    refresh(load_settings(project.folder / "store.toml"))
    assert "are those that the last refresh looked at" in ticks.tick()


def test_what_failed_is_tried_again_though_the_files_are_those_of_before(
    project: Project, instance: dg.DagsterInstance
) -> None:
    """A mistake in the rulebook failed the hourly refresh; mended, it need not wait for an hour."""
    refresh(project.settings())
    project.rulebook.write_text(RULEBOOK.replace("play = 1", "play = true"))
    with pytest.raises(RulebookError):
        refresh(project.settings())
    ticks = Ticks(project, instance)
    assert "play" in ticks.tick()
    project.rulebook.write_text(RULEBOOK)
    assert ticks.tick() == ""


def test_runs_that_leave_no_record_are_started_ever_more_seldom(
    project: Project, instance: dg.DagsterInstance
) -> None:
    ticks = Ticks(project, instance)
    assert ticks.tick() == ""
    wait = FIRST_WAIT.total_seconds()
    for _ in range(6):
        ticks.pass_time(wait - 30)
        assert "ended without a record" in ticks.tick()
        ticks.pass_time(30)
        assert ticks.tick() == ""
        wait = min(2 * wait, LONGEST_WAIT.total_seconds())
    assert wait == LONGEST_WAIT.total_seconds()
    project.deliver({"plays/b.csv": FILES["plays/a.csv"]})
    assert ticks.tick() == ""


def test_nothing_is_started_beside_a_refresh(project: Project) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.DagsterRun(job_name="refresh_and_sample", status=dg.DagsterRunStatus.STARTED)
        instance.add_run(run)
        ticks = Ticks(project, instance)
        assert "A refresh is under way" in ticks.tick()


def test_mistakes_in_the_settings_are_said(project: Project, instance: dg.DagsterInstance) -> None:
    ticks = Ticks(project, instance)
    (project.folder / "store.toml").write_text("[project]\nexport = 1\n")
    said = ticks.tick()
    assert "No refresh can be started" in said
    assert "export" in said


def test_a_cursor_of_another_version_is_none(
    project: Project, instance: dg.DagsterInstance
) -> None:
    ticks = Ticks(project, instance)
    ticks.cursor = "1792830.5"
    assert ticks.tick() == ""


def test_a_file_that_changed_just_now_may_not_be_complete(
    project: Project, instance: dg.DagsterInstance
) -> None:
    settings = (project.folder / "store.toml").read_text()
    (project.folder / "store.toml").write_text(settings.replace("seconds = 0", "seconds = 60"))
    assert "may not be complete" in Ticks(project, instance).tick()
