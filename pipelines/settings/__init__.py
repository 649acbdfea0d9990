"""The settings: the file, ``dagster_project.toml``, with what the environment says instead.

This package is on the path of every command, also of those that answer within a second: it imports
pydantic but neither Dagster nor an engine.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.errors import (
    ConfigError,
    Problem,
    holds_secret,
    in_file_order,
    is_whole,
    parse_toml,
    validate,
)
from pipelines.settings.dialect import Dialect, Dialects
from pipelines.settings.environment import (
    CONFIG_VARIABLE,
    SETTINGS_FILE,
    VARIABLE_PREFIX,
    Override,
    naming_variables,
    read_overrides,
    settings_path,
    with_overrides,
)
from pipelines.settings.model import (
    AlertKind,
    Alerts,
    EarningsShown,
    Freshness,
    Guards,
    Login,
    Metrics,
    Schedules,
    Sensor,
    Settings,
)
from pipelines.settings.origins import Loaded, Setting, settings_in_force
from pipelines.settings.section import SettingsSection
from pipelines.settings.values import Reading
from pipelines.vocabulary import ENTITIES

__all__ = [
    "CONFIG_VARIABLE",
    "SETTINGS_FILE",
    "AlertKind",
    "Alerts",
    "Dialect",
    "Dialects",
    "EarningsShown",
    "Freshness",
    "Guards",
    "Loaded",
    "Login",
    "Metrics",
    "Schedules",
    "Sensor",
    "Setting",
    "Settings",
    "SettingsError",
    "SettingsSection",
    "load_settings",
    "load_with_origins",
    "settings_in_force",
    "settings_path",
]


class SettingsError(ConfigError):
    """A settings file that cannot be used, with every mistake in it."""

    code = "bad_settings"


class NoSettings(SettingsError):
    """There is no settings file of this name."""

    def __init__(self, path: Path) -> None:
        remedy = (
            "`beatxp demo` writes one with a made-up marketplace, docs/operations.md#settings says "
            "what to write for exports of your own, and --config or the environment variable "
            f"{CONFIG_VARIABLE} names one that is elsewhere."
        )
        super().__init__(str(path), [Problem("", f"is not there; {remedy}")])
        self.args = (f"There is no settings file {path.absolute()}: {remedy}",)


def load_settings(
    path: Path,
    *,
    exports_may_come: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read and check a settings file (specification, section 6).

    What `environment` says counts instead of what the file says: by default, that of the process.
    Paths in the result are absolute. `exports_may_come`: the folder of exports need not be there
    yet. Raises SettingsError with all mistakes at once, also when the file cannot be read, and
    NoSettings when it is not there.
    """
    return load_with_origins(path, environment, exports_may_come=exports_may_come).settings


def load_with_origins(
    path: Path, environment: Mapping[str, str] | None = None, *, exports_may_come: bool = False
) -> Loaded:
    """The same, and what the settings were made from."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NoSettings(path) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = f"cannot be read ({reason}); name the settings file with --config."
        raise SettingsError(str(path), [Problem("", problem)]) from None
    folder = path.absolute().parent
    overrides, unusable = read_overrides(
        Settings, os.environ if environment is None else environment, folder
    )
    secret = [
        name for name, field in Settings.model_fields.items() if holds_secret(field.annotation)
    ]
    written = parse_toml(data, secret)
    if isinstance(written, Problem):
        raise _mistaken(path, [written], unusable)
    tables = with_overrides(written, overrides)
    settings, mistakes = validate(Settings, tables, context=Reading(folder, exports_may_come))
    mistakes += _freshness_mistakes(tables, overrides) + _login_mistakes(tables)
    mistakes += _sign_in_mistakes(tables)
    if settings is not None:
        mistakes += [*_store_mistakes(settings, overrides), *settings.exports.mistakes()]
        mistakes += _webhook_mistakes(settings.alerts)
    if settings is None or mistakes or unusable:
        mistakes = list(naming_variables(in_file_order(mistakes, tables), overrides))
        raise _mistaken(path, mistakes, unusable)
    return Loaded(settings, path.absolute(), written, overrides)


def _mistaken(path: Path, mistakes: list[Problem], unusable: list[Problem]) -> SettingsError:
    """All mistakes: those of the file before those of variables."""
    everything = sorted([*mistakes, *unusable], key=_is_of_variable)
    source = f"{path} with environment variables" if _is_of_variable(everything[-1]) else str(path)
    return SettingsError(source, everything)


def _is_of_variable(mistake: Problem) -> bool:
    return mistake.key.startswith(VARIABLE_PREFIX)


def _to_change(overrides: Sequence[Override], key: str, other: str) -> str:
    """Which of two keys that contradict each other to name: one that a variable says, if any."""
    keys = {one.key for one in overrides}
    return other if other in keys and key not in keys else key


def _freshness_mistakes(tables: Mapping[str, Any], overrides: Sequence[Override]) -> list[Problem]:
    written = tables.get("freshness")
    both = {**Freshness().model_dump(), **(written if isinstance(written, Mapping) else {})}
    warn, fail = both["warn_after_minutes"], both["fail_after_minutes"]
    if not (is_whole(warn) and is_whole(fail)) or warn < fail:
        return []
    fail_key, warn_key = "freshness.fail_after_minutes", "freshness.warn_after_minutes"
    if _to_change(overrides, fail_key, warn_key) == warn_key:
        problem = f"is {warn}; it must be less than fail_after_minutes, which is {fail}."
        return [Problem(warn_key, problem)]
    problem = f"is {fail}; it must be greater than warn_after_minutes, which is {warn}."
    return [Problem(fail_key, problem)]


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


def _webhook_mistakes(alerts: Alerts) -> list[Problem]:
    """Whoever receives alerts must be able to tell them from what others send."""
    if not alerts.webhook or alerts.webhook_secret.get_secret_value():
        return []
    problem = 'is missing; write "whsec_" and what `openssl rand -base64 32` prints.'
    return [Problem("alerts.webhook_secret", problem)]


def _store_mistakes(settings: Settings, overrides: Sequence[Override]) -> list[Problem]:
    """Refuse a store whose files a refresh would read as exports, or exports it would clean up."""
    exports, store = settings.project.exports, settings.project.store
    folders = [exports / settings.exports.folder(entity) for entity in ENTITIES]
    inside_exports = any(store.is_relative_to(folder) for folder in folders)
    if store != exports and not inside_exports and not exports.is_relative_to(store):
        return []
    problem = f"{store} and the exports folder {exports} lie in one another; choose another folder."
    return [Problem(_to_change(overrides, "project.store", "project.exports"), problem)]
