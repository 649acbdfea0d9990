"""Who may see what: tokens, keys, and each of the things that must be refused."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi.testclient import TestClient

from dashboard.keys import hash_of, new_key
from dashboard.serve import CannotServe, serve
from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import NOW, with_login
from tests.dashboard.test_keys import keys_file
from tests.dashboard.tokens import (
    AUDIENCE,
    BOARD,
    CURVE,
    ISSUER,
    KEY,
    MINE,
    OTHER,
    YOURS,
    bearer,
    claims,
    token,
)


def test_a_producer_sees_their_own_progress_and_no_other(platform: TestClient) -> None:
    assert platform.get(MINE, headers=bearer(token())).status_code == 200
    refused = platform.get(YOURS, headers=bearer(token()))
    assert refused.status_code == 403
    assert (
        refused.json()["detail"] == "A producer's progress is for that producer and for analysts."
    )
    for address in (f"{YOURS.removesuffix('progress')}ledger.csv", "/producers/2"):
        assert platform.get(address, headers=bearer(token())).status_code == 403
    assert platform.get("/", headers=bearer(token())).headers["location"] == "/producers/1"


def test_an_analyst_sees_all_but_may_not_refresh(platform: TestClient) -> None:
    analyst = bearer(token(producer_id=None, roles=["analyst"]))
    assert platform.get(YOURS, headers=analyst).status_code == 200
    assert platform.get("/producers", headers=analyst).status_code == 200
    assert platform.post("/api/v2/refreshes", headers=analyst).status_code == 403
    assert platform.post("/refresh", headers=analyst).status_code == 403
    assert "Refresh" not in platform.get("/producers/2", headers=analyst).text


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/leaderboards/plays/month?first=51", None),
        ("//evil.example", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_a_refresh_that_is_refused_leads_back(
    platform: TestClient, back: str, leads_to: str | None
) -> None:
    refused = platform.post("/refresh", params={"back": back})
    assert refused.status_code == 401
    assert f'href="{leads_to or back}">Back to where you were' in refused.text


def test_boards_are_public_and_progress_is_not(platform: TestClient) -> None:
    assert platform.get(BOARD).status_code == 200
    assert platform.get("/leaderboards/plays/all_time").status_code == 200
    assert platform.get("/how-xp-works").status_code == 200
    for address in (MINE, "/producers/1", "/producers"):
        refused = platform.get(address)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
    assert platform.post("/api/v2/refreshes").status_code == 401


def test_a_board_shows_the_place_of_whoever_asks(platform: TestClient) -> None:
    assert platform.get(BOARD).json()["place"] is None
    mine = platform.get(BOARD, headers=bearer(token(producer_id="4"))).json()
    assert mine["place"]["row"]["producer_id"] == "4"
    page = platform.get("/leaderboards/plays/all_time?producer=2", headers=bearer(token())).text
    assert "Your rank" in page


def test_a_cookie_of_the_platform_is_a_token_too(platform: TestClient) -> None:
    platform.cookies.set("beatxp_token", token())
    assert platform.get(MINE).status_code == 200


def test_a_cookie_that_has_expired_keeps_nobody_from_what_is_public(platform: TestClient) -> None:
    platform.cookies.set("beatxp_token", token(exp=int(time.time()) - 60))
    for address in (BOARD, "/leaderboards/plays/all_time?producer=1", "/how-xp-works"):
        assert platform.get(address).status_code == 200
    assert "Sign in to see" in platform.get("/leaderboards/plays/all_time").text
    assert platform.get("/").headers["location"] == "/leaderboards"
    for refused in (platform.get(MINE), platform.get("/producers"), platform.post("/refresh")):
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert re.search(r"The token has expired|Your sign-in has expired", refused.text)
    # Who says who they are in so many words is told that it was not accepted.
    assert platform.get(BOARD, headers=bearer("abc")).status_code == 401


def test_a_cookie_cannot_be_checked_without_the_keys_of_the_platform(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    login = {"jwks": str(tmp_path / "gone.json"), "issuer": ISSUER, "audience": AUDIENCE}
    client = open_app(with_login(marketplace, **login))
    client.cookies.set("beatxp_token", token())
    assert client.get(BOARD).status_code == 200
    assert client.get(MINE).status_code == 503


def test_where_nobody_signs_in_a_producer_is_chosen(
    client: TestClient, platform: TestClient
) -> None:
    board = "/leaderboards/plays/all_time"
    for asked in (client.get(board), platform.get(board, headers=bearer(token(roles="analyst")))):
        assert "Sign in" not in asked.text
    assert '<a href="/producers">Choose a producer</a>' in client.get(board).text
    analyst = bearer(token(producer_id=None, roles="analyst"))
    assert "Choose a producer" in platform.get(board, headers=analyst).text


def test_a_curve_is_as_good_as_rsa(platform: TestClient) -> None:
    assert platform.get(MINE, headers=bearer(token(CURVE, "ES256", "curve"))).status_code == 200


Forge = Callable[[], str]
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def signed_with_the_public_key() -> str:
    """RS256's public key taken for an HMAC secret: PyJWT does not even sign that."""

    def part(content: Mapping[str, object]) -> str:
        text = json.dumps(content, default=lambda time: int(time.timestamp())).encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    text = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims())}"
    mac = hmac.new(PUBLIC_PEM, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


FORGED: dict[str, Forge] = {
    "expired": lambda: token(exp=int(time.time()) - 60),
    "without expiry": lambda: token(exp=None),
    "not valid yet": lambda: token(nbf=int(time.time()) + 3_600),
    "other issuer": lambda: token(iss="https://elsewhere.example"),
    "without issuer": lambda: token(iss=None),
    "other audience": lambda: token(aud="shop"),
    "without audience": lambda: token(aud=None),
    "without subject": lambda: token(sub=None),
    "other key": lambda: token(OTHER),
    "unknown key": lambda: token(kid="two"),
    "no key named": lambda: token(kid=None),
    "none as algorithm": lambda: jwt.encode(claims(), "", "none", headers={"kid": "one"}),
    "algorithm not allowed": lambda: token(algorithm="RS512"),
    "public key as secret": signed_with_the_public_key,
    "key of another algorithm": lambda: token(CURVE, "ES256", "one"),
    "changed": lambda: token()[:-8] + "AAAAAAAA",
    "not a token": lambda: "abc",
    "API key where there are none": new_key,
}


@pytest.mark.parametrize("name", FORGED)
def test_what_was_not_issued_for_this_is_refused(platform: TestClient, name: str) -> None:
    for address in (MINE, BOARD):
        answer = platform.get(address, headers=bearer(FORGED[name]()))
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"] == "Bearer"
    assert platform.post("/api/v2/refreshes", headers=bearer(FORGED[name]())).status_code == 401


NO_IDS = (True, "1 ", "one", 1.0, [1], {"id": 1}, "١", 0, -1, 2**63, 10**4_000, 1e300)


@pytest.mark.parametrize(
    "claim", [*NO_IDS, "", "0", "01", str(2**63), "9" * 5_000], ids=lambda claim: str(claim)[:9]
)
def test_a_claim_that_is_no_id_names_no_producer(platform: TestClient, claim: object) -> None:
    asks = bearer(token(producer_id=claim))
    assert platform.get(MINE, headers=asks).status_code == 403
    assert platform.get(BOARD, headers=asks).json()["place"] is None
    platform.cookies.set("beatxp_token", token(producer_id=claim))
    page = platform.get("/leaderboards/plays/all_time?around=true")
    assert page.status_code == 200
    assert platform.get("/").headers["location"] == "/leaderboards"


def signed(payload: str, header: str = '{"alg": "RS256", "kid": "one"}') -> str:
    """A token of the platform with just these texts, which no library would write."""
    parts = [base64.urlsafe_b64encode(text.encode()).rstrip(b"=") for text in (header, payload)]
    text = b".".join(parts)
    signature = jwt.get_algorithm_by_name("RS256").sign(text, KEY)
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def with_claim(name: str, text: str) -> str:
    written = json.dumps(claims(**{"exp": int(time.time()) + 3_600, name: "HERE"}))
    return signed(written.replace('"HERE"', text))


ODD: dict[str, Forge] = {
    "5,000 digits": lambda: with_claim("producer_id", "9" * 5_000),
    "a time without end": lambda: with_claim("exp", "1e999"),
    "a time that is none": lambda: with_claim("nbf", "NaN"),
    "deeply nested": lambda: with_claim("more", "[" * 3_000 + "]" * 3_000),
    "half a character as a name": lambda: with_claim("aud", '"\\ud800"'),
    "half a character in its header": lambda: signed(
        "{}", '{"alg": "RS256", "kid": "one", "crit": ["\\ud800"]}'
    ),
    "a header that is deeply nested": lambda: signed("{}", "[" * 3_000),
    "a key of several names": lambda: signed("{}", '{"alg": "RS256", "kid": ["one"]}'),
}


@pytest.mark.parametrize("name", ODD)
def test_a_token_of_any_content_is_refused_in_words(platform: TestClient, name: str) -> None:
    refused = platform.get(BOARD, headers=bearer(ODD[name]()))
    assert refused.status_code == 401
    assert "The token is not accepted" in refused.json()["detail"]
    platform.cookies.set("beatxp_token", ODD[name]())
    assert platform.get(BOARD).json()["place"] is None
    assert platform.get("/producers").status_code == 401


@pytest.mark.parametrize(
    ("claim", "status"),
    [("analyst refresh", 200), (["analyst"], 200), ("analysts", 403), ({"analyst": 1}, 403)],
)
def test_roles_are_words_of_a_list_or_a_text(
    platform: TestClient, claim: object, status: int
) -> None:
    answer = platform.get(YOURS, headers=bearer(token(roles=claim)))
    assert answer.status_code == status


def test_keys_that_cannot_be_fetched_refuse_everybody_for_now(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    settings = with_login(
        marketplace, jwks=str(tmp_path / "gone.json"), issuer=ISSUER, audience=AUDIENCE
    )
    client = open_app(settings)
    assert client.get(MINE, headers=bearer(token())).status_code == 503
    assert client.get(BOARD).status_code == 200


def test_api_keys_have_the_rights_that_are_written_beside_their_hash(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    script, producer = new_key(), new_key()
    path = keys_file(
        tmp_path,
        {"name": "script", "sha256": hash_of(script), "roles": ["analyst"]},
        {"name": "producer", "sha256": hash_of(producer), "producer_id": 1},
    )
    assert script not in path.read_text()
    client = open_app(with_login(marketplace, api_keys=path))
    assert client.get(YOURS, headers=bearer(script)).status_code == 200
    assert client.get(MINE, headers=bearer(producer)).status_code == 200
    assert client.get(YOURS, headers=bearer(producer)).status_code == 403
    for wrong in (new_key(), hash_of(script), f"{script}x", token()):
        assert client.get(MINE, headers=bearer(wrong)).status_code == 401
    assert client.post("/api/v2/refreshes", headers=bearer(script)).status_code == 403


def test_keys_are_revoked_and_accepted_while_it_runs(
    open_app: Open, marketplace: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = {"name": "old", "sha256": hash_of("beatxp_old"), "roles": ["analyst"]}
    new = {"name": "new", "sha256": hash_of("beatxp_new"), "roles": ["analyst"]}
    path = keys_file(tmp_path, old)
    client = open_app(with_login(marketplace, api_keys=path))

    def accepted() -> list[int]:
        return [
            client.get(MINE, headers=bearer(f"beatxp_{it}")).status_code for it in ("old", "new")
        ]

    assert accepted() == [200, 401]
    keys_file(tmp_path, old, new)
    assert accepted() == [200, 200]
    keys_file(tmp_path, new)
    assert accepted() == [401, 200]
    # A file that says nothing keeps what it said, and is told of once.
    for spoil in (lambda: path.write_text("[[keys]"), path.unlink, lambda: path.mkdir()):
        caplog.clear()
        spoil()
        assert accepted() == accepted() == [401, 200]
        (said,) = [record.message for record in caplog.records if record.name == "dashboard"]
        assert "API keys are those that were known before" in said
    path.rmdir()
    keys_file(tmp_path, old)
    assert accepted() == [200, 401]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "music.example"])
def test_without_a_login_it_serves_loopback_only(marketplace: Settings, host: str) -> None:
    with pytest.raises(CannotServe, match=r"Configure \[login\]"):
        serve(marketplace, Path("unused.toml"), host, 0, lambda: NOW, print)


def test_who_signed_up_after_the_snapshot_sees_what_to_do_first(platform: TestClient) -> None:
    mine = bearer(token(producer_id=4711))
    assert platform.get("/", headers=mine).headers["location"] == "/producers/4711"
    page = platform.get("/producers/4711", headers=mine)
    assert page.status_code == 200
    assert "No progress yet" in page.text
    assert "Do first-upload." in page.text
    board = platform.get("/leaderboards/plays/all_time", headers=mine)
    assert "Not ranked here yet" in board.text
