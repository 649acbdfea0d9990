"""The platform's keys: which a token is checked with, and how long they are believed."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from fastapi.testclient import TestClient

from dashboard.jwks import KeysUnknown, PlatformKeys
from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import with_login
from tests.dashboard.tokens import (
    AUDIENCE,
    BOARD,
    CURVE,
    ISSUER,
    KEY,
    MINE,
    OTHER,
    bearer,
    token,
)

RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


def jwk(key: Any, algorithm: str, name: str, **more: object) -> dict[str, object]:
    """A public key as the platform publishes it; without an algorithm unless `more` has it."""
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": name, **more}


def publish(path: Path, *keys: object) -> Path:
    path.write_text(json.dumps({"keys": keys}))
    return path


def platform_keys(path: Path, monotonic: Callable[[], float] = lambda: 0.0) -> PlatformKeys:
    return PlatformKeys(str(path), ("RS256", "ES256"), httpx2.AsyncClient(), monotonic)


def platform(open_app: Open, marketplace: Settings, path: Path, *algorithms: str) -> TestClient:
    algorithms = algorithms or ("RS256", "ES256")
    login = {"jwks": str(path), "issuer": ISSUER, "audience": AUDIENCE, "algorithms": algorithms}
    return open_app(with_login(marketplace, **login))


@pytest.mark.parametrize("algorithm", RSA)
def test_a_key_that_names_no_algorithm_is_good_for_those_that_are_accepted(
    open_app: Open, marketplace: Settings, tmp_path: Path, algorithm: str
) -> None:
    path = publish(tmp_path / "jwks.json", jwk(KEY, "RS256", "one"))
    client = platform(open_app, marketplace, path, algorithm)
    for signed in RSA:
        answer = client.get(MINE, headers=bearer(token(algorithm=signed)))
        assert answer.status_code == (200 if signed == algorithm else 401), signed


def test_a_curve_that_names_no_algorithm_has_just_one(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    path = publish(tmp_path / "jwks.json", jwk(CURVE, "ES256", "curve"))
    client = platform(open_app, marketplace, path, "RS256", "ES256", "ES384")
    good = bearer(token(CURVE, "ES256", "curve"))
    assert client.get(MINE, headers=good).status_code == 200
    other = bearer(token(KEY, "RS256", "curve"))
    assert client.get(MINE, headers=other).status_code == 401


def test_a_key_that_names_an_algorithm_is_good_for_no_other(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    path = publish(tmp_path / "jwks.json", jwk(KEY, "RS256", "one", alg="PS256"))
    client = platform(open_app, marketplace, path, "RS256", "PS256")
    assert client.get(MINE, headers=bearer(token(algorithm="PS256"))).status_code == 200
    assert client.get(MINE, headers=bearer(token(algorithm="RS256"))).status_code == 401


def test_keys_that_cannot_be_used_do_not_spoil_the_others(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    odd = [7, {}, {"kty": "RSA", "kid": "x"}, {"kty": "RSA", "alg": ["RS256"], "n": 1, "e": 2}]
    named = jwk(KEY, "RS256", "one") | {"kid": ["one"]}
    path = publish(tmp_path / "jwks.json", *odd, named, jwk(KEY, "RS256", "one"))
    client = platform(open_app, marketplace, path)
    assert client.get(MINE, headers=bearer(token())).status_code == 200


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ({}, 200),
        ({"use": "sig"}, 200),
        ({"key_ops": ["verify"]}, 200),
        ({"key_ops": ["sign", "verify"], "use": "sig"}, 200),
        ({"use": "enc"}, 401),
        ({"use": ["sig"]}, 401),
        ({"key_ops": []}, 401),
        ({"key_ops": ["encrypt", "wrapKey"]}, 401),
        ({"key_ops": "verify"}, 401),
        ({"key_ops": ["verify"], "use": "enc"}, 401),
    ],
)
def test_only_a_key_for_signatures_verifies_one(
    open_app: Open, marketplace: Settings, tmp_path: Path, says: dict[str, object], status: int
) -> None:
    other = jwk(OTHER, "RS256", "two")
    path = publish(tmp_path / "jwks.json", other, jwk(KEY, "RS256", "one", **says))
    client = platform(open_app, marketplace, path)
    assert client.get(MINE, headers=bearer(token())).status_code == status


@pytest.mark.parametrize("text", ["[]", "{}", '{"keys": 7}', "null", "no JSON", ""])
def test_what_is_no_set_of_keys_refuses_everybody_for_now(
    open_app: Open, marketplace: Settings, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(text)
    client = platform(open_app, marketplace, path)
    # Again and again, also while it is too soon to fetch once more.
    for _ in range(2):
        assert client.get(MINE, headers=bearer(token())).status_code == 503
    assert client.get(BOARD).status_code == 200


async def ask_for_ever(keys: PlatformKeys) -> None:
    while await keys.of(token()):
        await asyncio.sleep(0.001)


def test_a_key_that_is_withdrawn_is_forgotten_and_a_new_one_known(tmp_path: Path) -> None:
    path = publish(tmp_path / "jwks.json", jwk(KEY, "RS256", "one"))

    async def scene() -> None:
        keys = platform_keys(path)
        following = asyncio.create_task(keys.follow(0.001))
        try:
            async with asyncio.timeout(30):
                assert (await keys.of(token())).key_id == "one"
                publish(path, jwk(OTHER, "RS256", "two"))
                with pytest.raises(jwt.InvalidTokenError, match="not signed with a key of the"):
                    await ask_for_ever(keys)
                assert (await keys.of(token(OTHER, kid="two"))).key_id == "two"
        finally:
            following.cancel()

    asyncio.run(scene())


def test_while_the_keys_cannot_be_fetched_those_that_are_known_stay(tmp_path: Path) -> None:
    path = publish(tmp_path / "jwks.json", jwk(KEY, "RS256", "one"))

    async def scene() -> None:
        now = 0.0
        keys = platform_keys(path, lambda: now)
        await keys.of(token())
        path.unlink()
        now = 1_000.0
        with pytest.raises(jwt.InvalidTokenError):
            await keys.of(token(OTHER, kid="two"))
        assert (await keys.of(token())).key_id == "one"
        publish(path)
        now = 2_000.0
        with pytest.raises(KeysUnknown):
            await keys.of(token(OTHER, kid="two"))

    asyncio.run(scene())


def test_made_up_names_do_not_make_it_fetch_all_the_time(tmp_path: Path) -> None:
    path = publish(tmp_path / "jwks.json", jwk(KEY, "RS256", "one"))

    async def scene() -> None:
        now = 0.0
        keys = platform_keys(path, lambda: now)
        await keys.of(token())
        publish(path, jwk(OTHER, "RS256", "two"))
        now = 59.0
        with pytest.raises(jwt.InvalidTokenError):
            await keys.of(token(OTHER, kid="two"))
        now = 60.0
        assert (await keys.of(token(OTHER, kid="two"))).key_id == "two"

    asyncio.run(scene())
