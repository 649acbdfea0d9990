"""The platform's public keys: from a file or an address, fetched again and again."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2
import jwt

LOG = logging.getLogger("dashboard")
#: How long a key that the platform has withdrawn may still be accepted.
FOLLOW_SECONDS = 600.0
#: A token can name any key: who makes tokens up must not make the server fetch all the time.
_LEAST_SECONDS = 60.0
_TIMEOUT_SECONDS = 5.0


class KeysUnknown(Exception):
    """The keys could not be fetched, and none are known."""


class PlatformKeys:
    """Finds the key that a token says it was signed with, for one of the accepted `algorithms`."""

    def __init__(
        self,
        source: str,
        algorithms: Sequence[str],
        client: httpx2.AsyncClient,
        monotonic: Callable[[], float],
    ) -> None:
        self._source = source
        self._algorithms = algorithms
        self._client = client
        self._monotonic = monotonic
        #: By name, then by algorithm: an RSA key that names none is good for several.
        self._keys: dict[str | None, dict[str, jwt.PyJWK]] = {}
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    async def of(self, token: str) -> jwt.PyJWK:
        """The key of a token. Raises KeysUnknown, jwt.InvalidTokenError."""
        header = jwt.get_unverified_header(token)
        name, algorithm = header.get("kid"), header.get("alg")
        if name not in self._keys:
            await self._fetch_if_due()
        if not self._keys:
            raise KeysUnknown
        if name not in self._keys:
            raise jwt.InvalidTokenError("it was not signed with a key of the platform")
        key = self._keys[name].get(algorithm) if isinstance(algorithm, str) else None
        if key is None:
            raise jwt.InvalidAlgorithmError("its algorithm is not accepted for this key")
        return key

    async def follow(self, seconds: float, seconds_after_failure: float = _LEAST_SECONDS) -> None:
        """Fetch the keys again and again, until cancelled: withdrawn ones are forgotten.

        While they cannot be fetched, those that are known stay.
        """
        while True:
            async with self._lock:
                fetched = await self._fetch()
            await asyncio.sleep(seconds if fetched else min(seconds, seconds_after_failure))

    async def _fetch_if_due(self) -> None:
        async with self._lock:
            now = self._monotonic()
            if self._tried_at is None or now - self._tried_at >= _LEAST_SECONDS:
                await self._fetch()

    async def _fetch(self) -> bool:
        self._tried_at = self._monotonic()
        try:
            self._keys = _keys_of(await self._text(), self._algorithms)
        except (httpx2.HTTPError, OSError, jwt.PyJWTError, ValueError) as error:
            LOG.warning("The platform's keys cannot be fetched: %s", error)
            return False
        return True

    async def _text(self) -> str:
        if not self._source.startswith("https://"):
            return await asyncio.to_thread(Path(self._source).read_text)
        answer = await self._client.get(self._source, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.text


def _keys_of(text: str, algorithms: Sequence[str]) -> dict[str | None, dict[str, jwt.PyJWK]]:
    """The keys of a JWK Set (RFC 7517), by name and algorithm. Raises ValueError."""
    document = json.loads(text)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("this is not a JWK Set")
    keys: dict[str | None, dict[str, jwt.PyJWK]] = {}
    for jwk in (one for one in listed if isinstance(one, dict) and _verifies(one)):
        name = jwk.get("kid")
        if isinstance(name, str | None) and (made := _made_of(jwk, algorithms)):
            keys[name] = made
    if not keys:
        LOG.warning("The platform has no key for any of the accepted algorithms.")
    return keys


def _verifies(jwk: dict[str, Any]) -> bool:
    """Whether a key is one that signatures are verified with (RFC 7517, sections 4.2 and 4.3)."""
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    )


def _made_of(jwk: dict[str, Any], algorithms: Sequence[str]) -> dict[str, jwt.PyJWK]:
    """A key for each accepted algorithm that it is good for."""
    # PyJWT takes an RSA key without an algorithm for one of RS256 only. A curve has just one.
    is_open = jwk.get("kty") == "RSA" and "alg" not in jwk
    made = {}
    for algorithm in algorithms if is_open else (None,):
        try:
            key = jwt.PyJWK(jwk, algorithm)
        except (jwt.PyJWTError, TypeError, ValueError):
            continue  # another kind of key, or one that is spoilt: the others still count
        if key.algorithm_name in algorithms:
            made[key.algorithm_name] = key
    return made
