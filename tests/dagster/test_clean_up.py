"""Old runs of Dagster are removed, with all that it keeps of them, and nothing else."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from assets.clean_up import remove_old_runs
from assets.definitions import build_definitions
from assets.instance import SETTINGS
from tests.product import Project
from tests.test_notices import FILES, RULEBOOK


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One that keeps what it is told in files, as it does in production."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(SETTINGS, home / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@dg.asset
def told() -> None:
    print("said by the asset")  # noqa: T201


@dg.asset_check(asset="told")
def heard() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


HERE = dg.Definitions(
    assets=[told],
    asset_checks=[heard],
    jobs=[dg.define_asset_job("tell", executor_def=dg.in_process_executor)],
)
CHECK = dg.AssetCheckKey(dg.AssetKey("told"), "heard")


def run(instance: dg.DagsterInstance) -> str:
    return HERE.resolve_job_def("tell").execute_in_process(instance=instance).run_id


def traces(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Where in the instance's folder a run is mentioned."""
    home = Path(instance.root_directory)
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if run_id in path.name or (path.is_file() and run_id.encode() in path.read_bytes())
    ]


def test_an_old_run_leaves_nothing_behind(instance: dg.DagsterInstance) -> None:
    old = run(instance)
    assert len(traces(instance, old)) >= 4
    between = datetime.now(UTC)
    new = run(instance)
    events = len(instance.all_logs(new))
    assert remove_old_runs(instance, between) == 1
    assert instance.get_run_by_id(old) is None
    assert traces(instance, old) == []
    assert [record.dagster_run.run_id for record in instance.get_run_records()] == [new]
    assert len(instance.all_logs(new)) == events
    checks = instance.event_log_storage.get_asset_check_execution_history(CHECK, limit=9)
    assert [check.run_id for check in checks] == [new]
    [made] = instance.fetch_materializations(dg.AssetKey("told"), limit=9).records
    assert made.run_id == new
    assert remove_old_runs(instance, between) == 0


@pytest.mark.parametrize("status", [s for s in dg.DagsterRunStatus if s.name != "QUEUED"])
def test_only_what_has_ended_is_removed(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run_id = create_run_for_test(instance, "tell", status=status).run_id
    removed = remove_old_runs(instance, datetime.now(UTC) + timedelta(days=1))
    assert removed == (status.name in ("SUCCESS", "FAILURE", "CANCELED"))
    assert (instance.get_run_by_id(run_id) is None) == bool(removed)


def test_a_removal_that_was_cut_short_is_finished_by_the_next(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run(instance)
    later = datetime.now(UTC) + timedelta(days=1)
    with monkeypatch.context() as dying:
        dying.setattr(instance.event_log_storage, "delete_events", None)
        with pytest.raises(TypeError):
            remove_old_runs(instance, later)
    assert remove_old_runs(instance, later) == 1
    # Which run made an asset last is known for as long as no other one makes it.
    run(instance)
    assert traces(instance, old) == []


def run_that_ended(instance: dg.DagsterInstance, at: datetime) -> str:
    run_id: str
    run_id = create_run_for_test(instance, "tell", status=dg.DagsterRunStatus.STARTED).run_id
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, "tell")
    instance.run_storage.handle_run_event(run_id, event, at)
    return run_id


def test_the_job_runs_each_day_and_keeps_runs_as_long_as_the_settings_say(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", guards="[dagster]\nkeep_runs_days = 3\n")
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    project.settings()
    definitions = build_definitions(project.folder / "store.toml")
    schedule = definitions.resolve_schedule_def("clean_up")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    job = definitions.resolve_job_def(schedule.job_name)
    days_ago = [datetime.now(UTC) - timedelta(days=days) for days in (4, 2)]
    old, young = (run_that_ended(instance, at) for at in days_ago)
    result = job.execute_in_process(instance=instance)
    assert result.success
    assert instance.get_run_by_id(old) is None
    assert instance.get_run_by_id(young) is not None
    assert instance.get_run_by_id(result.run_id) is not None
    assert not (project.folder / "store").exists(), "it needs nothing of the store"
