"""A run that fails says why where it is looked at first, and is tried again if that helps."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.definitions_load_context import (
    DefinitionsLoadContext,
    DefinitionsLoadType,
)

from assets import failures, resources
from assets.definitions import build_definitions
from assets.failures import REASON_TAG
from pipelines.publication.last_failure import last_failure
from pipelines.publication.manifest import current, pending
from pipelines.settings import SettingsError
from pipelines.steps import perform
from tests.product import Project
from tests.test_last_failure import BAD
from tests.test_notices import FILES, RULEBOOK


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("pipelines.exports.ingest.STILL_NS", -1)
    monkeypatch.setattr(failures, "RETRY_AFTER_SECONDS", (0, 0, 0))
    project = Project(tmp_path, guards="")
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    project.settings()
    return project


@dataclass(frozen=True)
class Ran:
    """What is seen of a run: its page's first error, the step that failed, its tags."""

    success: bool
    error: str
    failed_step: str | None
    metadata: dict[str, Any]
    retries: int
    tags: dict[str, str]


def run(project: Project, definitions: dg.Definitions | None = None, **config: object) -> Ran:
    built = definitions or build_definitions(project.folder / "store.toml")
    with dg.DagsterInstance.ephemeral() as instance:
        result = built.resolve_job_def("refresh").execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"ops": {"deliveries": {"config": config}}},
        )
        found = instance.get_run_by_id(result.run_id)
    error, step, metadata = "", None, {}
    for event in result.all_events:
        if event.is_run_failure:
            error = str(event.job_failure_data.error)
        if event.is_step_failure:
            step, data = event.step_key, event.step_failure_data.user_failure_data
            metadata = {} if data is None else {k: v.value for k, v in data.metadata.items()}
    retries = sum(event.is_step_up_for_retry for event in result.all_events)
    assert found is not None
    return Ran(result.success, error, step, metadata, retries, dict(found.tags))


def test_a_refusal_is_told_by_the_snapshot_that_was_not_published(project: Project) -> None:
    assert run(project).success
    project.deliver(BAD)
    refused = run(project)
    assert not refused.success
    assert refused.failed_step == "snapshot"
    assert "30 of 30 new rows of plays were rejected" in refused.error
    assert "plays/bad.csv (30 of 30)" in refused.metadata["files"]
    assert "`ignore_guards: true`" in refused.error
    assert refused.tags[REASON_TAG] == "refused"
    assert refused.retries == 0
    # What was not published can be looked at, and nobody starts the same again.
    store = project.folder / "store"
    assert pending(store).snapshot.as_of > current(store).snapshot.as_of
    assert last_failure(store) is not None
    assert run(project, ignore_guards=True).success
    assert last_failure(store) is None


def test_a_mistake_in_the_rulebook_is_not_tried_again(project: Project) -> None:
    project.rulebook.write_text(RULEBOOK.replace("play = 1", "play = true"))
    failed = run(project)
    assert failed.failed_step == "deliveries"
    assert "xp.rates[1] (from 2000-01-01).play" in failed.error
    assert (failed.tags[REASON_TAG], failed.retries) == ("bad_rulebook", 0)
    assert last_failure(project.folder / "store") is not None


def test_a_time_that_is_none_says_nothing_about_the_next_run(project: Project) -> None:
    failed = run(project, as_of="yesterday")
    assert "'yesterday' is not a time" in failed.error
    assert (failed.tags[REASON_TAG], failed.retries) == ("bad_arguments", 0)
    assert last_failure(project.folder / "store") is None


def test_what_the_system_would_not_do_is_tried_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([True, True])

    def full_for_a_while(*arguments: Any) -> Any:
        if next(left, False):
            raise OSError(errno.ENOSPC, "No space left on device", "store/work")
        return perform(*arguments)

    monkeypatch.setattr(resources, "perform", full_for_a_while)
    ran = run(project)
    assert (ran.success, ran.retries) == (True, 2)
    assert REASON_TAG not in ran.tags


def test_not_for_ever(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "store/work")

    monkeypatch.setattr(resources, "perform", full)
    ran = run(project)
    assert "Failure: [Errno 28] No space left on device: 'store/work'." in ran.error
    assert ran.tags[REASON_TAG] == "system"
    # Two steps begin without each other.
    assert ran.retries == 6
    assert last_failure(project.folder / "store") is None


@pytest.fixture
def in_a_runs_process() -> Iterator[None]:
    load = DefinitionsLoadContext(DefinitionsLoadType.RECONSTRUCTION)
    with DefinitionsLoadContext.scoped(load):
        yield


@pytest.mark.usefixtures("in_a_runs_process")
def test_a_run_with_mistakes_in_the_settings_fails_in_its_first_step(project: Project) -> None:
    """A process that cannot load its definitions is taken for one that was killed."""
    (project.folder / "store.toml").write_text("[project]\nexport = 1\n")
    failed = run(project)
    assert failed.failed_step == "deliveries"
    assert "project.export" in failed.error
    assert (failed.tags[REASON_TAG], failed.retries) == ("bad_settings", 0)


def test_elsewhere_the_code_location_says_them(project: Project) -> None:
    (project.folder / "store.toml").write_text("[project]\nexport = 1\n")
    with pytest.raises(SettingsError, match=r"project\.export"):
        build_definitions(project.folder / "store.toml")
