"""Where refreshes are done: what is said of one that fails, and that none is followed for ever."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dashboard import workers
from dashboard.jobs import Ended
from dashboard.workers import DagsterServer, Worker

Answer = dict[str, Any] | str | Exception


def run(program: str, **limits: float) -> Ended:
    return asyncio.run(Worker([sys.executable, "-c", program], **limits).refresh())


@pytest.mark.parametrize(("published", "state"), [("true", "published"), ("false", "up_to_date")])
def test_what_came_of_it_stands_on_its_last_line(published: str, state: str) -> None:
    said = f'print("by the way"); print(\'{{"published": {published}}}\')'
    assert run(said).state == state


def test_why_it_failed_is_said_once_and_logged_whole(caplog: pytest.LogCaptureFixture) -> None:
    said = "Not published: the last snapshot stays.\n- plays: 9% is\n  rejected.\nLook at it.\n"
    failed = run(f"import sys; sys.stderr.write({said!r}); sys.exit(1)")
    assert failed == Ended("failed", "- plays: 9% is rejected. Look at it.")
    assert "status 1: Not published: the last snapshot stays." in caplog.text


def test_of_an_error_for_scripts_the_message_is_shown() -> None:
    said = '{"error": {"code": "refused", "message": "Not published: x.\\n- plays: 9%."}}'
    failed = run(f"import sys; print({said!r}, file=sys.stderr); sys.exit(1)")
    assert failed == Ended("failed", "Not published: x. - plays: 9%.")


def test_of_much_that_was_said_the_end_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    failed = run("import sys; sys.stderr.write('a word ' * 1_000 + 'the end.'); sys.exit(1)")
    assert failed.detail.startswith("… ")
    assert failed.detail.endswith(" a word the end.")
    assert len(failed.detail) <= 610
    assert caplog.text.count("a word") == 1_000


def test_of_a_traceback_only_what_it_comes_to_is_shown() -> None:
    failed = run("def secret(): raise OSError('disk full')\nsecret()")
    assert failed == Ended("failed", "OSError: disk full")


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
    assert _has_ended(int(ids.read_text()))


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
            {"name": "r", "location": {"name": "pipelines.definitions"}, "jobs": []},
            {
                "name": "__repository__",
                "location": {"name": "pipelines.definitions"},
                "jobs": [{"name": "rebuild_day"}, {"name": "refresh"}],
            },
        ]
    }
}
LAUNCHED = {"launchRun": {"run": {"runId": "1234"}}}


def status(name: str) -> dict[str, Any]:
    return {"runOrError": {"__typename": "Run", "status": name}}


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


Refresh = Callable[[Dagster], Ended]


@pytest.fixture
def refresh(monkeypatch: pytest.MonkeyPatch) -> Refresh:
    """A refresh through a Dagster server that is asked again at once."""
    monkeypatch.setattr(workers, "_is_up_to_date", lambda _: False)
    monkeypatch.setattr(workers, "_POLL_SECONDS", 0.0)

    def refreshed(server: Dagster) -> Ended:
        async def scene() -> Ended:
            async with httpx2.AsyncClient(transport=httpx2.MockTransport(server)) as client:
                return await DagsterServer("http://dagster", client, Path("unused")).refresh()

        return asyncio.run(scene())

    return refreshed


def test_the_job_of_our_own_code_location_is_launched(refresh: Refresh) -> None:
    server = Dagster(REPOSITORIES, LAUNCHED, status("SUCCESS"))
    assert refresh(server) == Ended("published")
    launch = {"repository": "__repository__", "location": "pipelines.definitions"}
    assert server.asked[1]["variables"] == launch


def test_a_server_without_our_code_location_launches_nothing(refresh: Refresh) -> None:
    nodes = REPOSITORIES["repositoriesOrError"]["nodes"][:2]
    server = Dagster({"repositoriesOrError": {"nodes": nodes}})
    failed = refresh(server)
    assert failed.state == "failed"
    assert "no code location pipelines.definitions with a job refresh" in failed.detail


def test_a_question_that_is_not_answered_is_asked_again(
    refresh: Refresh, caplog: pytest.LogCaptureFixture
) -> None:
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
    ("answers", "says"),
    [
        ((httpx2.ConnectError("gone"),), "The Dagster server does not answer."),
        ((REPOSITORIES, httpx2.ReadTimeout("slow")), "The Dagster server does not answer."),
        (
            (REPOSITORIES, {"launchRun": {"message": "no\nroom"}}),
            "Dagster launched no run: no room",
        ),
        ((REPOSITORIES, LAUNCHED, status("FAILURE")), "The Dagster run 1234 ended as FAILURE."),
        (
            (REPOSITORIES, LAUNCHED, {"runOrError": {"__typename": "RunNotFoundError"}}),
            "The Dagster server does not know the run 1234 any more.",
        ),
    ],
)
def test_why_a_run_failed_is_said(refresh: Refresh, answers: tuple[Answer, ...], says: str) -> None:
    assert refresh(Dagster(*answers)) == Ended("failed", says)


def test_a_run_that_does_not_end_is_not_followed_for_ever(
    refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_LONGEST_SECONDS", 0.05)
    server = Dagster(REPOSITORIES, LAUNCHED, *[status("QUEUED")] * 10_000)
    assert refresh(server) == Ended("failed", "The Dagster run 1234 did not end in time.")
