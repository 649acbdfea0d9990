"""Whether values, as they stand in a file, can be read as a column of ours."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from pipelines.exports.json_values import Number
from pipelines.exports.reading import Reading
from pipelines.exports.schemas import fault_column
from pipelines.settings import Dialect
from pipelines.settings.dialect import holds_ids

NULLS: Final = (
    "NULL", "null", "None", "none", "nan", "NaN", "(null)", "<null>", "undefined", "N/A",
    "0000-00-00 00:00:00", "0000-00-00",
)  # fmt: skip
#: What these mean in whatever column they stand.
SURE_NULLS: Final = ("NULL", "(null)", "<null>", "undefined")
_TEXT_ID = re.compile(r"[A-Za-z0-9_:-]*[A-Za-z][A-Za-z0-9_:-]*|[0-9]{19,}")
WORDS: Final[dict[str, dict[str, str]]] = {
    "tracks.status": {
        **dict.fromkeys(("1", "true", "live", "public", "active", "released", "yes"), "published"),
        **dict.fromkeys(("0", "false", "private", "pending", "unpublished", "no"), "draft"),
        **dict.fromkeys(("deleted", "archived", "hidden", "2", "-1"), "removed"),
    },
    "producers.status": {
        **dict.fromkeys(("1", "true", "enabled", "verified", "ok", "yes"), "active"),
        **dict.fromkeys(("0", "false", "banned", "blocked", "disabled", "inactive"), "suspended"),
    },
    "producers.listed": {
        **dict.fromkeys(("1", "yes", "y", "t"), "true"),
        **dict.fromkeys(("0", "no", "n", "f"), "false"),
    },
}
#: How many of a column's values have to fit for a name to be taken for it.
_FITTING = 0.8


def misfits(entity: str, column: str, values: Sequence[Any], dialect: Dialect) -> list[Any]:
    """The values, other than null, that cannot be read as a column, or are not allowed in it."""
    written = [value for value in values if value is not None and value != ""]
    if not written:
        return []
    reading = Reading(entity, dialect)
    cells = reading.from_json(column, [as_json(value) for value in written])
    rules = [check for check in reading.schema.checks if str(check.name).startswith(f"{column}:")]
    faults = cells.faults if cells.faults is not None else pl.Series([0] * len(written))
    frame = pl.DataFrame({column: cells.values, fault_column(column): faults.cast(pl.UInt8)})
    bad = pl.Series([False] * len(written))
    for check in rules:
        good: pl.Expr = (check.statistics or {})["good"]
        if set(good.meta.root_names()) <= set(frame.columns):
            bad |= ~frame.select(good.alias("good")).to_series().fill_null(True)
    return [value for value, is_bad in zip(written, bad, strict=True) if is_bad]


def share_that_fits(
    entity: str, column: str, values: Iterable[Any], dialect: Dialect
) -> float | None:
    """How many of the values that are not null fit, from 0 to 1; None if there are none."""
    written = [value for value in values if value is not None and value != ""]
    if not written:
        return None
    return 1 - len(misfits(entity, column, written, dialect)) / len(written)


def as_json(value: Any) -> Any:
    """A value of a typed file as one of JSON would be."""
    if isinstance(value, float):
        return Number(repr(value)) if value == value and abs(value) != float("inf") else None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if value is None or isinstance(value, str | int | list | dict):
        return value
    return str(value)


def fits(entity: str, column: str, values: Sequence[Any], dialect: Dialect) -> bool:
    """Whether most values can be read as a column, perhaps after what is proposed for values."""
    words = WORDS.get(f"{entity}.{column}", {})
    values = [None if value in NULLS or value == "\\N" else value for value in values]
    values = [words.get(str(value).lower(), value) for value in values]
    if holds_ids(column):
        if are_text_ids(values):
            return True
        dialect = dialect.model_copy(update={"text_ids": ()})
    share = share_that_fits(entity, column, values, dialect)
    return share is None or share >= _FITTING


def are_text_ids(values: Sequence[Any]) -> bool:
    """Whether most values are words that are no numbers of ours."""
    written = [str(value) for value in values if value not in (None, "")]
    texts = [text for text in written if _TEXT_ID.fullmatch(text) and text not in NULLS]
    numbers = sum(text.isdecimal() and int(text) < 2**63 for text in written)
    return bool(texts) and len(texts) > numbers
