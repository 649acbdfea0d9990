"""Who may see what: tokens, keys, and each of the things that must be refused."""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi.testclient import TestClient

from dashboard.keys import hash_of, new_key
from dashboard.serve import CannotServe, serve
from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import NOW, with_login
from tests.dashboard.test_keys import keys_file

ISSUER, AUDIENCE = "https://music.example", "beatxp"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
MINE = "/api/v1/producers/1/progress"
YOURS = "/api/v1/producers/2/progress"
BOARD = "/api/v1/leaderboards/plays/all_time"


def claims(**changed: object) -> dict[str, object]:
    base: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-7",
        "exp": datetime.now(UTC) + timedelta(hours=1),
        "producer_id": 1,
    }
    return {name: value for name, value in {**base, **changed}.items() if value is not None}


def token(
    key: Any = KEY, algorithm: str = "RS256", kid: str | None = "one", **changed: object
) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


@pytest.fixture(scope="session")
def jwks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "jwks.json"
    keys = []
    for name, key, algorithm in (("one", KEY, "RS256"), ("curve", CURVE, "ES256")):
        made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        keys.append({**made, "kid": name, "alg": algorithm, "use": "sig"})
    path.write_text(json.dumps({"keys": keys}))
    return path


@pytest.fixture
def platform(open_app: Open, marketplace: Settings, jwks: Path) -> TestClient:
    """The marketplace for viewers with tokens of the platform."""
    return open_app(with_login(marketplace, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE))


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
    assert platform.post("/api/v1/refreshes", headers=analyst).status_code == 403
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
    assert platform.post("/api/v1/refreshes").status_code == 401


def test_a_board_shows_the_place_of_whoever_asks(platform: TestClient) -> None:
    assert platform.get(BOARD).json()["place"] is None
    mine = platform.get(BOARD, headers=bearer(token(producer_id="4"))).json()
    assert mine["place"]["row"]["producer_id"] == 4
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
    import base64
    import hashlib
    import hmac

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
    assert platform.post("/api/v1/refreshes", headers=bearer(FORGED[name]())).status_code == 401


@pytest.mark.parametrize("claim", [True, "1 ", "one", 1.0, [1], {"id": 1}, "١", -1])
def test_a_claim_that_is_no_id_is_nobody(platform: TestClient, claim: object) -> None:
    answer = platform.get(MINE, headers=bearer(token(producer_id=claim)))
    assert answer.status_code == 403


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
    assert client.post("/api/v1/refreshes", headers=bearer(script)).status_code == 403


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
