"""The platform's public keys: from a file or an address, fetched again when a new one comes."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import httpx2
import jwt

LOG = logging.getLogger("dashboard")
#: A token can name any key: who makes tokens up must not make the server fetch all the time.
_LEAST_SECONDS = 60.0
_TIMEOUT_SECONDS = 5.0


class KeysUnknown(Exception):
    """The keys could not be fetched, and none are known."""


class PlatformKeys:
    """Finds the key that a token says it was signed with."""

    def __init__(
        self, source: str, client: httpx2.AsyncClient, monotonic: Callable[[], float]
    ) -> None:
        self._source = source
        self._client = client
        self._monotonic = monotonic
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._lock = asyncio.Lock()

    async def of(self, token: str) -> jwt.PyJWK:
        """The key of a token. Raises KeysUnknown, jwt.InvalidTokenError."""
        name = jwt.get_unverified_header(token).get("kid")
        if name not in self._keys:
            await self._fetch_if_due()
        if name not in self._keys:
            raise jwt.InvalidTokenError("it was not signed with a key of the platform")
        return self._keys[name]

    async def _fetch_if_due(self) -> None:
        async with self._lock:
            now = self._monotonic()
            if self._fetched_at is not None and now - self._fetched_at < _LEAST_SECONDS:
                return
            self._fetched_at = now
            try:
                keys = jwt.PyJWKSet.from_json(await self._text())
            except (httpx2.HTTPError, OSError, jwt.PyJWTError, ValueError) as error:
                LOG.warning("The platform's keys cannot be fetched: %s", error)
                if not self._keys:
                    raise KeysUnknown from None
                return
            self._keys = {key.key_id: key for key in keys.keys}

    async def _text(self) -> str:
        if not self._source.startswith("https://"):
            return await asyncio.to_thread(Path(self._source).read_text)
        answer = await self._client.get(self._source, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.text
