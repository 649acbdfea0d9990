"""The seven entities: their columns in order, and one raw row as a row of values (section 1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from .cells import (
    INT64_MAX,
    BadCellError,
    Mended,
    parse_choice,
    parse_flag,
    parse_integer,
    parse_number,
    parse_text,
    parse_text_or_list,
)
from .mappings import Mapping, parse_text_id
from .times import parse_time

Row: TypeAlias = dict[str, Any]
Parse: TypeAlias = Callable[[object], object]

METADATA_FIELDS = (
    "artwork",
    "description",
    "genres",
    "tags",
    "musical_key",
    "scale",
    "collection",
    "bpm",
)


@dataclass(frozen=True)
class Entity:
    """Columns in the order in which a row is checked, the time of an event, and its identity."""

    name: str
    columns: dict[str, Parse]
    optional: frozenset[str]
    key: tuple[str, ...]
    time: str | None = None

    @property
    def required(self) -> list[str]:
        """The columns marked `*`, which every CSV and Parquet file must have."""
        return [column for column in self.columns if column not in self.optional]


class BadRowError(Exception):
    """A row that is rejected; `reason` is `column:fault`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _integer(low: int, high: int, *, zero: bool = True) -> Parse:
    return lambda cell: parse_integer(cell, low, high, zero=zero)


def _text(shortest: int = 0, longest: int | None = None) -> Parse:
    return lambda cell: parse_text(cell, shortest, longest)


def _choice(*allowed: str) -> Parse:
    return lambda cell: parse_choice(cell, allowed)


_IDENTIFIER = _integer(1, INT64_MAX)

ENTITIES = {
    entity.name: entity
    for entity in (
        Entity(
            "producers",
            {
                "producer_id": _IDENTIFIER,
                "display_name": _text(1, 200),
                "joined_at": parse_time,
                "profile_completion": _integer(0, 100),
                "status": _choice("active", "suspended"),
                "user_id": _IDENTIFIER,
                "listed": parse_flag,
            },
            frozenset({"user_id", "listed"}),
            ("producer_id",),
        ),
        Entity(
            "tracks",
            {
                "track_id": _IDENTIFIER,
                "producer_id": _IDENTIFIER,
                "title": _text(1, 300),
                "status": _choice("draft", "published", "removed"),
                "published_at": parse_time,
                "updated_at": parse_time,
            }
            | dict.fromkeys(METADATA_FIELDS, parse_text_or_list)
            | {"bpm": parse_number},
            frozenset({"published_at", *METADATA_FIELDS}),
            ("track_id",),
        ),
        Entity(
            "credits",
            {"track_id": _IDENTIFIER, "producer_id": _IDENTIFIER, "credited_at": parse_time},
            frozenset(),
            ("track_id", "producer_id"),
        ),
        Entity(
            "plays",
            {
                "play_id": _IDENTIFIER,
                "track_id": _IDENTIFIER,
                "played_at": parse_time,
                "listener_id": _IDENTIFIER,
                "seconds_played": _integer(0, INT64_MAX),
            },
            frozenset({"listener_id", "seconds_played"}),
            ("play_id",),
            "played_at",
        ),
        Entity(
            "earnings",
            {
                "earning_id": _IDENTIFIER,
                "producer_id": _IDENTIFIER,
                "amount_cents": _integer(-(10**12), 10**12),
                "earned_at": parse_time,
                "track_id": _IDENTIFIER,
            },
            frozenset({"track_id"}),
            ("earning_id",),
            "earned_at",
        ),
        Entity(
            "grants",
            {
                "grant_id": _IDENTIFIER,
                "producer_id": _IDENTIFIER,
                "achievement_id": _text(1),
                "granted_at": parse_time,
                "granted_by": _text(),
                "note": _text(),
            },
            frozenset({"granted_by", "note"}),
            ("grant_id",),
            "granted_at",
        ),
        Entity(
            "adjustments",
            {
                "adjustment_id": _IDENTIFIER,
                "producer_id": _IDENTIFIER,
                "xp": _integer(-(10**9), 10**9, zero=False),
                "adjusted_at": parse_time,
                "reason": _text(1, 500),
                "adjusted_by": _text(),
            },
            frozenset({"adjusted_by"}),
            ("adjustment_id",),
            "adjusted_at",
        ),
    )
}


_PLAIN = Mapping()


def row_of(entity: Entity, raw: dict[str, object]) -> Row:
    """The values of one row; BadRowError with the first failing column in the table's order."""
    return read_row(entity, raw)[0]


def read_row(
    entity: Entity, raw: dict[str, object], mapping: Mapping = _PLAIN
) -> tuple[Row, list[str]]:
    """The values of one row, and the columns of its bad cells; errors as of `row_of`."""
    row: Row = {}
    bad: list[str] = []
    for column, parse in entity.columns.items():
        required = column not in entity.optional
        if entity.name == "tracks" and column == "published_at":
            required = row["status"] == "published"
        cell = mapping.cell(raw, column)
        if cell is None:
            if required:
                raise BadRowError(f"{column}:required")
            row[column] = True if parse is parse_flag else None
            continue
        try:
            if column in mapping.text_ids:
                value: object = parse_text_id(cell)
            elif parse is parse_time:
                value = parse_time(cell, mapping.zone)
            else:
                value = parse(cell)
        except BadCellError as error:
            if required:
                raise BadRowError(f"{column}:{error.fault}") from None
            row[column] = False if parse is parse_flag else None
            bad.append(column)
            continue
        if isinstance(value, Mended):
            value = value.value
            bad.append(column)
        row[column] = value
    return row, bad
