"""A night of a real Dagster, with its daemon, web server and the sensor for new files.

A refusal is one run, one alert and one recovery, however often the sensor looks; a run whose
process is killed is marked as failed, and done again.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
import yaml

from assets.failures import REASON_TAG
from dashboard.workers import DagsterServer
from pipelines.publication.manifest import find_current, kept_ids
from tests.faults.market import Market
from tests.faults.tried import Tried
from tests.monitoring.alerts.test_notify import BAD, GOOD, PLAYS, SECRET, project_in
from tests.monitoring.servers import free_port, mail_server, web_server
from tests.product import Project

ROOT: Final = Path(__file__).parents[2]
#: The sensor looks every 30 seconds, and a run begins and ends within some more.
_LONGEST_SECONDS: Final = 180.0
_MONITORED_SECONDS: Final = 2
_RUNS: Final = "{ runsOrError { ... on Runs { results { runId status tags { key value } } } } }"
_TICKS: Final = """{ sensorOrError(sensorSelector: {
  repositoryName: "__repository__", repositoryLocationName: "assets.definitions",
  sensorName: "new_exports"
}) { ... on Sensor { sensorState { ticks(limit: 1000) { status skipReason } } } } }"""
_EVENTS: Final = """{ logsForRun(runId: "%s") { ... on EventConnection {
  events { ... on MessageEvent { message } }
} } }"""


class TooLongError(Exception):
    """Something that was to happen has not."""


class Dagster:
    """A web server and a daemon of one instance."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, query: str) -> Any:
        """The data of an answer; None while there is none."""
        try:
            answer = httpx2.post(f"{self.address}/graphql", json={"query": query}, timeout=60)
            return answer.json()["data"]
        except (httpx2.HTTPError, ValueError):
            return None

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the latest first."""
        data = self.ask(_RUNS)
        found: list[dict[str, Any]] = data["runsOrError"]["results"] if data else []
        return found

    def skipped(self) -> list[str]:
        """Why the sensor started nothing, each time that it looked, the latest first."""
        data = self.ask(_TICKS)
        ticks = data["sensorOrError"]["sensorState"]["ticks"] if data else []
        return [tick["skipReason"] for tick in ticks if tick["status"] == "SKIPPED"]

    def launch(self, settings: Path) -> str:
        """Launch a run, as the button Refresh does."""

        async def launched() -> str:
            async with httpx2.AsyncClient() as client:
                return await DagsterServer(self.address, client, settings).launch()

        return asyncio.run(launched())


def attempt(market: Market, seed: int) -> Tried:
    """Live through such a night."""
    tried = Tried("a night")
    folder = market.project.folder / f"night-{seed}"
    with web_server() as web, mail_server() as mail:
        alerts = (
            f'webhook = "http://{web.address}/hook"\nwebhook_secret = "{SECRET}"\n'
            f'urls = ["mailto://{mail.address}?from=beatxp@music.example&to=ops@music.example"]\n'
        )
        project = project_in(folder, alerts)
        project.mappings += "[sensor]\nnew_exports = true\nquiet_seconds = 0\n"
        project.settings()  # writes them
        store = folder / "store"
        with dagster(folder) as running:
            try:
                _night(tried, project, store, running)
            except TooLongError as error:
                tried.wrong.append(str(error))
        said = [msgspec.json.decode(posted.body)["type"] for posted in web.posted]
        tried.check(said == ["alert.opened", "alert.recovered"], f"alerts: {said}")
        tried.check(len(mail.taken) == len(said), f"{len(mail.taken)} e-mails")
    tried.seen = "one alert, one recovery; the killed run was done again"
    return tried


def _night(tried: Tried, project: Project, store: Path, running: Dagster) -> None:
    def content() -> str:
        return find_current(store).manifest.snapshot.content_sha256

    _until("the sensor starts a first refresh", lambda: (store / "current.json").exists())
    first = content()
    _until("it ends", lambda: [run["status"] for run in running.runs()] == ["SUCCESS"])
    project.deliver({"plays/2.csv": PLAYS + BAD})
    _until("a run is refused", lambda: running.runs()[0]["status"] == "FAILURE")
    looks = len(running.skipped())
    _until("the sensor looks twice again", lambda: len(running.skipped()) >= looks + 2)
    why = running.skipped()[0]
    tried.check("would again until export files" in why, f"the sensor: {why}")
    tried.check(len(running.runs()) == 2, f"{len(running.runs())} runs for one refusal")
    tags = {tag["key"]: tag["value"] for tag in running.runs()[0]["tags"]}
    tried.check(tags.get(REASON_TAG) == "refused", f"tags: {tags}")
    tried.check(content() == first, "a refused refresh was published")
    (project.exports / "plays/2.csv").unlink()
    project.deliver({"plays/3.csv": PLAYS + GOOD.replace("1,1,", "4711,1,", 1)})
    run = running.launch(project.folder / "store.toml")
    _until("a run's process begins", lambda: _kill(running, run))
    _until("the run is marked as failed", lambda: _status(running, run) == "FAILURE")
    _until("all is done", lambda: running.runs()[0]["status"] == "SUCCESS")
    expected = project.refresh(find_current(store).manifest.snapshot.as_of, "nothing")
    tried.check(
        content() == expected.manifest.snapshot.content_sha256, "it differs from one from nothing"
    )
    tried.check(len(kept_ids(store)) == 2, f"kept: {kept_ids(store)}")


def _status(running: Dagster, run: str) -> str:
    return next((r["status"] for r in running.runs() if r["runId"] == run), "")


def _kill(running: Dagster, run: str) -> bool:
    """Kill the process of a run, if it has begun: Dagster tells its number."""
    data = running.ask(_EVENTS % run)
    events = data["logsForRun"]["events"] if data else []
    for event in events:
        if found := re.search(r"process for run \(pid: (\d+)\)", event.get("message", "")):
            os.kill(int(found[1]), signal.SIGKILL)
            return True
    return False


def _until(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TooLongError(f"Not within {_LONGEST_SECONDS:.0f} s: {what}.")
        time.sleep(0.2)


@contextmanager
def dagster(folder: Path) -> Iterator[Dagster]:
    """Run Dagster as it is shipped, except that it looks for killed runs more often."""
    home = folder / "home"
    home.mkdir()
    shipped = yaml.safe_load((ROOT / "assets/dagster.yaml").read_text())
    shipped["run_monitoring"]["poll_interval_seconds"] = _MONITORED_SECONDS
    (home / "dagster.yaml").write_text(yaml.safe_dump(shipped))
    port = free_port()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "BEATXP_CONFIG": str(folder / "store.toml"),
    }
    module = ("-m", "assets.definitions")
    commands = (
        ("dagster-webserver", "-h", "127.0.0.1", "-p", str(port), *module),
        ("dagster-daemon", "run", *module),
    )
    processes = []
    with (folder / "dagster.log").open("wb") as log:
        try:
            for command in commands:
                processes.append(
                    subprocess.Popen(
                        [Path(sys.executable).with_name(command[0]), *command[1:]],
                        cwd=folder,
                        env=environment,
                        stdout=log,
                        stderr=log,
                    )
                )
            yield Dagster(f"http://127.0.0.1:{port}")
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
