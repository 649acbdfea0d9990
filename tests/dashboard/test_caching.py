"""What one viewer is shown never reaches another, whatever caches lie between (RFC 9111)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from pipelines.settings import Settings
from tests.dashboard.browser import launched, served
from tests.dashboard.tokens import AUDIENCE, BOARD, ISSUER, token

VIEWERS: dict[str, dict[str, Any] | None] = {
    "nobody": None,
    "Ada": {"producer_id": 1},
    "Cleo": {"producer_id": "3"},
    "not ranked": {"producer_id": 4711},
    "analyst": {"producer_id": None, "roles": ["analyst"]},
    "may refresh": {"producer_id": 1, "roles": ["analyst", "refresh"]},
}
ADDRESSES = (
    BOARD,
    "/api/v2/leaderboards/points/all_time",
    f"{BOARD}/rows.csv",
    f"{BOARD}/around/3",
    f"{BOARD}?first=x",
    "/api/v2/snapshot",
    "/api/v2/how-xp-works",
    "/api/v2/producers/1/progress",
    "/api/v2/producers/1/ledger.csv",
    "/api/v2/producers/4711/progress",
    "/api/v2/refreshes/unknown",
    "/api/v2/nothing",
    "/api/v1/snapshot",
    "/api/v2/openapi.json",
    "/",
    "/producers",
    "/producers/1",
    "/producers/1/",
    "/producers/4711",
    "/leaderboards",
    "/leaderboards/plays/all_time",
    "/leaderboards/plays/all_time?around=true",
    "/how-xp-works",
    "/nothing",
    "/static/app.js",
    "/static/nothing",
    "/healthz",
    "/metrics",
)


def cookies(viewer: str) -> dict[str, str]:
    claims = VIEWERS[viewer]
    return {} if claims is None else {"cookie": f"beatxp_token={token(**claims)}"}


def directives(answer: httpx2.Response) -> set[str]:
    return {part.strip() for part in answer.headers["cache-control"].split(",")}


def varies(answer: httpx2.Response) -> set[str]:
    return {part.strip() for part in answer.headers.get("vary", "").split(",")}


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_cache_gives_an_answer_to_somebody_else(platform: TestClient, address: str) -> None:
    """A shared cache keeps none that depends on who asks; a browser's asks again each time."""
    answers = {viewer: platform.get(address, headers=cookies(viewer)) for viewer in VIEWERS}
    for viewer, answer in answers.items():
        said = directives(answer)
        if answer.status_code == 200 and address.startswith("/static"):
            assert {one.content for one in answers.values()} == {answer.content}
            continue
        assert said in ({"no-store"}, {"private", "no-cache"}), viewer
        if "private" in said:
            assert varies(answer) >= {"authorization", "cookie"}
            assert answer.headers["etag"]
        if answer.status_code != 200 or "etag" not in answer.headers:
            continue
        # A browser sends the tag that it has of another viewer along.
        for other in VIEWERS:
            known = {"if-none-match": answer.headers["etag"]}
            again = platform.get(address, headers=cookies(other) | known)
            if again.status_code == 304:
                assert answers[other].content == answer.content, (viewer, other)
                assert directives(again) == said
                assert varies(again) == varies(answer)
                assert again.headers["etag"] == answer.headers["etag"]
            else:
                assert again.content == answers[other].content


def test_a_refresh_is_kept_by_no_cache(client: TestClient) -> None:
    asked = client.post("/api/v2/refreshes")
    followed = client.get(asked.headers["location"])
    for answer in (asked, followed, client.post("/refresh"), client.head("/producers/1/")):
        assert directives(answer) == {"no-store"}


def test_a_tag_is_of_one_viewer_and_one_representation(platform: TestClient) -> None:
    seen = [platform.get(BOARD, headers=cookies(viewer)).headers["etag"] for viewer in VIEWERS]
    seen.append(platform.get(f"{BOARD}/rows.csv").headers["etag"])
    assert len(set(seen)) == len(VIEWERS) + 1


@pytest.fixture(scope="module")
def address(marketplace: Settings, jwks: Path) -> Iterator[str]:
    folder = marketplace.project.store.parent
    login = {"jwks": str(jwks), "issuer": ISSUER, "audience": AUDIENCE}
    lines = [f"{name} = {json.dumps(value)}" for name, value in login.items()]
    config = folder / "platform.toml"
    settings = (folder / "beatxp.toml").read_text()
    config.write_text("\n".join([settings, "[login]", *lines, ""]))
    with served(config) as found:
        yield found


def test_a_browser_shows_each_viewer_their_own_place(address: str) -> None:
    """The second viewer's 304 brought back the first one's place, and so did that of nobody."""
    ask = "path => fetch(path).then(answer => answer.json()).then(board => board.place)"
    with launched() as browser:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        seen = []
        for viewer in ("Ada", "Cleo", "nobody", "Ada"):
            context.clear_cookies()
            if claims := VIEWERS[viewer]:
                cookie = token(**claims)
                context.add_cookies([{"name": "beatxp_token", "value": cookie, "url": address}])
            page.goto("/leaderboards/plays/all_time")
            place = page.evaluate(ask, BOARD)
            seen.append((place and place["row"]["producer_id"], page.locator("tr.me").count()))
    assert seen == [("1", 1), ("3", 1), (None, 0), ("1", 1)]
