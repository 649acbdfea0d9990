"""Who is looking: tokens of the host platform and API keys, and what each may see.

Boards and rules are for everybody; a producer sees their own progress, an analyst that of all;
asking for a refresh needs a right of its own. Where no login is configured whoever looks may do
everything, and the server only listens on loopback.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import jwt
from pydantic import Field

from dashboard.jwks import KeysUnknown, PlatformKeys
from dashboard.problems import ProblemError
from pipelines.mistakes import Mistake, MistakesError, parse_toml, validate
from pipelines.settings import Login, Section

Role = Literal["analyst", "refresh"]
ANALYST: Role = "analyst"
REFRESH: Role = "refresh"
#: What a key looks like: told apart from a token, and found by scanners for leaked secrets.
KEY_PREFIX = "beatxp_"
_LEEWAY_SECONDS = 30


@dataclass(frozen=True)
class Viewer:
    """Someone who looks: `name` is what their cool-down is kept under."""

    name: str
    producer_id: int | None = None
    roles: frozenset[str] = frozenset()

    @property
    def sees_all(self) -> bool:
        """Whether every producer's progress is shown."""
        return ANALYST in self.roles

    @property
    def may_refresh(self) -> bool:
        """Whether they may ask for a refresh."""
        return REFRESH in self.roles

    def sees(self, producer_id: int) -> bool:
        """Whether a producer's progress may be shown."""
        return self.sees_all or self.producer_id == producer_id

    def check_sees(self, producer_id: int) -> None:
        """Raise ProblemError unless a producer's progress may be shown."""
        if not self.sees(producer_id):
            raise self._not_allowed("A producer's progress is for that producer and for analysts.")

    def check_refreshes(self) -> None:
        """Raise ProblemError unless a refresh may be asked for."""
        if not self.may_refresh:
            raise self._not_allowed('Asking for a refresh needs the role "refresh".')

    def _not_allowed(self, detail: str) -> ProblemError:
        return ProblemError(403, detail) if self is not NOBODY else _unknown(detail)


#: Someone who has not said who they are.
NOBODY = Viewer("nobody")
#: Whoever reaches a server without a login is on the same machine.
ANYBODY = Viewer("anybody", None, frozenset({ANALYST, REFRESH}))


class Viewers:
    """Finds out who a request comes from."""

    def __init__(self, login: Login, platform_keys: PlatformKeys | None) -> None:
        self._login = login
        self._keys = read_keys(login.api_keys) if login.api_keys else {}
        self._platform_keys = platform_keys

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
        found = self._keys.get(hash_of(key))
        if found is None:
            raise _unknown("This API key is not known here.")
        return found

    async def _with_token(self, token: str) -> Viewer:
        if self._platform_keys is None:
            raise _unknown("Tokens are not accepted here, only API keys.")
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
        except jwt.PyJWTError as error:
            raise _unknown(f"The token is not accepted: {error}") from None
        return Viewer(
            f"token:{claims['sub']}",
            _producer_id(claims.get(self._login.producer_claim)),
            _roles(claims.get(self._login.roles_claim)),
        )


def _unknown(detail: str) -> ProblemError:
    return ProblemError(401, detail, {"www-authenticate": "Bearer"})


def new_key() -> str:
    """A new API key: it is shown once, and only its hash is kept."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """What is kept of a key. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


class KeysError(MistakesError):
    """A file of API keys that cannot be used, with every mistake in it."""


class ApiKey(Section):
    """``[[keys]]``: what a key may do. The key itself is not kept."""

    name: Annotated[str, Field(min_length=1)] = Field(description="Add a name for the key.")
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="Add the key's SHA-256; `beatxp key` makes both."
    )
    roles: tuple[Role, ...] = Field(default=(), strict=False, description="analyst, refresh.")
    producer_id: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Whose progress it shows."
    )


class KeysFile(Section):
    """The whole file."""

    keys: tuple[ApiKey, ...] = Field(default=(), strict=False, description="The keys.")


def read_keys(path: Path) -> dict[str, Viewer]:
    """The viewers of a file of API keys, by hash. Raises KeysError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); `beatxp key NAME` writes it."
        raise KeysError(str(path), [Mistake("", problem)]) from None
    tables = parse_toml(data)
    if isinstance(tables, Mistake):
        raise KeysError(str(path), [tables])
    file, mistakes = validate(KeysFile, tables)
    if file is None or mistakes:
        raise KeysError(str(path), mistakes)
    return {
        key.sha256: Viewer(f"key:{key.name}", key.producer_id, frozenset(key.roles))
        for key in file.keys
    }


def add_key(path: Path, name: str, roles: Iterable[str], producer_id: int | None) -> str:
    """Make a key, and write its hash and rights down; returns the key. Raises KeysError."""
    if path.exists():
        read_keys(path)
    key = new_key()
    lines = [f"name = {json.dumps(name)}", f'sha256 = "{hash_of(key)}"']
    if roles := sorted(roles):
        lines.append(f"roles = {json.dumps(roles)}")
    if producer_id is not None:
        lines.append(f"producer_id = {producer_id}")
    # Readable by its owner only: hashes of long random keys tell nobody anything, names might.
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(["[[keys]]", *lines, "", ""]))
    read_keys(path)
    return key


def _producer_id(claim: object) -> int | None:
    if isinstance(claim, bool):
        return None
    if isinstance(claim, int):
        return claim
    return int(claim) if isinstance(claim, str) and claim.isascii() and claim.isdecimal() else None


def _roles(claim: object) -> frozenset[str]:
    """A list of texts, or one text with spaces between, as a scope is written."""
    words = claim.split() if isinstance(claim, str) else claim
    if not isinstance(words, list):
        return frozenset()
    return frozenset(word for word in words if word in (ANALYST, REFRESH))
