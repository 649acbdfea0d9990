"""Checks of single values in the settings file: paths, addresses, sizes, cron strings."""

import base64
import os
import re
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from cronsim import CronSim, CronSimError
from pydantic import SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError

from pipelines.errors import shown


def refuse(message: str, **context: object) -> PydanticCustomError:
    # Pydantic fills braces from the context, so user's text always travels there.
    return PydanticCustomError("setting", message, context)


class Reading(NamedTuple):
    """The file's folder, and whether the exports need not be there yet."""

    folder: Path
    exports_may_come: bool


def _reading(info: ValidationInfo) -> Reading:
    assert isinstance(info.context, Reading)
    return info.context


def absolute_path(value: object, info: ValidationInfo) -> Path:
    """A path relative to the settings file's folder, or a file:// URL, made absolute."""
    if not isinstance(value, str):
        raise refuse('must be a path in quotes, like "exports", not {value}.', value=shown(value))
    if not value.strip():
        raise refuse('is blank; write a path, like "exports".')
    path = value
    if re.match(r"file:", value, re.IGNORECASE):
        url = urlsplit(value)
        if url.netloc not in ("", "localhost") or not url.path.startswith("/"):
            raise refuse(
                "is {value}; a file URL has three slashes and an absolute path, like "
                "file:///srv/exports.",
                value=shown(value),
            )
        path = unquote(url.path)
    elif scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", value):
        raise refuse(
            "is {value}, but {scheme}:// addresses cannot be read directly; copy or mount the "
            "files and write a path or a file:// URL.",
            value=shown(value),
            scheme=scheme[1],
        )
    return Path(os.path.abspath(_reading(info).folder / Path(path).expanduser()))


def address_or_path(value: object, info: ValidationInfo) -> str:
    """An https:// address as it is, or a path made absolute; "" for none."""
    if value == "" or (isinstance(value, str) and value.startswith("https://")):
        return value
    return str(absolute_path(value, info))


def path_or_none(value: object, info: ValidationInfo) -> Path | None:
    return None if value in ("", None) else absolute_path(value, info)


def web_address(text: str) -> str:
    if not text or re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", text):
        return text
    raise refuse(
        'is {value}; write an address like http://127.0.0.1:3000, or "" for none.',
        value=shown(text),
    )


def signing_secret(secret: SecretStr) -> SecretStr:
    """As Standard Webhooks has it: "whsec_" and 24 to 64 random bytes in Base64; "" for none."""
    prefix, mark, encoded = secret.get_secret_value().partition("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if not (prefix or mark) or (not prefix and 24 <= len(key) <= 64):
        return secret
    # It is not shown: this may stand in a log.
    raise refuse(
        'is no secret for signing; write "whsec_" and what `openssl rand -base64 32` prints.'
    )


def sign_in_address(text: str) -> str:
    # The placeholder stands after the host: where it leads is not for whoever sent a link to say.
    if not text or re.fullmatch(r"https://[^/?#\s{}@]+([/?#]\S*)?", text):
        return text
    raise refuse(
        'is {value}; write an https:// address like {example}, or "" for none.',
        value=shown(text),
        example="https://music.example/sign-in?next={address}",
    )


def existing_folder(path: Path, info: ValidationInfo) -> Path:
    if path.is_dir() or (_reading(info).exports_may_come and not path.exists()):
        return path
    raise refuse(
        "{path} {state}; create the folder or correct the path.",
        path=str(path),
        state="is a file, not a folder" if path.exists() else "does not exist",
    )


def existing_file(path: Path) -> Path:
    if path.is_file():
        return path
    raise refuse(
        "{path} {state}; write the rulebook there or correct the path.",
        path=str(path),
        state="is not a file" if path.exists() else "does not exist",
    )


def folder_or_new(path: Path) -> Path:
    if path.is_dir() or not path.exists():
        return path
    raise refuse(
        "{path} is a file, but must be a folder (or a new path); correct it.", path=str(path)
    )


SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]i?B|%)", re.IGNORECASE)


def size_or_share(text: str) -> str:
    # DuckDB itself takes "4 gigabytes", "-1" and "none" too; one spelling is enough to document.
    size = SIZE.fullmatch(text)
    if size is None or float(size[1]) == 0 or (text.endswith("%") and float(size[1]) > 100):
        raise refuse(
            'is {value}; write a size such as "4GiB" or "500MB" (units KB, MB, GB, TB, KiB, MiB, '
            'GiB, TiB), or a share of the memory such as "60%".',
            value=shown(text),
        )
    return text


#: What cronsim knows and Dagster does not: the last Friday, the last working day.
_ONLY_CRONSIM = re.compile(r"\dL|LW", re.IGNORECASE)
_ANY_TIME = datetime(2000, 1, 1)


def cron(text: str) -> str:
    """Pass a cron string of five fields that fires some day, or "" for no schedule.

    Dagster takes all that this takes, but importing its own check costs more than a second.
    """
    if not text:
        return text
    fields = text.split()
    if len(fields) != 5:
        raise refuse(
            "is {value}; write five fields (minute hour day month weekday, in UTC), like "
            '"30 2 * * *", or "" to switch the schedule off.',
            value=shown(text),
        )
    try:
        if _ONLY_CRONSIM.search(text):
            raise CronSimError("Bad day")
        CronSim(text, _ANY_TIME)
        # A day that no month has is a mistake even where a weekday would make it fire.
        CronSim(" ".join((*fields[:4], "*")), _ANY_TIME)
    except CronSimError as error:
        raise refuse(
            "is {value}, of which a field means nothing or never comes ({reason}); write minute, "
            'hour, day, month and weekday (in UTC), like "30 2 * * *".',
            value=shown(text),
            reason=str(error).lower(),
        ) from None
    return text
