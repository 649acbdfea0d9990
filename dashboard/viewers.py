"""Who is looking: found out from a token of the host platform or an API key.

Where no login is configured whoever looks may do everything, and the server only listens on
loopback.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jwt

from dashboard.ids import Texts, id_in_claim
from dashboard.jwks import KeysUnknown, PlatformKeys
from dashboard.keys import KEY_PREFIX, ApiKeys
from dashboard.problems import NotSignedIn, ProblemError
from dashboard.rights import ANALYST, ANYBODY, NOBODY, REFRESH, Viewer, unknown
from pipelines.settings import Login

_LEEWAY_SECONDS = 30


class Viewers:
    """Finds out who a request comes from. `shown` gives the snapshot that is shown, if there is."""

    def __init__(
        self,
        login: Login,
        platform_keys: PlatformKeys | None,
        api_keys: ApiKeys | None,
        shown: Callable[[], Texts | None],
    ) -> None:
        self._login = login
        self._platform_keys = platform_keys
        self._api_keys = api_keys
        self._shown = shown

    async def of(self, credential: str | None) -> Viewer:
        """The viewer with a token or a key. Raises ProblemError."""
        if not self._login.is_configured:
            return ANYBODY
        if not credential:
            return NOBODY
        if credential.startswith(KEY_PREFIX):
            return self._with_key(credential)
        return await self._with_token(credential)

    def _with_key(self, key: str) -> Viewer:
        found = self._api_keys.viewer(key) if self._api_keys else None
        if found is None:
            raise unknown("This API key is not known here.")
        return found

    async def _with_token(self, token: str) -> Viewer:
        if self._platform_keys is None:
            raise unknown("Tokens are not accepted here, only API keys.")
        try:
            key = await self._platform_keys.of(token)
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(self._login.algorithms),
                audience=self._login.audience,
                issuer=self._login.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except KeysUnknown:
            raise ProblemError(503, "The platform's keys cannot be fetched now.") from None
        except jwt.ExpiredSignatureError:
            raise NotSignedIn("The token has expired.", "expired") from None
        except jwt.PyJWTError as error:
            raise unknown(f"The token is not accepted: {error}") from None
        return Viewer(
            f"token:{claims['sub']}",
            self._producer_id(claims.get(self._login.producer_claim)),
            _roles(claims.get(self._login.roles_claim)),
        )

    def _producer_id(self, claim: object) -> int | None:
        """The producer whom a claim names; None, as without one, if it is no id."""
        try:
            return id_in_claim(claim, self._shown())
        except ValueError:
            return None


def _roles(claim: object) -> frozenset[str]:
    """A list of texts, or one text with spaces between, as a scope is written."""
    words = claim.split() if isinstance(claim, str) else claim
    if not isinstance(words, list):
        return frozenset()
    return frozenset(word for word in words if word in (ANALYST, REFRESH))
