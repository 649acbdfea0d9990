"""Where a refresh is done: in a process of the server's own, or by a Dagster server.

Either way it is the same code and the same store; whoever is at it, the others wait.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from dashboard.jobs import Ended, Work
from dashboard.served import Served
from pipelines.settings import load_settings

LOG = logging.getLogger("dashboard")
#: The code location whose job `refresh` is ours: a server may have others with jobs of that name.
_LOCATION = "pipelines.definitions"
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
_FAILED = {"FAILURE", "CANCELED"}
#: What comes of a server that is down, restarting, or something else than Dagster.
_UNEXPECTED = (httpx2.HTTPError, ValueError, TypeError, LookupError)
_POLL_SECONDS = 0.5
#: A run that never ends must not keep everybody from asking again.
_LONGEST_SECONDS = 3 * 3600.0
#: What a process that is told to end is given for it.
_STOP_SECONDS = 10.0
#: Launching a run starts a process, which takes seconds.
_ANSWER_SECONDS = 60.0
#: Most characters of what a failed refresh has said that are shown; the log has all of it.
_MOST_SAID = 600
#: The pages say this themselves.
_STAYS = re.compile(r"[^.]*\bsnapshot stays\.\s*")


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


def refresh_command(settings_file: Path) -> list[str]:
    """The command that refreshes once and says in JSON what came of it."""
    command = [sys.executable, "-m", "pipelines.cli", "--config", str(settings_file)]
    return [*command, "refresh", "--json"]


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
        if process.returncode:
            said = err.decode(errors="replace").strip()
            LOG.warning("A refresh ended with status %d: %s", process.returncode, said)
            return Ended("failed", _why(process.returncode, _message(said)))
        described = json.loads(out.splitlines()[-1])
        return Ended("published" if described["published"] else "up_to_date")

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        """End the process with all that it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self._stop_seconds)
                return


def _message(said: str) -> str:
    """What a command said that tells scripts of errors: the message of the last one, or all."""
    try:
        return str(json.loads(said.splitlines()[-1])["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return said


def _why(status: int, said: str) -> str:
    """The last sentences of what a failed process has said, or the signal that ended it."""
    if status < 0:
        return f"It was ended by signal {-status} ({signal.Signals(-status).name})."
    if "Traceback (most recent call last)" in said:
        said = said.splitlines()[-1]
    return _shown(said)


def _shown(said: str) -> str:
    """The end of a text, on one line."""
    text = _STAYS.sub("", " ".join(said.split()))
    return text if len(text) <= _MOST_SAID else "… " + text[-_MOST_SAID:].partition(" ")[2]


class _NotLaunched(Exception):
    """No run was launched; the message says why."""


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
            run = await self._launch()
        except _NotLaunched as error:
            return Ended("failed", str(error))
        except _UNEXPECTED as error:
            LOG.warning("The Dagster server does not answer as expected: %r", error)
            return Ended("failed", "The Dagster server does not answer.")
        return await self._follow(run)

    async def _launch(self) -> str:
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
            raise _NotLaunched(
                f"The Dagster server has no code location {_LOCATION} with a job refresh."
            )
        launched = await self._ask(_LAUNCH, repository=repository, location=_LOCATION)
        run = launched["launchRun"].get("run")
        if run is None:
            why = launched["launchRun"].get("message", "it does not say why.")
            LOG.warning("Dagster launched no run: %s", why)
            raise _NotLaunched(f"Dagster launched no run: {_shown(why)}")
        run_id: str = run["runId"]
        return run_id

    async def _follow(self, run: str) -> Ended:
        """Follow a run. A question that is not answered is asked again: the run goes on."""
        deadline = time.monotonic() + _LONGEST_SECONDS
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
                return Ended("failed", f"The Dagster run {run} ended as {status}.")
            if found.get("__typename") == "RunNotFoundError":
                return Ended("failed", f"The Dagster server does not know the run {run} any more.")
            await asyncio.sleep(_POLL_SECONDS)
        return Ended("failed", f"The Dagster run {run} did not end in time.")

    async def _ask(self, query: str, **variables: str) -> dict[str, Any]:
        answer = await self._client.post(
            self._address,
            json={"query": query, "variables": variables},
            timeout=_ANSWER_SECONDS,
        )
        # Dagster answers 500 beside data that says what went wrong.
        data: dict[str, Any] = answer.json()["data"]
        return data
