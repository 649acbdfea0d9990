"""Mistakes in a TOML file, told to the person who wrote it: which key, what is wrong, the remedy.

The settings and the rulebook are both TOML checked by pydantic models; this module turns pydantic's
findings, and those of the checks that no single field can make, into one list of sentences.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeGuard, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from pipelines.failures import UsageError
from pipelines.vocabulary import plural

Location = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)
#: As pydantic shows secrets.
_MASK = "**********"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: its key path (empty if the whole file is meant) and a sentence with a remedy."""

    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}" if self.key else self.problem


class ConfigError(UsageError):
    """Every mistake found in one TOML file; ``source`` names the file."""

    code = "bad_file"

    def __init__(self, source: str, mistakes: Sequence[Problem]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        count = plural(len(mistakes), "mistake")
        counted = " (entries are counted from 1)" if any("[" in m.key for m in mistakes) else ""
        lines = "".join(f"\n  {mistake}" for mistake in self.mistakes)
        super().__init__(f"{source} has {count}{counted}; nothing was run:{lines}")


def parse_toml(data: bytes, secret: Collection[str] = ()) -> dict[str, Any] | Problem:
    """The tables of a TOML file, or the one mistake that keeps it from being TOML at all.

    No line at or below the beginning of a table in `secret` is shown.
    """
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem("", f"line {line} is not UTF-8 text; save the file with UTF-8 encoding.")
    except RecursionError:
        return Problem("", "brackets are nested too deeply to be read; remove the nesting.")
    except ValueError as error:
        return Problem(
            "", f"this is not valid TOML: {error}{_line_of(error, data, secret)}. Correct it."
        )


def _line_of(error: ValueError, data: bytes, secret: Collection[str]) -> str:
    """The line that an error of the TOML parser names, which has the key."""
    found = re.search(r"at line ([0-9]+)", str(error))
    lines = data.decode("utf-8-sig").rstrip().split("\n")
    number = int(found[1]) if found and int(found[1]) <= len(lines) else len(lines)
    line = lines[number - 1].strip()
    # Where the file is broken, anything below the beginning of a table may belong to it.
    begun = re.findall(r"^\s*\[{0,2}\s*[\"']?(\w+)", "\n".join(lines[:number]), re.MULTILINE)
    return f", `{line[:80]}`" if line and not {*begun} & {*secret} else ""


def shown(value: object) -> str:
    """A value as its author spelt it in TOML, cut to a length that fits a sentence."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def toml_table(name: str, keys: Mapping[str, object]) -> str:
    """A table as it stands in a TOML file, with inline tables for those within it."""
    return f"[{name}]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in keys.items())


def toml_value(value: object) -> str:
    """A value as it stands in a TOML file, on one line."""
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{_toml_key(str(key))} = {toml_value(each)}" for key, each in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    # JSON's texts, numbers and truths are TOML's.
    return json.dumps(value, ensure_ascii=False)


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a TOML value is an integer (Python also counts true and false as integers)."""
    return isinstance(value, int) and not isinstance(value, bool)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy for a name that is not known: the nearest one, and all there are."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name.lower(), names, n=1)
    if nearest:
        return f"did you mean {shown(nearest[0])}? (Possible here: {', '.join(names)}.)"
    return f"possible here: {', '.join(names)}."


def key_path(location: Location, data: object) -> str:
    """``achievements[3] (plays-100).xp`` for a location in the parsed TOML ``data``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part + 1}]"
            data = data[part] if isinstance(data, list) and part < len(data) else None
            if label := _label(data):
                path += f" ({label})"
        else:
            key = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else shown(part)
            path += f".{key}" if path else key
            data = data.get(part) if isinstance(data, Mapping) else None
    return path


def _label(entry: object) -> str:
    if not isinstance(entry, Mapping):
        return ""
    for key, prefix in (("id", ""), ("source", ""), ("level", "level "), ("from", "from ")):
        value = entry.get(key)
        if isinstance(value, str | int | date):
            return prefix + (value if isinstance(value, str) else shown(value))
    return ""


def in_file_order(mistakes: Iterable[Problem], data: Mapping[str, Any]) -> list[Problem]:
    """The mistakes as someone meets them who reads the file from top to bottom."""
    sections = list(data)

    def position(mistake: Problem) -> tuple[int, str, int]:
        section = re.split(r"[.\[]", mistake.key, maxsplit=1)[0]
        place = sections.index(section) if section in sections else len(sections)
        entry = re.match(r"([\w.]+)\[(\d+)\]", mistake.key)
        return (place, entry[1], int(entry[2])) if entry else (place, "", 0)

    return sorted(mistakes, key=position)


def validate(
    model: type[Model], data: Mapping[str, Any], context: object = None
) -> tuple[Model | None, list[Problem]]:
    """The model built from parsed TOML, or None and every mistake pydantic found."""
    try:
        return model.model_validate(data, context=context), []
    except ValidationError as error:
        # A list whose entries are all wrong counts as too short as well; it is not empty.
        details = [
            detail
            for detail in error.errors(include_url=False)
            if detail["type"] != "too_short" or not detail["input"]
        ]
        return None, [
            Problem(key_path(detail["loc"], data), _sentence(detail, model)) for detail in details
        ]


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with one key and how to put it right."""
    context = detail.get("ctx", {})
    value = _MASK if _is_secret(model, detail["loc"]) else shown(detail["input"])
    match detail["type"]:
        case "missing":
            return f"is missing. {_description(model, detail['loc'])}".rstrip()
        case "extra_forbidden":
            *parent, key = detail["loc"]
            known = _known_keys(_model_at(model, tuple(parent)))
            return f"is not a key of this file; {did_you_mean(str(key), known)}"
        case "int_type" | "int_from_float" | "int_parsing_size":
            return f"must be a whole number (no quotes, no decimal point), not {value}."
        case "greater_than_equal":
            return f"is {value}; the smallest allowed value is {context['ge']}."
        case "less_than_equal":
            return f"is {value}; the greatest allowed value is {context['le']}."
        case "bool_type":
            return f"must be true or false (no quotes), not {value}."
        case "string_type":
            return f'must be text in quotes, like "text", not {value}.'
        case "string_too_short" | "string_pattern_mismatch":
            return "is blank; write some text between the quotes."
        case "literal_error":
            choices = [choice.strip("'") for choice in re.findall(r"'[^']*'", context["expected"])]
            return f"is {value}; {did_you_mean(str(detail['input']), choices)}"
        case "date_type" | "date_from_datetime_inexact":
            return f"must be a date without quotes or time, like 2026-07-04, not {value}."
        case "list_type" | "tuple_type":
            return f"must be a list ([[...]] for a list of tables), not {value}."
        case "too_short":
            return "is empty; add at least one entry."
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table of keys (a [section]), not {value}."
        case _:
            return detail["msg"]


def holds_secret(annotation: object) -> bool:
    """Whether values of a type are or hold a `SecretStr`, which nothing may print."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(holds_secret(field.annotation) for field in annotation.model_fields.values())
    return annotation is SecretStr or any(map(holds_secret, get_args(annotation)))


def _is_secret(model: type[BaseModel], location: Location) -> bool:
    """Whether what stands at a location is a secret or, a mistake, may be one."""
    nearest: object = model
    for depth, part in enumerate(location):
        parent = _model_at(model, location[:depth])
        field = parent.model_fields.get(str(part)) if parent else None
        nearest = field.annotation if field else nearest
    return holds_secret(nearest)


def _description(model: type[BaseModel], location: Location) -> str:
    parent = _model_at(model, location[:-1])
    for name, field in parent.model_fields.items() if parent else ():
        if (field.alias or name) == location[-1]:
            return field.description or ""
    return ""


def _known_keys(model: type[BaseModel] | None) -> list[str]:
    fields = model.model_fields if model else {}
    return [field.alias or name for name, field in fields.items()]


def _model_at(model: type[BaseModel] | None, location: Location) -> type[BaseModel] | None:
    """The model of the table at a location, found by walking the fields' annotations."""
    for part in location:
        if isinstance(part, int) or model is None:
            continue
        annotations = {
            field.alias or n: field.annotation for n, field in model.model_fields.items()
        }
        candidates = [annotations.get(part), *get_args(annotations.get(part))]
        model = next(
            (c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None
        )
    return model
