"""What is told about a refresh: while it runs, when it fails, and before the first."""

import asyncio
import dataclasses
import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from dashboard.jobs import Ended, Job, Jobs
from dashboard.keys import hash_of, new_key
from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import NOW, with_login
from tests.dashboard.test_keys import keys_file
from tests.dashboard.tokens import bearer

KEY = new_key()
BOARD = "/leaderboards/plays/all_time"
WHY = "5% of the new rows of plays were rejected."
SECRET = "/srv/exports/plays.csv is damaged."
RELOAD = 'http-equiv="refresh"'


def with_jobs(client: TestClient, work: Callable[[], "asyncio.Future[Ended]"]) -> TestClient:
    """Let refreshes be done by `work`, which belongs to the application's loop."""
    assert isinstance(client.app, FastAPI)
    assert client.portal is not None

    async def performed() -> Ended:
        return await work()

    jobs = Jobs(performed, lambda: NOW, lambda: 0.0, 0, 0)
    client.app.state.parts = dataclasses.replace(client.app.state.parts, jobs=jobs)
    return client


def never() -> "asyncio.Future[Ended]":
    return asyncio.get_running_loop().create_future()


def fails() -> "asyncio.Future[Ended]":
    end = never()
    end.set_result(Ended("failed", WHY, SECRET))
    return end


@pytest.fixture
def platform(open_app: Open, marketplace: Settings, tmp_path: Path) -> TestClient:
    """The marketplace, for whoever looks and for a script that may refresh."""
    path = keys_file(tmp_path, {"name": "x", "sha256": hash_of(KEY), "roles": ["refresh"]})
    return open_app(with_login(marketplace, api_keys=path))


def test_only_who_has_asked_waits_for_it(client: TestClient) -> None:
    with_jobs(client, never)
    job = client.post("/api/v2/refreshes").json()["job_id"]
    mine = client.get(BOARD, params={"job": job}).text
    others = client.get(BOARD).text
    for page in (mine, others):
        assert "A refresh is running. What is shown stays until it is done.</p>" in page
        assert "Refreshing…" in page
    assert RELOAD in mine
    assert RELOAD not in others


def test_why_it_failed_is_told_to_those_who_may_refresh(platform: TestClient) -> None:
    with_jobs(platform, fails)
    asked = platform.post("/api/v2/refreshes", headers=bearer(KEY))
    where = asked.headers["location"]
    mine = platform.get(where, headers=bearer(KEY)).json()
    assert mine["state"] == "failed"
    rest = f"For more, see job {mine['job_id']} in the server's log, or run beatxp refresh there."
    assert mine["detail"] == f"{WHY} {rest}"
    others = platform.get(where).json()
    assert (others["state"], others["detail"]) == ("failed", "The refresh failed.")

    job = {"job": mine["job_id"]}
    page = html.unescape(platform.get(BOARD, params=job, headers=bearer(KEY)).text)
    assert f"The refresh failed, and the last snapshot stays. {WHY} {rest}</p>" in page
    assert page.count("snapshot stays") == 1
    assert WHY not in platform.get(BOARD, params=job).text


def test_no_viewer_is_told_what_the_log_is(platform: TestClient) -> None:
    """Paths of the server were shown to whoever may refresh."""
    with_jobs(platform, fails)
    asked = platform.post("/api/v2/refreshes", headers=bearer(KEY))
    where, job = asked.headers["location"], asked.json()["job_id"]
    for headers in (bearer(KEY), {}):
        assert SECRET not in platform.get(where, headers=headers).text
        assert SECRET not in platform.get(BOARD, params={"job": job}, headers=headers).text


def test_the_log_names_the_job_and_has_all_that_was_said(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    job = Job("a1", NOW, "failed", WHY, SECRET, NOW)
    with capture_logs() as logged:
        client.app.state.metrics.count(job)
    (line,) = logged
    assert (line["log_level"], line["job"], line["said"]) == ("warning", "a1", SECRET)


def test_a_failure_looks_like_one(client: TestClient) -> None:
    with_jobs(client, fails)
    job = client.post("/api/v2/refreshes").json()["job_id"]
    page = client.get(BOARD, params={"job": job}).text
    alert = re.search(r'<p [^>]*role="alert"[^>]*>\s*(.*?)</p>', page, re.DOTALL)
    assert alert is not None
    assert alert[1].startswith("The refresh failed")
    assert '<p class="message" role="status" id="refresh-status" data-job' in page
    assert '<span class="dot failed" aria-hidden="true"></span>' in page
    assert "The last refresh failed." in page
    quiet = client.get(BOARD).text
    assert "dot failed" not in quiet
    assert "failed" not in quiet


def test_what_has_not_failed_says_nothing(client: TestClient) -> None:
    with_jobs(client, never)
    assert client.post("/api/v2/refreshes").json()["detail"] == ""


@pytest.fixture
def empty(open_app: Open, marketplace: Settings, tmp_path: Path) -> TestClient:
    """A store in which nothing has been published."""
    project = marketplace.project.model_copy(update={"store": tmp_path / "store"})
    return open_app(marketplace.model_copy(update={"project": project}))


@pytest.mark.parametrize("address", ["/producers", "/producers/1", BOARD, "/how-xp-works"])
def test_before_the_first_snapshot_there_is_a_page_with_a_refresh(
    empty: TestClient, address: str
) -> None:
    page = empty.get(address)
    assert page.status_code == 503
    assert "<h1>Nothing published yet</h1>" in page.text
    assert "Refresh reads the export files and publishes the first snapshot." in page.text
    assert f'action="/refresh?back={address}"' in page.text
    assert "How XP works" not in page.text
    assert empty.get("/api/v2/snapshot").json()["title"] == "Service Unavailable"


def test_who_may_not_refresh_waits_for_somebody_who_may(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    project = marketplace.project.model_copy(update={"store": tmp_path / "store"})
    path = keys_file(tmp_path, {"name": "x", "sha256": hash_of(KEY)})
    settings = marketplace.model_copy(update={"project": project})
    page = open_app(with_login(settings, api_keys=path)).get(BOARD).text
    assert "Nothing published yet" in page
    assert "<form" not in page


def test_the_first_refresh_is_followed_on_the_way_from_the_first_page(empty: TestClient) -> None:
    with_jobs(empty, never)
    answer = empty.post("/refresh", params={"back": "/"})
    passed = []
    while "location" in answer.headers:
        passed.append(answer.headers["location"])
        answer = empty.get(passed[-1])
    assert [address.partition("?")[0] for address in passed] == ["/", "/producers"]
    assert RELOAD in answer.text
    assert "A refresh is running." in answer.text
    board = empty.get("/leaderboards", params={"job": "1"})
    assert board.headers["location"] == "/leaderboards/overall/all_time?job=1"
