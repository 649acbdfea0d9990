"""Answers are compressed for those who take it, and caches are told right."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from dashboard.app import create_app
from dashboard.compression import takes_gzip
from pipelines.settings import Settings
from tests.dashboard.conftest import look
from tests.dashboard.marketplace import NOW

PLAIN = {"accept-encoding": "identity"}
GZIP = {"accept-encoding": "gzip"}
#: One of each kind of answer that is long.
LONG = (
    "/producers/1",
    "/leaderboards/plays/all_time",
    "/api/v2/producers/1/progress",
    "/api/v2/leaderboards/plays/all_time",
    "/api/v2/openapi.json",
    "/static/app.js",
    "/static/style.css",
)


@pytest.fixture(scope="module")
def client(marketplace: Settings) -> Iterator[TestClient]:
    """One application for all that is asked here."""
    app = create_app(marketplace, Path("unused.toml"), lambda: NOW)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as opened:
        look(opened)
        yield opened


def vary(answer: httpx2.Response) -> set[str]:
    names = [name.strip().lower() for name in answer.headers["vary"].split(",")]
    assert len(names) == len(set(names))
    return set(names)


@pytest.mark.parametrize("address", LONG)
def test_what_is_long_is_compressed_for_those_who_take_it(client: TestClient, address: str) -> None:
    plain, packed = (client.get(address, headers=how) for how in (PLAIN, GZIP))
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.content == plain.content
    assert packed.headers.get("etag") == plain.headers.get("etag")
    assert "accept-encoding" in vary(plain) & vary(packed)


@pytest.mark.parametrize("address", ["/healthz", "/api/v2/snapshot", "/static/icon.svg"])
def test_what_is_short_is_not_worth_it(client: TestClient, address: str) -> None:
    answer = client.get(address, headers=GZIP)
    assert "accept-encoding" in vary(answer)
    if address != "/static/icon.svg":
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("address", LONG)
@pytest.mark.parametrize("how", [PLAIN, GZIP])
def test_head_and_304_say_what_get_says(
    client: TestClient, address: str, how: dict[str, str]
) -> None:
    found = client.get(address, headers=how)
    head = client.head(address, headers=how)
    names = ("content-encoding", "content-length", "etag", "vary", "cache-control", "content-type")
    assert [head.headers.get(n) for n in names] == [found.headers.get(n) for n in names]
    if "etag" not in found.headers:
        return
    # One tag for all encodings: it promises the same content, not the same bytes.
    assert found.headers["etag"].startswith('W/"')
    for tag in (found.headers["etag"], found.headers["etag"].removeprefix("W/")):
        for other in (PLAIN, GZIP):
            same = client.get(address, headers={**other, "if-none-match": tag})
            assert (same.status_code, same.content) == (304, b"")
            assert same.headers["etag"] == found.headers["etag"]
            assert vary(same) == vary(found)


def test_no_part_of_an_answer_is_to_be_had(client: TestClient) -> None:
    for address in LONG:
        part = client.get(address, headers={**PLAIN, "range": "bytes=0-9"})
        assert part.status_code == 200
        assert "accept-ranges" not in part.headers


def test_static_files_are_compressed_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("gzip.compress", fails)
    monkeypatch.setattr("zlib.compressobj", fails)
    answer = client.get("/static/app.js", headers=GZIP)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))


@pytest.mark.parametrize(
    ("site", "is_compressed"),
    [
        (None, True),
        ("same-origin", True),
        ("none", True),
        ("same-site", False),
        ("cross-site", False),
    ],
)
def test_what_another_site_asks_for_is_not_compressed(
    client: TestClient, site: str | None, is_compressed: bool
) -> None:
    """Its length would tell who guesses, by a text in the address, what else the page says."""
    headers = {**GZIP, **({"sec-fetch-site": site} if site else {})}
    page = client.get("/producers/1?guess=1%2C234.56", headers=headers)
    assert page.status_code == 200
    assert ("content-encoding" in page.headers) == is_compressed


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("br,GZIP ;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("x-gzip-like", False),
        ("identity", False),
        ("", False),
    ],
)
def test_what_is_taken_is_what_the_header_says(header: str, takes: bool) -> None:
    assert takes_gzip(Headers({"accept-encoding": header})) is takes


def test_a_static_file_is_only_looked_at(client: TestClient) -> None:
    for name in ("nothing.js", "../app.py", "%2e%2e/app.py"):
        assert client.get(f"/static/{name}").status_code == 404
    refused = client.post("/static/app.js", headers={"origin": "http://127.0.0.1"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
