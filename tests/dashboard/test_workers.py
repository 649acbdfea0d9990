"""Where refreshes are done: what is said of one that fails, and that none is followed for ever."""

import asyncio
import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dashboard.jobs import Ended
from dashboard.reasons import SENTENCES
from dashboard.workers import DagsterServer, Worker

Answer = dict[str, Any] | str | Exception


def test_the_server_loads_no_engine_to_say_why_a_refresh_failed() -> None:
    code = (
        "import sys; import dashboard.workers"
        "; print(sorted({'duckdb', 'pandera', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def run(program: str, **limits: float) -> Ended:
    return asyncio.run(Worker([sys.executable, "-c", program], **limits).refresh())


@pytest.mark.parametrize(("published", "state"), [("true", "published"), ("false", "up_to_date")])
def test_what_came_of_it_stands_on_its_last_line(published: str, state: str) -> None:
    said = f'print("by the way"); print(\'{{"published": {published}}}\')'
    assert run(said).state == state


def test_why_it_failed_is_its_last_line_and_all_else_is_for_the_log() -> None:
    program = """if True:
        import sys
        sys.stderr.write("/srv/plays.csv\\n  is damaged.\\n")
        print('by the way')
        print('{"why": "A file is damaged."}')
        sys.exit(1)
    """
    assert run(program) == Ended("failed", "A file is damaged.", "/srv/plays.csv\n  is damaged.")


@pytest.mark.parametrize("printed", ["", "/srv/plays.csv", "[1]", "{}", '{"why": 1}'])
def test_of_a_process_that_does_not_say_why_nothing_is_shown(printed: str) -> None:
    failed = run(f"print({printed!r}); raise OSError('/srv: disk full')")
    assert (failed.state, failed.detail) == ("failed", "It ended without saying why.")
    assert "OSError: /srv: disk full" in failed.said


def test_what_a_process_says_that_does_not_fail_well_is_a_failure() -> None:
    failed = run("print('nothing in JSON')")
    assert (failed.state, failed.detail) == ("failed", "It ended without saying why.")


def test_a_process_that_was_killed_is_told_from_one_that_failed() -> None:
    failed = run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert failed == Ended("failed", "It was ended by signal 9 (SIGKILL).")


def test_a_process_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    ids = tmp_path / "ids"
    program = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        f"if child: open({str(ids)!r}, 'w').write(str(child))\n"
        "while True: time.sleep(60)\n"
    )

    async def scene() -> Ended:
        worker = Worker([sys.executable, "-c", program], longest_seconds=2, stop_seconds=0.1)
        return await worker.refresh()

    assert asyncio.run(scene()) == Ended("failed", "It was stopped after 2 s.")
    _wait_for_end(int(ids.read_text()))


def _wait_for_end(process: int) -> None:
    """A process that was killed is there until the system has come to it."""
    deadline = time.monotonic() + 10
    while not _has_ended(process):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _has_ended(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


REPOSITORIES = {
    "repositoriesOrError": {
        "nodes": [
            {"name": "r", "location": {"name": "somebody.else"}, "jobs": [{"name": "refresh"}]},
            {"name": "r", "location": {"name": "assets.definitions"}, "jobs": []},
            {
                "name": "__repository__",
                "location": {"name": "assets.definitions"},
                "jobs": [{"name": "rebuild_day"}, {"name": "refresh"}],
            },
        ]
    }
}
LAUNCHED = {"launchRun": {"run": {"runId": "1234"}}}


def status(name: str, **tags: str) -> dict[str, Any]:
    found = [{"key": f"beatxp/{key}", "value": value} for key, value in tags.items()]
    return {"runOrError": {"__typename": "Run", "status": name, "tags": found}}


class Dagster:
    """A server that gives these answers one after the other, and notes what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(json.loads(request.content))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return httpx2.Response(502, text=answer)
        return httpx2.Response(200, json={"data": answer})


def refresh(server: Dagster, longest_seconds: float = 60) -> Ended:
    """A refresh through a Dagster server that is asked again at once."""

    async def scene() -> Ended:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(server)) as client:
            dagster = DagsterServer(
                "http://dagster", client, Path("unused"), lambda _: False, longest_seconds, 0.0
            )
            return await dagster.refresh()

    return asyncio.run(scene())


def test_the_job_of_our_own_code_location_is_launched() -> None:
    server = Dagster(REPOSITORIES, LAUNCHED, status("SUCCESS"))
    assert refresh(server) == Ended("published")
    launch = {"repository": "__repository__", "location": "assets.definitions"}
    assert server.asked[1]["variables"] == launch


def test_a_server_without_our_code_location_launches_nothing() -> None:
    nodes = REPOSITORIES["repositoriesOrError"]["nodes"][:2]
    server = Dagster({"repositoriesOrError": {"nodes": nodes}})
    failed = refresh(server)
    assert (failed.state, failed.detail) == ("failed", "Dagster could not start it.")
    assert "no code location assets.definitions with a job refresh" in failed.said


def test_a_question_that_is_not_answered_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    server = Dagster(
        REPOSITORIES,
        LAUNCHED,
        status("STARTED"),
        httpx2.ConnectError("gone"),
        "<h1>Bad gateway</h1>",
        {"runOrError": {"__typename": "PythonError"}},
        status("STARTED"),
        status("SUCCESS"),
    )
    with caplog.at_level(logging.WARNING):
        assert refresh(server) == Ended("published")
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("answers", "says", "logged"),
    [
        (
            (httpx2.ConnectError("gone /srv"),),
            "The Dagster server does not answer.",
            "ConnectError('gone /srv')",
        ),
        (
            (REPOSITORIES, httpx2.ReadTimeout("slow")),
            "The Dagster server does not answer.",
            "ReadTimeout('slow')",
        ),
        (
            (REPOSITORIES, {"launchRun": {"message": "no\nroom in /srv"}}),
            "Dagster could not start it.",
            "no\nroom in /srv",
        ),
        (
            (REPOSITORIES, LAUNCHED, status("FAILURE")),
            "Its run in Dagster failed.",
            "The Dagster run 1234 ended as FAILURE.",
        ),
        (
            (REPOSITORIES, LAUNCHED, status("FAILURE", failed="held")),
            SENTENCES["held"],
            "The Dagster run 1234 ended as FAILURE.",
        ),
        (
            (REPOSITORIES, LAUNCHED, status("CANCELED")),
            "Its run in Dagster was canceled.",
            "The Dagster run 1234 ended as CANCELED.",
        ),
        (
            (REPOSITORIES, LAUNCHED, {"runOrError": {"__typename": "RunNotFoundError"}}),
            "Its run in Dagster is gone.",
            "The Dagster server does not know the run 1234 any more.",
        ),
    ],
)
def test_why_a_run_failed_is_said(answers: tuple[Answer, ...], says: str, logged: str) -> None:
    assert refresh(Dagster(*answers)) == Ended("failed", says, logged)


def test_a_run_that_does_not_end_is_not_followed_for_ever() -> None:
    server = Dagster(REPOSITORIES, LAUNCHED, *[status("QUEUED")] * 10_000)
    said = "The Dagster run 1234 did not end in time."
    assert refresh(server, 0.05) == Ended("failed", "Its run in Dagster did not end in time.", said)
