"""The settings file, ``dagster_project.toml``: reading it, and checks across its sections.

This package is on the path of every command, also of those that answer within a second: it imports
pydantic but neither Dagster nor an engine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigError, Problem, in_file_order, is_whole, parse_toml, validate
from pipelines.settings.dialect import Dialect, Dialects
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
from pipelines.settings.section import SettingsSection
from pipelines.settings.values import Reading
from pipelines.vocabulary import ENTITIES

__all__ = [
    "AlertKind",
    "Alerts",
    "Dialect",
    "Dialects",
    "EarningsShown",
    "Freshness",
    "Guards",
    "Login",
    "Metrics",
    "Schedules",
    "Sensor",
    "Settings",
    "SettingsError",
    "SettingsSection",
    "load_settings",
]


class SettingsError(ConfigError):
    """A settings file that cannot be used, with every mistake in it."""

    code = "bad_settings"


class NoSettings(SettingsError):
    """There is no settings file of this name."""

    def __init__(self, path: Path) -> None:
        remedy = (
            "`beatxp demo` writes one with a made-up marketplace, docs/operations.md#settings says "
            "what to write for exports of your own, and --config names one that is elsewhere."
        )
        super().__init__(str(path), [Problem("", f"is not there; {remedy}")])
        self.args = (f"There is no settings file {path.absolute()}: {remedy}",)


def load_settings(path: Path, *, exports_may_come: bool = False) -> Settings:
    """Read and check a settings file (specification, section 6).

    Paths in the result are absolute. `exports_may_come`: the folder of exports need not be there
    yet. Raises SettingsError with all mistakes at once, also when the file cannot be read, and
    NoSettings when it is not there.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NoSettings(path) from None
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
        context=Reading(path.absolute().parent, exports_may_come),
    )
    mistakes += _freshness_mistakes(tables) + _login_mistakes(tables)
    mistakes += _sign_in_mistakes(tables)
    if settings is not None:
        mistakes += [*_store_mistakes(settings), *settings.exports.mistakes()]
        mistakes += _webhook_mistakes(settings.alerts)
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


def _webhook_mistakes(alerts: Alerts) -> list[Problem]:
    """Whoever receives alerts must be able to tell them from what others send."""
    if not alerts.webhook or alerts.webhook_secret.get_secret_value():
        return []
    problem = 'is missing; write "whsec_" and what `openssl rand -base64 32` prints.'
    return [Problem("alerts.webhook_secret", problem)]


def _store_mistakes(settings: Settings) -> list[Problem]:
    """Refuse a store whose files a refresh would read as exports, or exports it would clean up."""
    exports, store = settings.project.exports, settings.project.store
    folders = [exports / settings.exports.folder(entity) for entity in ENTITIES]
    inside_exports = any(store.is_relative_to(folder) for folder in folders)
    if store != exports and not inside_exports and not exports.is_relative_to(store):
        return []
    problem = f"{store} and the exports folder {exports} lie in one another; choose another folder."
    return [Problem("project.store", problem)]
