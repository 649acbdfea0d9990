"""Where a refresh is done: in a process of the server's own, or by a Dagster server.

Either way it is the same code and the same store; whoever is at it, the others wait.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

from dashboard.jobs import Ended, Work
from dashboard.served import Served
from pipelines.settings import load_settings

LOG = logging.getLogger("dashboard")
_STAYS = "the last snapshot stays."
_LAUNCH = """
mutation Refresh($repository: String!, $location: String!) {
  launchRun(executionParams: {
    selector: {
      repositoryName: $repository, repositoryLocationName: $location, jobName: "refresh"
    }
  }) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
_REPOSITORIES = "{ repositoriesOrError { ... on RepositoryConnection { nodes {\
 name location { name } jobs { name } } } } }"
_STATUS = "query Status($run: ID!) { runOrError(runId: $run) { __typename ... on Run { status } } }"
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
_POLL_SECONDS = 0.5
#: A run that waits in a queue that nobody empties must not keep everybody from asking again.
_LONGEST_SECONDS = 3 * 3600.0
#: Launching a run starts a process, which takes seconds.
_ANSWER_SECONDS = 60.0


def refresh_and_show(work: Work, served: Served) -> Work:
    """Refresh, and end once the new snapshot is what viewers are shown."""

    async def both() -> Ended:
        before = served.snapshot_id
        ended = await work()
        await served.look()
        if ended.state == "published" and served.snapshot_id == before:
            return Ended("up_to_date")
        return ended

    return both


def _is_up_to_date(file: Path) -> bool:
    # Imported when it is needed: it brings the engines along.
    from pipelines.publication.publish import utc_now
    from pipelines.refresh import new_request, open_store, up_to_date

    settings = load_settings(file)
    now = utc_now()
    request = new_request(settings, now)
    return up_to_date(settings, open_store(settings), request, now) is not None


class Worker:
    """Runs `beatxp refresh` in a process of its own."""

    def __init__(self, settings_file: Path) -> None:
        self._command = [sys.executable, "-m", "pipelines.cli", "--config", str(settings_file)]

    async def refresh(self) -> Ended:
        """Refresh once. A cancelled worker is stopped: nothing half done is ever visible."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            "refresh",
            "--json",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            await process.wait()
            raise
        if process.returncode != 0:
            said = " ".join(err.decode(errors="replace").split())
            return Ended("failed", f"{said} {_STAYS.capitalize()}")
        said = json.loads(out.splitlines()[-1])
        return Ended("published" if said["published"] else "up_to_date")


class DagsterServer:
    """Launches the job `refresh` of a Dagster web server, so that it is seen in its UI."""

    def __init__(self, address: str, client: httpx2.AsyncClient, settings_file: Path) -> None:
        self._address = f"{address.rstrip('/')}/graphql"
        self._client = client
        self._file = settings_file

    async def refresh(self) -> Ended:
        """Launch a run and follow it to its end. No run is launched for nothing."""
        if await asyncio.to_thread(_is_up_to_date, self._file):
            return Ended("up_to_date")
        try:
            repository, location = await self._where()
            launched = await self._ask(_LAUNCH, repository=repository, location=location)
            run = launched["launchRun"].get("run")
            if run is None:
                why = " ".join(launched["launchRun"].get("message", "it does not say why").split())
                return Ended("failed", f"Dagster launched no run ({why}); {_STAYS}")
            deadline = time.monotonic() + _LONGEST_SECONDS
            while True:
                found = await self._ask(_STATUS, run=run["runId"])
                status = found["runOrError"].get("status")
                if status in _ENDED or status is None:
                    break
                if time.monotonic() > deadline:
                    return Ended("failed", f"The Dagster run {run['runId']} is {status}; {_STAYS}")
                await asyncio.sleep(_POLL_SECONDS)
        except (httpx2.HTTPError, ValueError, TypeError, LookupError) as error:
            LOG.warning("The Dagster server does not answer as expected: %r", error)
            return Ended("failed", f"The Dagster server does not answer; {_STAYS}")
        if status == "SUCCESS":
            return Ended("published")
        return Ended("failed", f"The Dagster run {run['runId']} ended as {status}; {_STAYS}")

    async def _where(self) -> tuple[str, str]:
        found = await self._ask(_REPOSITORIES)
        for node in found["repositoriesOrError"]["nodes"]:
            if any(job["name"] == "refresh" for job in node["jobs"]):
                return node["name"], node["location"]["name"]
        raise LookupError("no job refresh")

    async def _ask(self, query: str, **variables: str) -> dict[str, Any]:
        answer = await self._client.post(
            self._address,
            json={"query": query, "variables": variables},
            timeout=_ANSWER_SECONDS,
        )
        # Dagster answers 500 beside data that says what went wrong.
        data: dict[str, Any] = answer.json()["data"]
        return data
