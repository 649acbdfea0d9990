"""What `[exports.<entity>]` says about the files of an entity, and one cell read by it.

Specification, section 1, "Exports that say things differently".
"""

from collections.abc import Mapping as Items
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from .cells import HALF_PAIR, BadCellError, Mended, Rounded, Uuid, is_blank
from .raw import PLAIN, Dialect


@dataclass(frozen=True)
class Mapping:
    """One table `[exports.<entity>]`; without arguments, that of an entity that has none."""

    folder: str | None = None
    columns: Items[str, str] = field(default_factory=dict)
    dialect: Dialect = PLAIN
    nulls: frozenset[str] = frozenset()
    values: Items[str, Items[str, str]] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    stamp: str | None = None
    text_ids: frozenset[str] = frozenset()

    def theirs(self, column: str) -> str:
        """The name, or the dotted path, under which files hold a column of ours."""
        return self.columns.get(column, column)

    def cell(self, row: dict[str, object], column: str) -> object:
        """The raw cell of a column of ours, after `nulls` and `values`."""
        cell = _found(row, self.theirs(column))
        if isinstance(cell, Uuid) and column in self.text_ids:
            cell = cell.text
        if isinstance(cell, str) and cell in self.nulls:
            return None
        spelled = _spelled(cell)
        return cell if spelled is None else self.values.get(column, {}).get(spelled, cell)


def mapping_of(table: Items[str, Any]) -> Mapping:
    """A table as TOML has it, already known to be valid."""
    header = table.get("header")
    return Mapping(
        folder=table.get("folder"),
        columns=table.get("columns", {}),
        dialect=Dialect(
            header=None if header is None else tuple(header),
            delimiter=table.get("delimiter", ","),
            quote=table.get("quote", '"'),
            escape=table.get("escape", ""),
        ),
        nulls=frozenset(table.get("nulls", ())),
        values={
            column: {theirs: _target(ours) for theirs, ours in words.items()}
            for column, words in table.get("values", {}).items()
        },
        zone=ZoneInfo(table["timezone"]) if "timezone" in table else None,
        stamp=table.get("stamp"),
        text_ids=frozenset(table.get("text_ids", ())),
    )


def id_of_text(text: str) -> int:
    """The first 63 bits of the SHA-256 of a text, or 1 if they are 0."""
    return (int.from_bytes(sha256(text.encode("utf-8")).digest()[:8], "big") >> 1) or 1


def parse_text_id(cell: object) -> object:
    """The id that a text stands for; an integer of JSON or Parquet is its decimal text."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        cell = str(cell)
    if not isinstance(cell, str) or is_blank(cell):
        raise BadCellError("type")
    text = HALF_PAIR.sub("\ufffd", cell)
    return id_of_text(text) if text == cell else Mended(id_of_text(text))


def _found(row: dict[str, object], name: str) -> object:
    """The cell of that name, or else at the end of that path; None where there is no way."""
    if name in row:
        return row[name]
    place: object = row
    for part in name.split("."):
        if not isinstance(place, dict) or part not in place:
            return None
        place = place[part]
    return place


def _target(ours: object) -> str:
    return ("false", "true")[ours] if isinstance(ours, bool) else str(ours)


def _spelled(cell: object) -> str | None:
    """A text as it is, a number or a boolean as JSON writes it; None for all else."""
    if isinstance(cell, Rounded):
        cell = cell.number
    if isinstance(cell, Decimal):
        if not cell.is_finite() or cell.copy_abs() >= 10**30:
            return None
        whole = cell == cell.to_integral_value()
        return str(int(cell)) if whole else f"{cell.normalize():f}"
    if isinstance(cell, bool | int):
        return _target(cell)
    return cell if isinstance(cell, str) else None
