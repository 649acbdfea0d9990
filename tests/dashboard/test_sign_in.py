"""Signing in: what pages say to who is not, or no longer, signed in, and the way to it and back."""

import html
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import with_login
from tests.dashboard.test_what_pages_say import text_of
from tests.dashboard.tokens import AUDIENCE, ISSUER, bearer, token

SIGN_IN = "https://music.example/sign-in?app=xp&next={address}"
BOARD = "/leaderboards/plays/all_time"


@pytest.fixture
def platform(open_app: Open, marketplace: Settings, jwks: object) -> TestClient:
    """The marketplace under a name, for viewers who sign in elsewhere."""
    named = marketplace.dashboard.model_copy(update={"names": ("xp.example",)})
    login = {"jwks": str(jwks), "issuer": ISSUER, "audience": AUDIENCE, "sign_in": SIGN_IN}
    settings = with_login(marketplace.model_copy(update={"dashboard": named}), **login)
    client = open_app(settings)
    client.headers["host"] = "xp.example"
    return client


def brings_back_to(page: str) -> set[str]:
    """The addresses that the sign-in links of a page would bring one back to."""
    links = re.findall(r'href="(https://music\.example/[^"]*)"', page)
    return {parse_qs(urlsplit(html.unescape(link)).query)["next"][0] for link in links}


def test_who_is_not_signed_in_is_told_so_and_brought_back(platform: TestClient) -> None:
    for address in ("/producers/1", "/producers?find=a%26b", "/producers/1?job=x"):
        refused = platform.get(address)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "<h1>Sign in first</h1>" in refused.text
        assert "Unauthorized" not in refused.text
        assert brings_back_to(refused.text) == {f"https://xp.example{address.partition('?job')[0]}"}


def test_who_was_signed_in_is_told_that_it_has_expired(platform: TestClient) -> None:
    platform.cookies.set("beatxp_token", token(exp=int(time.time()) - 60))
    text = text_of(platform, "/producers/1", 401)
    assert "You were signed out" in text
    assert "Your sign-in has expired" in text
    assert "Signature" not in text
    assert "token" not in text
    assert "Your sign-in has expired" in text_of(platform, BOARD)
    # A script is told in its own words.
    answer = platform.get("/api/v2/producers/1/progress").json()
    assert answer["detail"] == "The token has expired."


def test_a_cookie_that_proves_nothing_is_no_lesson_in_cryptography(platform: TestClient) -> None:
    platform.cookies.set("beatxp_token", token(aud="shop"))
    text = text_of(platform, "/producers/1", 401)
    assert "Your sign-in is not accepted here" in text
    assert "Audience" not in text


def test_a_refused_refresh_brings_back_to_the_page_with_the_button(platform: TestClient) -> None:
    for back, leads_to in ((f"{BOARD}?first=2", f"{BOARD}?first=2"), ("//evil.example", "/")):
        refused = platform.post("/refresh", params={"back": back})
        assert refused.status_code == 401
        assert brings_back_to(refused.text) == {f"https://xp.example{leads_to}"}


def test_every_page_offers_it_to_who_is_not_signed_in(platform: TestClient) -> None:
    for address in (BOARD, "/how-xp-works", "/nothing-here"):
        assert brings_back_to(platform.get(address).text) == {f"https://xp.example{address}"}
    for signed_in in (token(), token(producer_id=None, roles="analyst")):
        assert "Sign in" not in platform.get(BOARD, headers=bearer(signed_in)).text


def test_a_host_that_is_odd_leads_nowhere_else(platform: TestClient) -> None:
    for host in (
        "evil.example@xp.example",
        "xp.example/evil",
        "xp.example?evil",
        "xp.example:8443:1",
        "xp.example:99999",
        "XP.EXAMPLE",
        "evil.example",
    ):
        page = platform.get(BOARD, headers={"host": host}).text
        assert brings_back_to(page) <= {f"https://xp.example{BOARD}"}


def test_a_port_is_kept_and_loopback_has_no_certificate(platform: TestClient) -> None:
    for host, base in (
        ("xp.example:8443", "https://xp.example:8443"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
    ):
        page = platform.get(BOARD, headers={"host": host}).text
        assert brings_back_to(page) == {f"{base}{BOARD}"}


def test_where_nobody_says_how_there_is_no_link(
    open_app: Open, marketplace: Settings, jwks: object
) -> None:
    login = {"jwks": str(jwks), "issuer": ISSUER, "audience": AUDIENCE}
    client = open_app(with_login(marketplace, **login))
    text = text_of(client, "/producers/1", 401)
    assert "Sign in first" in text
    assert "music.example" not in client.get("/producers/1").text


def test_an_address_without_a_place_for_where_one_was_is_used_as_it_is(
    open_app: Open, marketplace: Settings, jwks: object
) -> None:
    login = {"jwks": str(jwks), "issuer": ISSUER, "audience": AUDIENCE}
    settings = with_login(marketplace, **login, sign_in="https://music.example/?a=1&b={}")
    client = open_app(settings)
    assert 'href="https://music.example/?a=1&amp;b={}"' in client.get("/producers/1").text


def test_somebody_elses_progress_leads_to_ones_own(platform: TestClient) -> None:
    refused = platform.get("/producers/2", headers=bearer(token()))
    assert refused.status_code == 403
    assert "<h1>This is somebody else's progress</h1>" in html.unescape(refused.text)
    assert '<a class="button" href="/producers/1">Your progress</a>' in refused.text
    assert "Forbidden" not in refused.text
    unnamed = platform.get("/producers/2", headers=bearer(token(producer_id=None))).text
    assert '<a class="button" href="/leaderboards/overall/all_time">Leaderboards</a>' in unnamed
