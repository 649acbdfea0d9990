"""Where each setting in force comes from: a default, the file, a variable, the file of a secret."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipelines.settings.environment import Override
from pipelines.settings.model import Settings
from pipelines.settings.section import settings_of

Source = Literal["default", "file", "variable", "secret_file"]


class Loaded(NamedTuple):
    """Settings, and what they were made from: the file with its tables, and the variables."""

    settings: Settings
    path: Path
    tables: Mapping[str, Any]
    overrides: Sequence[Override]

    def __repr__(self) -> str:
        # The tables are as they were written, with secrets.
        return f"Loaded({self.settings!r})"


class Setting(NamedTuple):
    """A setting in force.

    `value` is what JSON has for it, with a mask for secrets; `file` the settings file or the one of
    a secret, absolute; `variable` the variable that says the value, or names the latter.
    """

    key: str
    value: object
    source: Source
    file: Path | None = None
    variable: str | None = None


def settings_in_force(loaded: Loaded) -> list[Setting]:
    """Every setting, in the order of the settings file."""
    values = loaded.settings.model_dump(mode="json")
    by_key = {one.key: one for one in loaded.overrides}
    found: list[Setting] = []
    for key in settings_of(type(loaded.settings)):
        _, value = _at(values, key)
        override = by_key.get(key)
        if override is not None:
            source: Source = "variable" if override.secret_file is None else "secret_file"
            found.append(Setting(key, value, source, override.secret_file, override.variable))
        elif _at(loaded.tables, key)[0]:
            found.append(Setting(key, value, "file", loaded.path))
        else:
            found.append(Setting(key, value, "default"))
    return found


def _at(tables: Any, key: str) -> tuple[bool, Any]:
    """Whether tables have a value at a key, and which."""
    for name in key.split("."):
        if not isinstance(tables, Mapping) or name not in tables:
            return False, None
        tables = tables[name]
    return True, tables
