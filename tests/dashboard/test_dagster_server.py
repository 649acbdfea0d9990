"""A refresh through a Dagster web server: its job `refresh` does the work."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from cli.demo_exports import write_demo_exports
from dashboard.jobs import Ended
from dashboard.workers import DagsterServer
from pipelines.publication.manifest import NoSnapshot, current
from tests.dashboard.browser import wait_for
from tests.monitoring.servers import free_port

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules/beatpass.toml"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small marketplace that has not been published yet."""
    folder = tmp_path_factory.mktemp("dagster")
    (folder / "exports").mkdir()
    write_demo_exports(folder / "exports", seed=5, producers=20, plays=500, months=1)
    path = folder / "beatxp.toml"
    path.write_text(
        f'[project]\nexports = "exports"\nstore = "store"\nrulebook = "{RULES}"\n'
        "[guards]\nmax_rejected_percent = 50\n"
    )
    return path


@pytest.fixture(scope="module")
def address(config: Path) -> Iterator[str]:
    """A Dagster web server of its own."""
    home = config.parent / "home"
    home.mkdir()
    # As it is shipped, but without a queue: no daemon runs here that would take runs from it.
    shipped = yaml.safe_load((ROOT / "assets/dagster.yaml").read_text())
    del shipped["concurrency"]
    coordinator = {
        "module": "dagster._core.run_coordinator",
        "class": "DefaultRunCoordinator",
    }
    (home / "dagster.yaml").write_text(yaml.safe_dump({**shipped, "run_coordinator": coordinator}))
    module = config.parent / "code.py"
    module.write_text(
        "from pathlib import Path\nfrom assets.definitions import build_definitions\n"
        f"defs = build_definitions(Path({str(config)!r}))\n"
    )
    # Before ours there is somebody else's, with a job of the same name.
    other = config.parent / "other.py"
    other.write_text(
        "import dagster as dg\n@dg.op\ndef nothing(): ...\n"
        "@dg.job\ndef refresh(): nothing()\ndefs = dg.Definitions(jobs=[refresh])\n"
    )
    workspace = config.parent / "workspace.yaml"
    workspace.write_text(
        "load_from:\n"
        "- python_file: {relative_path: other.py, location_name: elsewhere}\n"
        "- python_file: {relative_path: code.py, location_name: assets.definitions}\n"
    )
    port = free_port()
    environment = {**os.environ, "DAGSTER_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port)]
    log = (config.parent / "webserver.log").open("wb")
    with (
        log,
        subprocess.Popen(
            [*command, "-w", str(workspace)], env=environment, stdout=log, stderr=log
        ) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/server_info")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def refresh(address: str, config: Path) -> Ended:
    async def scene() -> Ended:
        async with httpx2.AsyncClient() as client:
            return await DagsterServer(address, client, config).refresh()

    return asyncio.run(scene())


def runs(address: str) -> list[dict[str, str]]:
    query = "{ runsOrError { ... on Runs { results { jobName status } } } }"
    answer = httpx2.post(f"{address}/graphql", json={"query": query}).json()
    found: list[dict[str, str]] = answer["data"]["runsOrError"]["results"]
    return found


LAST_RUN = """{ runsOrError(limit: 1) { ... on Runs { results {
  tags { key value }
  eventConnection(limit: 1000) { events {
    ... on RunFailureEvent { error { message } }
    ... on ExecutionStepFailureEvent { stepKey failureMetadata { description } }
  } }
} } } }"""


def last_failed_run(address: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """What a run's page shows first; why each step failed; the run's tags."""
    deadline = time.monotonic() + 60
    tags: dict[str, str] = {}
    # The run's process writes this one last, when the run has failed already.
    while "dagster/will_retry" not in tags and time.monotonic() < deadline:
        answer = httpx2.post(f"{address}/graphql", json={"query": LAST_RUN}).json()
        (run,) = answer["data"]["runsOrError"]["results"]
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    events = run["eventConnection"]["events"]
    (error,) = [event["error"]["message"] for event in events if "error" in event]
    steps = {
        event["stepKey"]: event["failureMetadata"]["description"]
        for event in events
        if "stepKey" in event
    }
    return error, steps, tags


def test_dagster_does_the_work_and_shows_it(address: str, config: Path) -> None:
    with pytest.raises(NoSnapshot):
        current(config.parent / "store")
    first = refresh(address, config)
    assert first.detail == ""
    assert first == Ended("published")
    assert current(config.parent / "store").snapshot.producers > 0
    assert runs(address) == [{"jobName": "refresh", "status": "SUCCESS"}]

    # Nothing is new: no run is launched for that, so it is said at once.
    assert refresh(address, config) == Ended("up_to_date")
    assert len(runs(address)) == 1

    plays = config.parent / "exports/plays/broken.ndjson"
    plays.write_text('{"play_id": "none"}\n' * 50)
    failed = refresh(address, config)
    assert failed.state == "failed"
    assert failed.detail == "A guard stopped it."
    assert re.fullmatch(r"The Dagster run \S+ ended as FAILURE\.", failed.said)
    error, steps, tags = last_failed_run(address)
    assert "50 of 50 new rows of plays were rejected" in error
    assert "plays/broken.ndjson (50 of 50)" in steps["snapshot"]
    assert (tags["beatxp/failed"], tags["dagster/will_retry"]) == ("refused", "false")
    plays.unlink()


def test_mistakes_in_the_settings_are_told_by_the_run_and_not_retried(
    address: str, config: Path
) -> None:
    right = config.read_text()
    config.write_text(f"{right}max_shrink = 3\n")
    try:
        asyncio.run(launched(address, config))
    finally:
        config.write_text(right)
    error, steps, tags = last_failed_run(address)
    assert "guards.max_shrink: is not a key of this file" in error
    assert set(steps) == {"deliveries"}
    assert (tags["beatxp/failed"], tags["dagster/will_retry"]) == ("bad_settings", "false")


async def launched(address: str, config: Path) -> Ended:
    """A run that is launched without a look at the settings."""
    async with httpx2.AsyncClient() as client:
        server = DagsterServer(address, client, config)
        return await server.follow(await server.launch())


def test_a_server_that_does_not_answer_is_said(config: Path) -> None:
    port = free_port()
    (config.parent / "exports/plays/new.ndjson").write_text("\n")
    found = refresh(f"http://127.0.0.1:{port}", config)
    assert (found.state, found.detail) == ("failed", "The Dagster server does not answer.")
