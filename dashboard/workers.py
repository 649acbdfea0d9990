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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2

from dashboard.jobs import Ended, Work
from dashboard.reasons import SENTENCES
from dashboard.snapshots import Served
from pipelines.settings import load_settings

LOG = logging.getLogger("dashboard")
#: The code location whose job `refresh` is ours: a server may have others with jobs of that name.
_LOCATION = "assets.definitions"
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
_STATUS = "query Status($run: ID!) { runOrError(runId: $run) {\
 __typename ... on Run { status tags { key value } } } }"
#: As `assets.failures` has it, with one of the codes of docs/operations.md.
_REASON_TAG = "beatxp/failed"
_FAILED = {"FAILURE": "failed", "CANCELED": "was canceled"}
#: What comes of a server that is down, restarting, or something else than Dagster.
_UNEXPECTED = (httpx2.HTTPError, ValueError, TypeError, LookupError)
_POLL_SECONDS = 0.5
#: A run that never ends must not keep everybody from asking again.
_LONGEST_SECONDS = 3 * 3600.0
#: What a process that is told to end is given for it.
_STOP_SECONDS = 10.0
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


def is_up_to_date(file: Path) -> bool:
    """Whether a refresh with these settings would find nothing new."""
    # Imported when it is needed: it brings the engines along.
    from pipelines.publication.publish import utc_now
    from pipelines.refresh import look, new_request, open_store, up_to_date

    settings = load_settings(file)
    now = utc_now()
    request = new_request(settings, now)
    return up_to_date(settings, open_store(settings), request, look(settings), now) is not None


def refresh_command(settings_file: Path) -> list[str]:
    """The command that refreshes once and says in JSON what came of it: `refresh_process`."""
    return [sys.executable, "-m", "dashboard.refresh_process", str(settings_file)]


class Worker:
    """Runs a refresh as a process of its own, and not for ever."""

    def __init__(
        self,
        command: Sequence[str],
        longest_seconds: float = _LONGEST_SECONDS,
        stop_seconds: float = _STOP_SECONDS,
    ) -> None:
        self._command = command
        self._longest_seconds = longest_seconds
        self._stop_seconds = stop_seconds

    async def refresh(self) -> Ended:
        """Refresh once. A cancelled worker is stopped: nothing half done is ever visible."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), self._longest_seconds)
        except TimeoutError:
            await self._stop(process)
            return Ended("failed", f"It was stopped after {self._longest_seconds:,.0f} s.")
        except asyncio.CancelledError:
            await self._stop(process)
            raise
        said = err.decode(errors="replace").strip()
        status = process.returncode or 0
        if status < 0:
            name = signal.Signals(-status).name
            return Ended("failed", f"It was ended by signal {-status} ({name}).", said)
        match _last_line(out):
            case {"published": bool(published)} if status == 0:
                return Ended("published" if published else "up_to_date")
            case {"why": str(why)}:
                return Ended("failed", why, said)
            case _:
                return Ended("failed", "It ended without saying why.", said)

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        """End the process with all that it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self._stop_seconds)
                return


def _last_line(out: bytes) -> object:
    """The JSON document on the last line; None if there is none."""
    try:
        return json.loads(out.splitlines()[-1])
    except (IndexError, ValueError):
        return None


class NotLaunched(Exception):
    """No run was launched; the message says why."""


class DagsterServer:
    """Launches the job `refresh` of a Dagster web server, so that it is seen in its UI."""

    def __init__(
        self,
        address: str,
        client: httpx2.AsyncClient,
        settings_file: Path,
        is_up_to_date: Callable[[Path], bool] = is_up_to_date,
        longest_seconds: float = _LONGEST_SECONDS,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._address = f"{address.rstrip('/')}/graphql"
        self._client = client
        self._file = settings_file
        self._is_up_to_date = is_up_to_date
        self._longest_seconds = longest_seconds
        self._poll_seconds = poll_seconds

    async def refresh(self) -> Ended:
        """Launch a run and follow it to its end. No run is launched for nothing."""
        if await asyncio.to_thread(self._is_up_to_date, self._file):
            return Ended("up_to_date")
        try:
            run = await self.launch()
        except NotLaunched as error:
            return Ended("failed", "Dagster could not start it.", str(error))
        except _UNEXPECTED as error:
            return Ended("failed", "The Dagster server does not answer.", repr(error))
        return await self.follow(run)

    async def launch(self) -> str:
        """Launch a run, whatever is new; its id. Raises NotLaunched, httpx2.HTTPError."""
        found = await self._ask(_REPOSITORIES)
        repository = next(
            (
                node["name"]
                for node in found["repositoriesOrError"]["nodes"]
                if node["location"]["name"] == _LOCATION
                and any(job["name"] == "refresh" for job in node["jobs"])
            ),
            None,
        )
        if repository is None:
            raise NotLaunched(
                f"The Dagster server has no code location {_LOCATION} with a job refresh."
            )
        launched = await self._ask(_LAUNCH, repository=repository, location=_LOCATION)
        run = launched["launchRun"].get("run")
        if run is None:
            raise NotLaunched(launched["launchRun"].get("message", "Dagster does not say why."))
        run_id: str = run["runId"]
        return run_id

    async def follow(self, run: str) -> Ended:
        """Follow a run. A question that is not answered is asked again: the run goes on."""
        deadline = time.monotonic() + self._longest_seconds
        found: dict[str, Any] = {}
        answered = True
        while time.monotonic() < deadline:
            try:
                found = (await self._ask(_STATUS, run=run))["runOrError"]
            except _UNEXPECTED as error:
                if answered:
                    LOG.warning("The Dagster server does not tell how run %s is: %r", run, error)
                answered = False
            else:
                answered = True
            status = found.get("status")
            if status == "SUCCESS":
                return Ended("published")
            if status in _FAILED:
                said = f"The Dagster run {run} ended as {status}."
                why = f"Its run in Dagster {_FAILED[status]}."
                tags = {tag["key"]: tag["value"] for tag in found.get("tags", ())}
                return Ended("failed", SENTENCES.get(tags.get(_REASON_TAG, ""), why), said)
            if found.get("__typename") == "RunNotFoundError":
                said = f"The Dagster server does not know the run {run} any more."
                return Ended("failed", "Its run in Dagster is gone.", said)
            await asyncio.sleep(self._poll_seconds)
        said = f"The Dagster run {run} did not end in time."
        return Ended("failed", "Its run in Dagster did not end in time.", said)

    async def _ask(self, query: str, **variables: str) -> dict[str, Any]:
        answer = await self._client.post(
            self._address,
            json={"query": query, "variables": variables},
            timeout=_ANSWER_SECONDS,
        )
        # Dagster answers 500 beside data that says what went wrong.
        data: dict[str, Any] = answer.json()["data"]
        return data
