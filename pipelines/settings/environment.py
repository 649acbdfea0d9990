"""Settings in the environment: ``BEATXP_ENGINE__THREADS=2`` is ``threads`` of ``[engine]``.

Names and values are written as pydantic-settings has them: a prefix, "__" between sections and key,
lists and tables as JSON. It does not read them, since the checks of the settings are to see what
was written: it turns a file URL into a path that is not there and true into 1, leaves unknown
sections out, and stops at the first text that is no JSON without saying whose it is.

A secret may also stand in a file: ``BEATXP_ALERTS__KEY_FILE`` names the one with ``key`` of
``[alerts]``, as container platforms and systemd hand secrets over.
"""

import difflib
import json
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from pipelines.errors import Problem, holds_secret, shown
from pipelines.settings.section import SettingsSection, settings_of

#: The settings file where nobody names another, in the folder where something is started.
SETTINGS_FILE: Final = Path("dagster_project.toml")
CONFIG_VARIABLE: Final = "BEATXP_CONFIG"
VARIABLE_PREFIX: Final = "BEATXP_"
_BETWEEN: Final = "__"
_FILE: Final = "_FILE"
_NUMBERS_AND_TRUTHS = (bool, int, float)
_TABLES = (dict, Mapping)
_LISTS = (tuple, list, set, frozenset, Sequence)


class Override(NamedTuple):
    """A setting that a variable says: the value as the settings file would have it."""

    key: str
    variable: str
    value: object
    secret_file: Path | None = None


class _Unusable(Exception):
    """What a variable says cannot be used; the message is the problem."""


def settings_path(environment: Mapping[str, str]) -> Path:
    """The settings file that the environment names."""
    return Path(environment.get(CONFIG_VARIABLE) or SETTINGS_FILE)


def variable_of(key: str) -> str:
    """The variable of a setting."""
    return VARIABLE_PREFIX + key.replace(".", _BETWEEN).upper()


def read_overrides(
    model: type[SettingsSection], environment: Mapping[str, str], folder: Path
) -> tuple[list[Override], list[Problem]]:
    """What the environment says of the settings in `model`, and the variables that are mistakes.

    Names of secret files are relative to `folder`, that of the settings file. Variables without
    "__" belong to others.
    """
    named = {name for name in environment if name.startswith(VARIABLE_PREFIX) and _BETWEEN in name}
    if not named:
        return [], []
    settings = settings_of(model)
    overrides: list[Override] = []
    mistakes: list[Problem] = []
    known: list[str] = []
    for key, field in settings.items():
        name = variable_of(key)
        secret = f"{name}{_FILE}" if holds_secret(field.annotation) else None
        known += [name] if secret is None else [name, secret]
        if secret in named and name in named:
            mistakes.append(Problem(secret, f"is set, and {name} too; keep one of them."))
            continue
        try:
            if secret in named:
                path, text = _read_secret(environment[secret], folder)
                overrides.append(Override(key, secret, _value(field, text), path))
            elif name in named:
                overrides.append(Override(key, name, _value(field, environment[name])))
        except _Unusable as problem:
            mistakes.append(Problem(secret if secret in named else name, str(problem)))
    mistakes += [Problem(name, _unknown(name, known)) for name in sorted(named.difference(known))]
    return overrides, mistakes


def with_overrides(tables: Mapping[str, Any], overrides: Iterable[Override]) -> dict[str, Any]:
    """The tables of the file as they would be if the variables stood in it."""
    merged = {**tables}
    for one in overrides:
        *sections, key = one.key.split(".")
        table = merged
        for name in sections:
            inner = table.get(name, {})
            if not isinstance(inner, Mapping):
                break  # The file has something else than a section there, which is its mistake.
            table[name] = {**inner}
            table = table[name]
        else:
            table[key] = one.value
    return merged


def naming_variables(
    mistakes: Iterable[Problem], overrides: Sequence[Override]
) -> Iterator[Problem]:
    """The mistakes, with the variable in the place of the key of what a variable says."""
    for mistake in mistakes:
        for one in overrides:
            rest = mistake.key.removeprefix(one.key)
            if mistake.key.startswith(one.key) and rest[:1] in ("", ".", "["):
                yield Problem(one.variable + rest, mistake.problem)
                break
        else:
            yield mistake


def _value(field: FieldInfo, text: str) -> object:
    """A text as what a TOML file would have there. What it cannot be is for the model to say."""
    for kind in _kinds(field.annotation):
        if kind in _TABLES or kind in _LISTS:
            return _from_json(field, text, kind in _TABLES)
        if kind in _NUMBERS_AND_TRUTHS:
            try:
                return TypeAdapter(kind).validate_strings(text)
            except ValidationError:
                continue
    return text


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types that a value may have, without what they hold."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _kinds(member)
    else:
        yield origin or annotation


def _from_json(field: FieldInfo, text: str, is_table: bool) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        example = '{"key": "value"}' if is_table else '["a", "b"]'
        # What may be a secret is not shown.
        found = "" if holds_secret(field.annotation) else f", not {shown(text)}"
        raise _Unusable(f"must be JSON, like {example}{found}.") from None


def _read_secret(name: str, folder: Path) -> tuple[Path, str]:
    """The file that a variable names, and the text in it, without the end of the line."""
    if not name.strip():
        raise _Unusable("is blank; write the path of the file that holds the secret.")
    path = folder / Path(name).expanduser()
    try:
        return path, path.read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _Unusable(f"names {path}, which cannot be read ({reason}); correct it.") from None
    except UnicodeDecodeError:
        raise _Unusable(f"names {path}, which is not UTF-8 text; correct it.") from None


def _unknown(name: str, known: Sequence[str]) -> str:
    """A remedy for a variable of no setting; what all names begin with makes none similar."""
    rest = [each.removeprefix(VARIABLE_PREFIX) for each in known]
    nearest = difflib.get_close_matches(name.removeprefix(VARIABLE_PREFIX).upper(), rest, n=1)
    if nearest:
        return f"is no setting; did you mean {VARIABLE_PREFIX}{nearest[0]}?"
    return (
        "is no setting; `beatxp settings` lists them: engine.threads is "
        f"{variable_of('engine.threads')} here."
    )
