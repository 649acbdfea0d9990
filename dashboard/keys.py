"""The file of API keys for scripts: the hash of each, and what it may do."""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from dashboard.rights import Role, Viewer
from pipelines.errors import ConfigError, Problem, parse_toml, validate
from pipelines.exports.text_ids import id_of
from pipelines.settings import SettingsSection
from pipelines.store.atomic import atomic_file

LOG = logging.getLogger("dashboard")
#: What a key looks like: told apart from a token, and found by scanners for leaked secrets.
KEY_PREFIX = "beatxp_"


class KeysError(ConfigError):
    """A file of API keys that cannot be used, with every mistake in it."""

    code = "bad_keys"


class ApiKey(SettingsSection):
    """``[[keys]]``: what a key may do. The key itself is not kept."""

    name: Annotated[str, Field(min_length=1)] = Field(description="Add a name for the key.")
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="Add the key's SHA-256; `beatxp key` makes both."
    )
    roles: tuple[Role, ...] = Field(default=(), strict=False, description="analyst, refresh.")
    producer_id: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Whose progress it shows."
    )
    producer_text_id: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="The same by the text that the id stands for."
    )

    @model_validator(mode="after")
    def _is_of_one(self) -> "ApiKey":
        if self.producer_id is not None and self.producer_text_id is not None:
            raise ValueError("has producer_id and producer_text_id; one of them says whose it is.")
        return self

    @property
    def producer(self) -> int | None:
        """The id of the producer whose progress it shows."""
        return self.producer_id if self.producer_text_id is None else id_of(self.producer_text_id)


class KeysFile(SettingsSection):
    """The whole file."""

    keys: tuple[ApiKey, ...] = Field(default=(), strict=False, description="The keys.")


def new_key() -> str:
    """A new API key: it is shown once, and only its hash is kept."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """What is kept of a key. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> dict[str, Viewer]:
    """The viewers of a file of API keys, by hash. Raises KeysError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); `beatxp key NAME` writes it."
        raise KeysError(str(path), [Problem("", problem)]) from None
    return _viewers(data, path)


class ApiKeys:
    """The viewers with a key of a file, which is read again once it is another one.

    So a key is revoked, or a new one accepted, while the server runs. A file that cannot be read,
    or has a mistake, is logged once, and what it said before holds. Raises KeysError at first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _signature(path)
        self._viewers = read_keys(path)

    def viewer(self, key: str) -> Viewer | None:
        """The viewer with a key; None if it is not known."""
        seen = _signature(self._path)
        if seen != self._seen:
            # Before it is read: what changes meanwhile is noticed the next time.
            self._seen = seen
            try:
                self._viewers = read_keys(self._path)
            except KeysError as error:
                LOG.error("API keys are those that were known before: %s", error)
        return self._viewers.get(hash_of(key))


def _signature(path: Path) -> tuple[int, ...]:
    """What tells a file from what it was; nothing if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def add_key(path: Path, name: str, roles: Iterable[str], producer: int | str | None) -> str:
    """Make a key, and write its hash and rights down; returns the key.

    `producer`: whose progress it shows, an id or the text that one stands for. Raises KeysError,
    also when what is given cannot stand in the file: it is then as it was.
    """
    written = b""
    if path.exists():
        written = path.read_bytes()
        _viewers(written, path)
    key = new_key()
    lines = [f"name = {_quoted(name)}", f'sha256 = "{hash_of(key)}"']
    if roles := sorted(roles):
        lines.append(f"roles = {json.dumps(roles)}")
    if isinstance(producer, int):
        lines.append(f"producer_id = {producer}")
    elif producer is not None:
        lines.append(f"producer_text_id = {_quoted(producer)}")
    try:
        added = "\n".join(["[[keys]]", *lines, "", ""]).encode()
    except UnicodeEncodeError:
        problem = "the name of the new key, or the id, is not Unicode text; choose another."
        raise KeysError(str(path), [Problem("", problem)]) from None
    if written and not written.endswith(b"\n"):
        written += b"\n"
    _viewers(written + added, path)
    _replace(path, written + added)
    return key


def _viewers(data: bytes, path: Path) -> dict[str, Viewer]:
    tables = parse_toml(data)
    if isinstance(tables, Problem):
        raise KeysError(str(path), [tables])
    file, mistakes = validate(KeysFile, tables)
    if file is None or mistakes:
        raise KeysError(str(path), mistakes)
    return {
        key.sha256: Viewer(f"key:{key.name}", key.producer, frozenset(key.roles))
        for key in file.keys
    }


def _quoted(text: str) -> str:
    """A text as TOML has it: as JSON does, but without halves of characters, or a bare DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replace(path: Path, data: bytes) -> None:
    """Put another file in place of this one, whole or not at all.

    A new file is readable by its owner only: hashes of long random keys tell nobody anything,
    names might. One that was there keeps its owner and mode, so that the server can still read it.
    """
    # Where the name is a link, it stays one.
    path = path.resolve()
    with atomic_file(path) as hidden:
        opened = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as new:
            new.write(data)
            if path.exists():
                before = path.stat()
                os.fchown(new.fileno(), before.st_uid, before.st_gid)
                os.fchmod(new.fileno(), before.st_mode & 0o777)
