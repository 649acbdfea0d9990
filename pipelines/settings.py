"""The settings file, ``dagster_project.toml``: every setting, its default and its check.

This module is on the path of every command, also of those that answer within a second: it imports
pydantic but neither Dagster nor an engine.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from pipelines.errors import (
    ConfigError,
    Problem,
    in_file_order,
    is_whole,
    parse_toml,
    shown,
    validate,
)
from pipelines.vocabulary import ENTITIES


class SettingsError(ConfigError):
    """A settings file that cannot be used, with every mistake in it."""

    code = "bad_settings"


def _refuse(message: str, **context: object) -> PydanticCustomError:
    # Pydantic fills braces from the context, so user's text always travels there.
    return PydanticCustomError("setting", message, context)


class _Reading(NamedTuple):
    """The file's folder, and whether the exports need not be there yet."""

    folder: Path
    exports_may_come: bool


def _reading(info: ValidationInfo) -> _Reading:
    assert isinstance(info.context, _Reading)
    return info.context


def _absolute_path(value: object, info: ValidationInfo) -> Path:
    """A path relative to the settings file's folder, or a file:// URL, made absolute."""
    if not isinstance(value, str):
        raise _refuse('must be a path in quotes, like "exports", not {value}.', value=shown(value))
    if not value.strip():
        raise _refuse('is blank; write a path, like "exports".')
    path = value
    if re.match(r"file:", value, re.IGNORECASE):
        url = urlsplit(value)
        if url.netloc not in ("", "localhost") or not url.path.startswith("/"):
            raise _refuse(
                "is {value}; a file URL has three slashes and an absolute path, like "
                "file:///srv/exports.",
                value=shown(value),
            )
        path = unquote(url.path)
    elif scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", value):
        raise _refuse(
            "is {value}, but {scheme}:// addresses cannot be read directly; copy or mount the "
            "files and write a path or a file:// URL.",
            value=shown(value),
            scheme=scheme[1],
        )
    return Path(os.path.abspath(_reading(info).folder / Path(path).expanduser()))


def _address_or_path(value: object, info: ValidationInfo) -> str:
    """An https:// address as it is, or a path made absolute; "" for none."""
    if value == "" or (isinstance(value, str) and value.startswith("https://")):
        return value
    return str(_absolute_path(value, info))


def _path_or_none(value: object, info: ValidationInfo) -> Path | None:
    return None if value in ("", None) else _absolute_path(value, info)


def _web_address(text: str) -> str:
    if not text or re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", text):
        return text
    raise _refuse(
        'is {value}; write an address like http://127.0.0.1:3000, or "" for none.',
        value=shown(text),
    )


def _sign_in_address(text: str) -> str:
    # The placeholder stands after the host: where it leads is not for whoever sent a link to say.
    if not text or re.fullmatch(r"https://[^/?#\s{}@]+([/?#]\S*)?", text):
        return text
    raise _refuse(
        'is {value}; write an https:// address like {example}, or "" for none.',
        value=shown(text),
        example="https://music.example/sign-in?next={address}",
    )


def _existing_folder(path: Path, info: ValidationInfo) -> Path:
    if path.is_dir() or (_reading(info).exports_may_come and not path.exists()):
        return path
    raise _refuse(
        "{path} {state}; create the folder or correct the path.",
        path=str(path),
        state="is a file, not a folder" if path.exists() else "does not exist",
    )


def _existing_file(path: Path) -> Path:
    if path.is_file():
        return path
    raise _refuse(
        "{path} {state}; write the rulebook there or correct the path.",
        path=str(path),
        state="is not a file" if path.exists() else "does not exist",
    )


def _folder_or_new(path: Path) -> Path:
    if path.is_dir() or not path.exists():
        return path
    raise _refuse(
        "{path} is a file, but must be a folder (or a new path); correct it.", path=str(path)
    )


_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]i?B|%)", re.IGNORECASE)


def _memory_limit(text: str) -> str:
    # DuckDB itself takes "4 gigabytes", "-1" and "none" too; one spelling is enough to document.
    size = _SIZE.fullmatch(text)
    if size is None or float(size[1]) == 0 or (text.endswith("%") and float(size[1]) > 100):
        raise _refuse(
            'is {value}; write a size such as "4GiB" or "500MB" (units KB, MB, GB, TB, KiB, MiB, '
            'GiB, TiB), or a share of the memory such as "60%".',
            value=shown(text),
        )
    return text


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _WEEKDAYS),
)


def _cron(text: str) -> str:
    """Pass a cron string of five fields that fires some day, or "" for no schedule.

    Dagster's own check takes all that this takes, but importing it costs more than a second.
    """
    if not text:
        return text
    fields = text.lower().split()
    if len(fields) != len(_CRON_FIELDS):
        raise _refuse(
            "is {value}; write five fields (minute hour day month weekday, in UTC), like "
            '"30 2 * * *", or "" to switch the schedule off.',
            value=shown(text),
        )
    _, _, days, months, _ = (
        _cron_numbers(field, *limits) for field, limits in zip(fields, _CRON_FIELDS, strict=True)
    )
    if min(days) > max(_MONTH_DAYS[month - 1] for month in months):
        raise _refuse(
            "is {value}, but no month in it has such a day; correct the day or the month.",
            value=shown(text),
        )
    return text


def _cron_numbers(
    field: str, name: str, lowest: int, highest: int, words: tuple[str, ...]
) -> set[int]:
    """The numbers that one field stands for: ``*``, ``5``, ``1-5``, ``*/15``, lists, names."""
    spelt = {word: lowest + i for i, word in enumerate(words)}
    for n in range(highest + 1):
        spelt |= {str(n): n, f"{n:02}": n}
    numbers: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = (lowest, "-", highest) if span == "*" else span.partition("-")
        low, high = spelt.get(str(first), -1), spelt.get(str(last if dash else first), -1)
        stride = spelt.get(step, 0) if slash and dash else 0 if slash else 1
        if not (lowest <= low <= high <= highest and 1 <= stride <= highest):
            raise _refuse(
                "has {part} as its {name}; write * or numbers from {lowest} to {highest}, like "
                "{lowest}, {lowest}-{highest}, */2 or a list with commas.",
                part=shown(part),
                name=name,
                lowest=lowest,
                highest=highest,
            )
        numbers.update(range(low, high + 1, stride))
    return numbers


class SettingsSection(BaseModel):
    """A section of the file: no unknown keys, no conversions, never changed after reading."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


_Path = Annotated[Path, BeforeValidator(_absolute_path)]
_Cron = Annotated[str, AfterValidator(_cron)]
_Percent = Annotated[int, Field(ge=0, le=100)]
_Minutes = Annotated[int, Field(ge=1, le=525_600)]


class ProjectSettings(SettingsSection):
    """``[project]``: where things are; paths are absolute here (specification, section 6)."""

    exports: Annotated[_Path, AfterValidator(_existing_folder)] = Field(
        description='Add the folder with the export files, like exports = "exports".'
    )
    store: Annotated[_Path, AfterValidator(_folder_or_new)] = Field(
        description="Add the folder for published snapshots and work kept between refreshes, "
        'like store = "store"; it is created when missing.'
    )
    rulebook: Annotated[_Path, AfterValidator(_existing_file)] = Field(
        description='Add the rulebook\'s file, like rulebook = "rules/beatpass.toml".'
    )


class Guards(SettingsSection):
    """``[guards]``: when bad input stops a publication (specification, section 1)."""

    max_rejected_percent: _Percent = Field(
        default=5,
        description="Most rejected rows of an entity, in percent of its new or changed files.",
    )
    allow_rejected_files: bool = Field(
        default=True, description="Whether to publish although a new or changed file is rejected."
    )
    max_bad_cells_percent: _Percent = Field(
        default=50,
        description="Most bad cells of a column, in percent of its cells in new or changed files.",
    )
    max_shrink_percent: _Percent = Field(
        default=20,
        description="Most percent by which a full dump, or all events of an entity, may have fewer "
        "rows than at the last publication.",
    )
    allow_empty: bool = Field(
        default=False, description="Whether to publish although there is no export file at all."
    )


class Snapshots(SettingsSection):
    """``[snapshots]``: what is kept (specification, section 5)."""

    keep: Annotated[int, Field(ge=2, le=1_000_000)] = Field(
        default=72, description="How many published snapshots stay readable."
    )


class EngineSettings(SettingsSection):
    """``[engine]``: what a refresh may use of the machine."""

    memory_limit: Annotated[str, AfterValidator(_memory_limit)] = Field(
        default="4GiB", description='Most memory for a refresh, like "4GiB" or "60%".'
    )
    threads: Annotated[int, Field(ge=0, le=4096)] = Field(
        default=0,
        description="Threads of SQL, and of files and days side by side; 0 = one per core.",
    )

    @property
    def sql_memory_limit(self) -> str:
        """Half of the limit is for SQL; the rest is for batches of files and days."""
        return _SIZE.sub(lambda size: f"{float(size[1]) / 2}{size[2]}", self.memory_limit)


class Schedules(SettingsSection):
    """``[schedules]``: cron strings in UTC; "" switches one off."""

    hourly: _Cron = Field(default="5 * * * *", description="When to refresh with what is new.")
    nightly: _Cron = Field(
        default="30 2 * * *", description="When to recompute everything from the export files."
    )


class Sensor(SettingsSection):
    """``[sensor]``: refreshing as soon as new export files are complete."""

    new_exports: bool = Field(default=True, description="Whether new files start a refresh.")
    quiet_seconds: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=60, description="A file counts as complete when unchanged for so many seconds."
    )


class Freshness(SettingsSection):
    """``[freshness]``: how old the published snapshot may become."""

    warn_after_minutes: _Minutes = Field(
        default=90, description="Age of the last successful check at which Dagster warns."
    )
    fail_after_minutes: _Minutes = Field(
        default=180, description="Age at which Dagster reports a failure; more than the warning's."
    )


Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
_Seconds = Annotated[int, Field(ge=0, le=86_400)]
#: Whether the boards of earnings tell what others earn, only their order, or nothing.
EarningsShown = Literal["ranks", "amounts", "off"]


class Dashboard(SettingsSection):
    """``[dashboard]``: how `beatxp serve` shows what is published."""

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8000,
        description="The port to listen on; 0 = any that is free. Not named: the first free one "
        "from 8000 on, without a login.",
    )
    names: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Names under which it is reached besides localhost; others are refused.",
    )
    earnings: EarningsShown = Field(
        default="ranks",
        description="What the boards of earnings tell who is no analyst: ranks and one's own "
        "amount, all amounts, or off: there are none.",
    )
    dagster: Annotated[str, AfterValidator(_web_address)] = Field(
        default="", description='Address of a Dagster web server that refreshes; "" = none.'
    )
    viewer_cooldown_seconds: _Seconds = Field(
        default=60,
        description="How long a viewer waits for the next refresh, from the end of the last.",
    )
    cooldown_seconds: _Seconds = Field(
        default=10, description="How long all viewers wait for the next, from the end of anybody's."
    )


class Login(SettingsSection):
    """``[login]``: who is told apart; without it the dashboard serves loopback only."""

    jwks: Annotated[str, BeforeValidator(_address_or_path)] = Field(
        default="", description="Where the platform's public keys are: https:// or a file (JWKS)."
    )
    issuer: str = Field(default="", description="The `iss` of the platform's tokens.")
    audience: str = Field(default="", description="The `aud` of tokens that are meant for this.")
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256", "ES256"), strict=False, min_length=1, description="Signatures to accept."
    )
    producer_claim: str = Field(
        default="producer_id", description="The claim that holds a viewer's producer id."
    )
    roles_claim: str = Field(
        default="roles", description="The claim that lists roles: analyst, refresh."
    )
    cookie: str = Field(
        default="beatxp_token", description="The cookie in which browsers bring their token."
    )
    sign_in: Annotated[str, AfterValidator(_sign_in_address)] = Field(
        default="",
        description="Where browsers sign in; {address} in it is replaced by where one was.",
    )
    api_keys: Annotated[Path | None, BeforeValidator(_path_or_none)] = Field(
        default=None, description='A file of hashed API keys, which `beatxp key` writes; "" = none.'
    )

    @property
    def is_configured(self) -> bool:
        """Whether viewers are told apart at all."""
        return bool(self.jwks or self.api_keys)


class Settings(SettingsSection):
    """The whole settings file. Every section but ``[project]`` may be left out."""

    project: ProjectSettings = Field(
        description="Add a [project] section with exports, store and rulebook."
    )
    guards: Guards = Field(default=Guards(), description="When bad input stops a publication.")
    snapshots: Snapshots = Field(default=Snapshots(), description="How much history is kept.")
    engine: EngineSettings = Field(
        default=EngineSettings(), description="What a refresh may use of the machine."
    )
    schedules: Schedules = Field(default=Schedules(), description="When refreshes run.")
    sensor: Sensor = Field(default=Sensor(), description="Whether new files start a refresh.")
    freshness: Freshness = Field(default=Freshness(), description="How old data may become.")
    dashboard: Dashboard = Field(default=Dashboard(), description="How it is shown.")
    login: Login = Field(default=Login(), description="Who is told apart.")


def load_settings(path: Path, *, exports_may_come: bool = False) -> Settings:
    """Read and check a settings file (specification, section 6).

    Paths in the result are absolute. `exports_may_come`: the folder of exports need not be there
    yet. Raises SettingsError with all mistakes at once, also when the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = f"cannot be read ({reason}); name the settings file with --config."
        raise SettingsError(str(path), [Problem("", problem)]) from None
    tables = parse_toml(data)
    if isinstance(tables, Problem):
        raise SettingsError(str(path), [tables])
    settings, mistakes = validate(
        Settings,
        tables,
        context=_Reading(path.absolute().parent, exports_may_come),
    )
    mistakes += _freshness_mistakes(tables) + _login_mistakes(tables)
    mistakes += _sign_in_mistakes(tables)
    if settings is not None:
        mistakes += _store_mistakes(settings.project)
    if settings is None or mistakes:
        raise SettingsError(str(path), in_file_order(mistakes, tables))
    return settings


def _freshness_mistakes(tables: Mapping[str, Any]) -> list[Problem]:
    written = tables.get("freshness")
    both = {**Freshness().model_dump(), **(written if isinstance(written, Mapping) else {})}
    warn, fail = both["warn_after_minutes"], both["fail_after_minutes"]
    if not (is_whole(warn) and is_whole(fail)) or warn < fail:
        return []
    problem = f"is {fail}; it must be greater than warn_after_minutes, which is {warn}."
    return [Problem("freshness.fail_after_minutes", problem)]


def _login_mistakes(tables: Mapping[str, Any]) -> list[Problem]:
    """Tokens that anybody issued, or that were meant for something else, prove nothing."""
    login = tables.get("login")
    if not isinstance(login, Mapping) or not login.get("jwks"):
        return []
    return [
        Problem(f"login.{name}", f"is missing; tokens are only accepted with {what}.")
        for name, what in (("issuer", "the issuer they must have"), ("audience", "the audience"))
        if not login.get(name)
    ]


def _sign_in_mistakes(tables: Mapping[str, Any]) -> list[Problem]:
    """Whoever signs in is brought back to a name of ours, not to one that a request made up."""
    login, dashboard = tables.get("login"), tables.get("dashboard")
    address = login.get("sign_in") if isinstance(login, Mapping) else None
    names = dashboard.get("names") if isinstance(dashboard, Mapping) else None
    if not isinstance(address, str) or "{address}" not in address or names:
        return []
    problem = "is missing; {address} in login.sign_in brings browsers back to one of these names."
    return [Problem("dashboard.names", problem)]


def _store_mistakes(project: ProjectSettings) -> list[Problem]:
    """Refuse a store whose files a refresh would read as exports, or exports it would clean up."""
    exports, store = project.exports, project.store
    inside_exports = any(store.is_relative_to(exports / entity) for entity in ENTITIES)
    if store != exports and not inside_exports and not exports.is_relative_to(store):
        return []
    problem = f"{store} and the exports folder {exports} lie in one another; choose another folder."
    return [Problem("project.store", problem)]
