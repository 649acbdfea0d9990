"""What a good row is: the columns of each entity and the rules for their values.

The only place that says so. From these Pandera schemas follow the required columns of a file, the
types of the rows that are kept, and the names and the order of the reasons for which rows are
rejected.  (specification, section 1: the table of columns)

A schema describes the rows of a file after their cells were read: each column has its kind's type,
and beside it stands a column of faults, which tells a cell with nothing in it from one with
something that cannot be read. The rules are checks of the whole frame, named "column:rule".
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from pipelines.exports.cells import DTYPES, OUT_OF_RANGE, WRONG_TYPE, Kind

_CALENDAR = (datetime(2000, 1, 1), datetime(2100, 1, 1))


class Identity(NamedTuple):
    """Rows that are equal in these columns are one thing (specification, section 1).

    `columns`: integers, the most telling first; `day_of`: a column with a time whose UTC date
    belongs to the identity too, if any.
    """

    columns: tuple[str, ...]
    day_of: str | None


class _ColumnRules(NamedTuple):
    column: pa.Column
    checks: list[pa.Check]


def fault_column(name: str) -> str:
    """The name of the column that says what is wrong with the cells of another."""
    return f"{name}:fault"


def kinds(schema: pa.DataFrameSchema) -> dict[str, Kind]:
    """The columns of an entity, in the specification's order, and how their cells are read."""
    return {name: _metadata(column)["kind"] for name, column in schema.columns.items()}


def required_columns(schema: pa.DataFrameSchema) -> tuple[str, ...]:
    """The columns that every CSV and Parquet file of an entity has."""
    return tuple(n for n, column in schema.columns.items() if _metadata(column)["required"])


def never_null(schema: pa.DataFrameSchema) -> set[str]:
    """The columns in which a kept row always has a value."""
    return {
        name
        for name, column in schema.columns.items()
        if _metadata(column)["required"] or DTYPES[_metadata(column)["kind"]] == pl.Boolean()
    }


def has_few_values(schema: pa.DataFrameSchema, name: str) -> bool:
    """Whether a column's values are from a given set."""
    return bool(_metadata(schema.columns[name])["allowed"])


def longest_texts(schema: pa.DataFrameSchema) -> dict[str, int]:
    """The columns whose texts are cut, and to how many code points."""
    longest = {name: _metadata(column)["longest"] for name, column in schema.columns.items()}
    return {name: most for name, most in longest.items() if most is not None}


def needed(schema: pa.DataFrameSchema, name: str) -> pl.Expr | bool:
    """The rows that a bad cell in this column makes bad: all, none, or those that need it."""
    metadata = _metadata(schema.columns[name])
    condition: pl.Expr | None = metadata["required_if"]
    return bool(metadata["required"]) if condition is None else condition


def time_column(schema: pa.DataFrameSchema) -> str | None:
    """The column with the time of an event; None for snapshot entities."""
    return (schema.metadata or {}).get("time")


def identity(schema: pa.DataFrameSchema) -> Identity:
    """What makes two rows of an entity the same thing, of which the later row is valid."""
    return (schema.metadata or {})["identity"]  # type: ignore[no-any-return]


def broken_rules(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
    """For each rule that is broken anywhere, in the schema's order: in which rows.

    The columns are named after the rules; the frame's columns must have their types. Most rules
    hold in most frames. They are found by a single query, since a check of its own for each rule
    takes longer than reading the file.
    """
    each_holds = [_good(check).all().alias(check.name) for check in schema.checks]
    # The streaming engine takes longer to start than most export files to read.
    hold = frame.lazy().select(each_holds).collect(engine="in-memory").row(0)
    masks = []
    for check, holds in zip(schema.checks, hold, strict=True):
        if not holds:
            output: pl.LazyFrame = check(frame.lazy()).check_output
            masks.append(~output.collect(engine="in-memory").to_series().alias(check.name))
    return pl.DataFrame(masks)


def _good(check: pa.Check) -> pl.Expr:
    return (check.statistics or {})["good"]  # type: ignore[no-any-return]


def _metadata(column: pa.Column) -> dict[str, Any]:
    return column.metadata or {}


def _holds(data: PolarsData, good: pl.Expr) -> pl.LazyFrame:
    return data.lazyframe.select(good)


def _column(
    name: str,
    kind: Kind,
    *,
    required: bool = False,
    required_if: pl.Expr | None = None,
    in_range: pl.Expr | None = None,
    of_length: pl.Expr | None = None,
    longest: int | None = None,
    allowed: Iterable[str] | None = None,
) -> _ColumnRules:
    """A column and its rules, in the order in which the first broken one is looked for.

    `required_if`: the rows that need it, where not all do. The other expressions say what
    holds for a good value, and nothing about null. Text of more than the `longest` code points is
    cut.
    """
    value, fault = pl.col(name), pl.col(fault_column(name))
    something = value.is_not_null() | (fault != 0)
    rules = {}
    if required:
        rules["required"] = something
    elif required_if is not None:
        rules["required"] = something | ~required_if
    rules["type"] = fault != WRONG_TYPE
    if in_range is not None:
        rules["range"] = (fault != OUT_OF_RANGE) & in_range.fill_null(True)
    if of_length is not None:
        rules["length"] = of_length.fill_null(True)
    if allowed is not None:
        rules["allowed"] = value.is_in(list(allowed)).fill_null(True)
    return _ColumnRules(
        pa.Column(
            DTYPES[kind],
            name=name,
            nullable=True,
            metadata={
                "kind": kind,
                "required": required,
                "required_if": required_if,
                "longest": longest,
                "allowed": allowed,
            },
        ),
        [pa.Check(_holds, name=f"{name}:{rule}", good=good) for rule, good in rules.items()],
    )


def _integer(
    name: str,
    least: int,
    most: int | None = None,
    *,
    required: bool = True,
    other_than: int | None = None,
) -> _ColumnRules:
    value = pl.col(name)
    good = value >= least if most is None else value.is_between(least, most)
    if other_than is not None:
        good &= value != other_than
    return _column(name, "integer", required=required, in_range=good)


def _id(name: str, *, required: bool = True) -> _ColumnRules:
    return _integer(name, 1, required=required)


def _time(name: str, *, required: bool = True, required_if: pl.Expr | None = None) -> _ColumnRules:
    good = pl.col(name).is_between(*_CALENDAR, closed="left")
    return _column(name, "time", required=required, required_if=required_if, in_range=good)


def _text(name: str, longest: int | None = None) -> _ColumnRules:
    """Required text: at least one character, and at most `longest` code points are kept."""
    good = pl.col(name).str.len_bytes() >= 1
    return _column(name, "text", required=True, of_length=good, longest=longest)


def _one_of(name: str, *allowed: str) -> _ColumnRules:
    return _column(name, "text", required=True, allowed=allowed)


def _schema(
    entity: str,
    *columns: _ColumnRules,
    identity: tuple[str, ...],
    time: str | None = None,
    within_day: bool = False,
) -> pa.DataFrameSchema:
    """`time`: when an event happened; `within_day`: its identity holds within its UTC day only."""
    return pa.DataFrameSchema(
        {str(rules.column.name): rules.column for rules in columns},
        checks=[check for rules in columns for check in rules.checks],
        name=entity,
        metadata={"time": time, "identity": Identity(identity, time if within_day else None)},
    )


SCHEMAS: Final[Mapping[str, pa.DataFrameSchema]] = {
    "producers": _schema(
        "producers",
        _id("producer_id"),
        _text("display_name", 200),
        _time("joined_at"),
        _integer("profile_completion", 0, 100),
        _one_of("status", "active", "suspended"),
        _id("user_id", required=False),
        _column("listed", "flag"),
        identity=("producer_id",),
    ),
    "tracks": _schema(
        "tracks",
        _id("track_id"),
        _id("producer_id"),
        _text("title", 300),
        _one_of("status", "draft", "published", "removed"),
        _time("published_at", required=False, required_if=pl.col("status").eq_missing("published")),
        _time("updated_at"),
        _column("artwork", "text_or_list"),
        _column("description", "text_or_list"),
        _column("genres", "text_or_list"),
        _column("tags", "text_or_list"),
        _column("musical_key", "text_or_list"),
        _column("scale", "text_or_list"),
        _column("collection", "text_or_list"),
        _column("bpm", "number"),
        identity=("track_id",),
    ),
    "credits": _schema(
        "credits",
        _id("track_id"),
        _id("producer_id"),
        _time("credited_at"),
        identity=("track_id", "producer_id"),
    ),
    "plays": _schema(
        "plays",
        _id("play_id"),
        _id("track_id"),
        _time("played_at"),
        _id("listener_id", required=False),
        _integer("seconds_played", 0, required=False),
        identity=("play_id",),
        time="played_at",
        within_day=True,
    ),
    "earnings": _schema(
        "earnings",
        _id("earning_id"),
        _id("producer_id"),
        _integer("amount_cents", -(10**12), 10**12),
        _time("earned_at"),
        _id("track_id", required=False),
        identity=("earning_id",),
        time="earned_at",
    ),
    "grants": _schema(
        "grants",
        _id("grant_id"),
        _id("producer_id"),
        _text("achievement_id"),
        _time("granted_at"),
        _column("granted_by", "text"),
        _column("note", "text"),
        identity=("grant_id",),
        time="granted_at",
    ),
    "adjustments": _schema(
        "adjustments",
        _id("adjustment_id"),
        _id("producer_id"),
        _integer("xp", -(10**9), 10**9, other_than=0),
        _time("adjusted_at"),
        _text("reason", 500),
        _column("adjusted_by", "text"),
        identity=("adjustment_id",),
        time="adjusted_at",
    ),
}
