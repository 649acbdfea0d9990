"""``[exports.<entity>]``: how the export files of an entity differ from what is read by default.

(specification, section 1: exports that say things differently)
"""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from pipelines.errors import Problem, did_you_mean, shown
from pipelines.settings.section import SettingsSection
from pipelines.settings.values import refuse
from pipelines.vocabulary import COLUMNS, ENTITIES

UTC: Final = "UTC"
#: What stands for the parts of a stamp in a template, and how many digits each has.
STAMP_PARTS: Final = {"YYYY": 4, "MM": 2, "DD": 2, "HH": 2, "mm": 2, "ss": 2}
_NEEDED_PARTS: Final = ("YYYY", "MM", "DD")
#: Texts that are names, not ids of things.
_NO_IDS: Final = ("achievement_id",)


def _folder(path: str) -> str:
    parts = path.split("/")
    if not path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise refuse(
            "is {value}; write a folder below the exports, like {example}.",
            value=shown(path),
            example='"events/plays"',
        )
    return path


def _character(text: str) -> str:
    if len(text) == 1 and text.isascii() and text not in "\r\n":
        return text
    raise refuse("is {value}; write one ASCII character that ends no line.", value=shown(text))


def _character_or_none(text: str) -> str:
    return _character(text) if text else text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        zones = sorted(available_timezones())
        # A list of all six hundred would hide the nearest.
        nearest = did_you_mean(name, zones).partition(" (")[0]
        hint = nearest if nearest.startswith("did") else "write a name like Europe/Berlin."
        problem = "is {value}, which is no time zone; {hint}"
        raise refuse(problem, value=shown(name), hint=hint) from None
    return name


def _template(text: str) -> str:
    parts = re.findall(r"\{([^{}]*)\}", text)
    unknown = [part for part in parts if part not in STAMP_PARTS]
    missing = [part for part in _NEEDED_PARTS if part not in parts]
    repeated = [part for part in parts if parts.count(part) > 1]
    if text and (unknown or missing or repeated):
        raise refuse(
            "is {value}; write where {parts} stand in a path, each once and the first three "
            "always, like {example}.",
            value=shown(text),
            parts=", ".join(f"{{{part}}}" for part in STAMP_PARTS),
            example='"{YYYY}{MM}{DD}-{HH}{mm}"',
        )
    return text


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise refuse("repeats {names}.", names=", ".join(map(shown, repeated)))
    return names


def _ours(value: object) -> str:
    """A value of ours as it would be written in a text file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise refuse("must be a text, a whole number, true or false, not {value}.", value=shown(value))


_Name = Annotated[str, Field(min_length=1)]
_Ours = Annotated[Any, AfterValidator(_ours)]


class Dialect(SettingsSection):
    """How the files of one entity say things differently; by default nothing differs."""

    folder: Annotated[str, AfterValidator(_folder)] | None = Field(
        default=None, description="The folder below the exports; else the entity's name."
    )
    columns: dict[str, _Name] = Field(
        default={},
        description="By column: what it is called in the files. A dotted path reaches into JSON "
        "objects and Parquet structs.",
    )
    header: Annotated[tuple[str, ...], AfterValidator(_names)] = Field(
        default=(), strict=False, description="The columns of CSV files without a header row."
    )
    delimiter: Annotated[str, AfterValidator(_character)] = Field(
        default=",", description="What separates the cells of CSV files."
    )
    quote: Annotated[str, AfterValidator(_character_or_none)] = Field(
        default='"', description='What stands around quoted cells of CSV files; "" = nothing does.'
    )
    escape: Annotated[str, AfterValidator(_character_or_none)] = Field(
        default="",
        description='What takes the meaning of the next character in CSV files, like "\\\\".',
    )
    nulls: tuple[str, ...] = Field(
        default=(), strict=False, description="Texts that mean null, besides an empty cell and \\N."
    )
    values: dict[str, dict[str, _Ours]] = Field(
        default={}, description="By column: what a text or number in the files means."
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default=UTC, description="The zone of times and stamps that name none."
    )
    stamp: Annotated[str, AfterValidator(_template)] = Field(
        default="", description="How a stamp stands in a path, where it is not found by itself."
    )
    text_ids: Annotated[tuple[str, ...], AfterValidator(_names)] = Field(
        default=(), strict=False, description="Columns of ids that are texts, like UUIDs."
    )

    @property
    def key(self) -> str:
        """Identifies how files are read; empty if they are read as by default."""
        differs = self.model_dump(exclude={"folder"}, exclude_defaults=True)
        text = json.dumps(differs, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16] if differs else ""

    def source(self, column: str) -> str:
        """What a column of ours is called in the files."""
        return self.columns.get(column, column)


def _of_entity(entity: str) -> Dialect:
    """The default of an entity's table."""
    dialect: Dialect = Field(default=Dialect(), description=f"How files of {entity} differ.")
    return dialect


class Dialects(SettingsSection):
    """``[exports]``: a table for each entity whose files differ."""

    producers: Dialect = _of_entity("producers")
    tracks: Dialect = _of_entity("tracks")
    credits: Dialect = _of_entity("credits")
    plays: Dialect = _of_entity("plays")
    earnings: Dialect = _of_entity("earnings")
    grants: Dialect = _of_entity("grants")
    adjustments: Dialect = _of_entity("adjustments")

    def of(self, entity: str) -> Dialect:
        """The table of an entity."""
        dialect: Dialect = getattr(self, entity)
        return dialect

    def folder(self, entity: str) -> str:
        """The folder of an entity's files, below the exports, "/" separated."""
        return self.of(entity).folder or entity

    @property
    def keys(self) -> dict[str, str]:
        """What identifies how files are read, by entity, of those that differ."""
        return {entity: key for entity in ENTITIES if (key := self.of(entity).key)}

    def mistakes(self) -> Iterator[Problem]:
        """What no key can tell by itself."""
        yield from self._folder_mistakes()
        for entity in ENTITIES:
            dialect, key = self.of(entity), f"exports.{entity}"
            for table in ("columns", "values"):
                for column in getattr(dialect, table):
                    if column not in COLUMNS[entity]:
                        hint = did_you_mean(column, COLUMNS[entity])
                        yield Problem(
                            f"{key}.{table}.{column}", f"is no column of {entity}; {hint}"
                        )
            ids = [name for name in COLUMNS[entity] if holds_ids(name)]
            for column in dialect.text_ids:
                if column not in ids:
                    hint = did_you_mean(column, ids)
                    yield Problem(
                        f"{key}.text_ids", f"names {shown(column)}, no column of ids; {hint}"
                    )
            if dialect.delimiter in (dialect.quote, dialect.escape):
                yield Problem(f"{key}.delimiter", "is its quote or its escape too; they differ.")

    def _folder_mistakes(self) -> Iterator[Problem]:
        """Files that two entities would read."""
        for entity in ENTITIES:
            if self.of(entity).folder is None:
                continue
            folder = self.folder(entity)
            for other in ENTITIES:
                theirs = self.folder(other)
                if other != entity and f"{folder}/".startswith(f"{theirs}/"):
                    problem = f"is {shown(folder)}, where the files of {other} are."
                elif other != entity and f"{theirs}/".startswith(f"{folder}/"):
                    problem = f"is {shown(folder)}, in which the folder of {other} is."
                else:
                    continue
                yield Problem(f"exports.{entity}.folder", f"{problem} Each has its own.")
                break


def holds_ids(column: str) -> bool:
    """Whether a column of ours holds ids, which may be texts."""
    return column.endswith("_id") and column not in _NO_IDS
