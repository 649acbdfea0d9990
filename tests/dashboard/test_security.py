"""What browsers are told, and what other sites cannot do."""

import dataclasses
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard.security import HEADERS
from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import HOSTILE

PAGES = (
    "/producers",
    "/producers/1",
    "/producers/2",
    "/producers/4",
    "/leaderboards/plays/all_time",
    "/leaderboards/overall/all_time?producer=4",
    "/how-xp-works",
    "/nothing",
)


@pytest.mark.parametrize("address", [*PAGES, "/api/v2/snapshot", "/static/app.js", "/healthz"])
def test_every_answer_has_the_headers(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/leaderboards/plays/all_time", "/api/v2/snapshot"])
def test_the_answer_to_a_fault_has_the_headers_too(client: TestClient, address: str) -> None:
    assert isinstance(client.app, FastAPI)
    parts = client.app.state.parts
    client.app.state.parts = dataclasses.replace(parts, served=None)
    fault = TestClient(client.app, base_url="http://127.0.0.1", raise_server_exceptions=False).get(
        address
    )
    client.app.state.parts = parts
    assert fault.status_code == 500
    assert "Something went wrong here; it is logged." in fault.text
    for name, value in HEADERS.items():
        assert fault.headers[name] == value or name == "cache-control"
    assert fault.headers["cache-control"] in ("no-store", "private, no-cache")
    counted = 'status="500"} 1.0'
    assert counted in client.get("/metrics").text


def test_nothing_of_an_address_is_a_picture(client: TestClient) -> None:
    policy = client.get("/healthz").headers["content-security-policy"]
    assert "img-src 'self';" in policy
    assert "data:" not in policy


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_a_script_or_style_of_its_own(client: TestClient, address: str) -> None:
    text = client.get(address).text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


@pytest.mark.parametrize("address", ["/producers/4", "/leaderboards/plays/all_time"])
def test_a_name_is_text(client: TestClient, address: str) -> None:
    text = client.get(address).text
    assert "<script>alert" not in text
    assert "=&lt;script&gt;alert(1)&lt;/script&gt;\u202e&amp;amp;" in text
    assert HOSTILE not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://["},
    ],
)
@pytest.mark.parametrize("address", ["/refresh", "/api/v2/refreshes"])
def test_other_sites_cannot_ask_for_a_refresh(
    client: TestClient, address: str, headers: dict[str, str]
) -> None:
    refused = client.post(address, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["detail"] == "Requests from other sites are refused."


def test_a_name_that_is_not_ours_is_refused(client: TestClient) -> None:
    for host in ("rebound.example", "["):
        refused = client.get("/producers/1", headers={"host": host})
        assert refused.status_code == 421
        assert refused.json()["detail"] == f"This server is not {host}."
    assert client.get("/healthz", headers={"host": "localhost:8000"}).status_code == 200


def test_names_are_those_of_the_settings(open_app: Open, marketplace: Settings) -> None:
    dashboard = marketplace.dashboard.model_copy(update={"names": ("XP.example",)})
    client = open_app(marketplace.model_copy(update={"dashboard": dashboard}))
    for host in ("xp.example", "XP.Example:8443"):
        assert client.get("/healthz", headers={"host": host}).status_code == 200
    assert client.get("/healthz", headers={"host": "127.0.0.1"}).status_code == 200
    assert client.get("/healthz", headers={"host": "other.example"}).status_code == 421


@pytest.mark.parametrize("host", ["elsewhere.example", "elsewhere.example:1/", "["])
@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/producers/94/", "/producers/94"),
        ("/producers/?find=a%2Fb", "/producers?find=a%2Fb"),
        ("/api/v2/snapshot/", "/api/v2/snapshot"),
        ("//elsewhere.example/", "/elsewhere.example"),
        ("///elsewhere.example//", "/elsewhere.example"),
        ("/\\elsewhere.example/", "/%5Celsewhere.example"),
        ("/leaderboards", "/leaderboards/overall/all_time"),
        ("/", "/leaderboards"),
    ],
)
def test_whatever_host_was_asked_for_is_not_led_to(
    platform: TestClient, host: str, address: str, leads_to: str
) -> None:
    answer = platform.get(f"http://127.0.0.1{address}", headers={"host": host})
    assert answer.status_code == 307
    assert answer.headers["location"] == leads_to


ELSEWHERE = (
    "//elsewhere.example/",
    "https://elsewhere.example",
    "/\\x",
    "/\t/elsewhere.example/",
    "/\n/elsewhere.example/",
    "\t//elsewhere.example/",
    "/leaderboards\\x",
    "",
)


@pytest.mark.parametrize("back", ELSEWHERE)
def test_after_a_refresh_it_goes_back_to_its_own_pages(client: TestClient, back: str) -> None:
    answer = client.post("/refresh", params={"back": back})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/?job=")


@pytest.mark.parametrize("back", ["/\t/elsewhere.example/", "/leaderboards"])
def test_an_address_does_not_say_where_a_page_leads(client: TestClient, back: str) -> None:
    page = client.get("/nothing", params={"back": back})
    assert page.status_code == 404
    assert "Back to where you were" not in page.text
