"""Dagster runs the same steps as the command line, and stops where publication must stop."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.definitions import build_definitions, defs
from assets.metadata import is_sql
from monitoring.record import read_record
from pipelines.publication.manifest import NoSnapshot, current
from pipelines.steps import STEPS, tables_of
from pipelines.version import ROOT
from tests.product import LENIENT, Project
from tests.worlds import World

AS_OF = {"ops": {"deliveries": {"config": {"as_of": "2027-09-01T00:00:00Z"}}}}


def project_in(folder: Path, guards: str = LENIENT) -> tuple[Project, dg.Definitions]:
    project = Project(folder, guards)
    for step in World(5).steps:
        step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    project.settings()
    return project, build_definitions(folder / "store.toml")


def run(definitions: dg.Definitions, job: str = "refresh", **options: object) -> bool:
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            raise_on_error=False,
            **options,  # type: ignore[arg-type]
        )
    return result.success


def test_a_job_gives_the_snapshot_that_the_command_gives(tmp_path: Path) -> None:
    project, definitions = project_in(tmp_path)
    assert run(definitions, run_config=AS_OF)
    published = current(tmp_path / "store").snapshot
    again = project.refresh(datetime(2027, 9, 1, tzinfo=UTC))
    assert not again.published
    fresh = project.refresh(datetime(2027, 9, 1, tzinfo=UTC), "fresh").manifest.snapshot
    assert fresh.content_sha256 == published.content_sha256
    assert run(definitions, run_config=AS_OF)
    assert current(tmp_path / "store").snapshot == published


def test_one_asset_is_made_again_from_what_is_remembered(tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path)
    assert run(definitions, run_config=AS_OF)
    leaderboard = dg.AssetKey("leaderboard")
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, asset_selection=[leaderboard])
    assert result.success


def test_an_asset_without_its_inputs_says_what_to_materialize(tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        with pytest.raises(dg.Failure, match="Materialize first"):
            job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("leaderboard")])


def test_a_guard_stops_the_publication_until_it_is_ignored_once(tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path, "[guards]\nmax_rejected_percent = 0\n")
    assert not run(definitions, run_config=AS_OF)
    with pytest.raises(NoSnapshot):
        current(tmp_path / "store")
    config = {"ops": {"deliveries": {"config": {"ignore_guards": True}}}}
    assert run(definitions, run_config=config)
    assert current(tmp_path / "store").snapshot.producers > 0


def test_a_day_of_plays_can_be_rebuilt(tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path)
    assert run(definitions, run_config=AS_OF)
    before = current(tmp_path / "store").snapshot.content_sha256
    days = list((tmp_path / "store/work/tables/producer_plays").iterdir())
    day = days[0].name[:10]
    written = days[0].stat().st_mtime_ns
    assert run(definitions, "rebuild_day", partition_key=day)
    assert days[0].stat().st_mtime_ns > written
    assert date.fromisoformat(day)
    assert current(tmp_path / "store").snapshot.content_sha256 == before
    record = read_record(tmp_path / "store")
    assert record is not None
    assert record.ended == {"published": 1, "up_to_date": 1}
    assert record.steps["counted_plays"] > 0


def test_dagster_has_the_settings_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_in(tmp_path)
    monkeypatch.setenv("BEATXP_CONFIG", str(tmp_path / "store.toml"))
    monkeypatch.setenv("BEATXP_SCHEDULES__HOURLY", "7 * * * *")
    monkeypatch.setenv("BEATXP_PROJECT__STORE", "another")
    loaded = defs()
    assert loaded.resolve_schedule_def("hourly_refresh").cron_schedule == "7 * * * *"
    assert run(loaded, run_config=AS_OF)
    assert current(tmp_path / "another").snapshot.producers > 0
    assert not (tmp_path / "store").exists()


def test_schedules_run_in_utc(tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path)
    repository = definitions.get_repository_def()
    assert {s.name for s in repository.schedule_defs} == {
        "hourly_refresh",
        "nightly_refresh",
        "clean_up",
    }
    assert all(s.execution_timezone == "UTC" for s in repository.schedule_defs)


def test_kinds_say_which_tables_a_refresh_makes_by_their_sql_files() -> None:
    code = "".join(path.read_text() for path in (ROOT / "pipelines").rglob("*.py"))
    made = set(re.findall(r'(?:query|derive)\(\s*"(?:[a-z]+/)?(\w+)"', code))
    assets = {name for step in STEPS for name in tables_of(step.name)}
    assert {name for name in assets if is_sql(name)} == made & assets
