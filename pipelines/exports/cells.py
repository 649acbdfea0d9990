"""The cells of a column as they were read: values in its kind's type, and what is wrong with them.

(specification, section 1: values)
"""

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

Kind = Literal["integer", "text_id", "number", "time", "text", "text_or_list", "flag"]

DTYPES: Final[dict[Kind, pl.DataType]] = {
    "integer": pl.Int64(),
    # The integer that stands for a text.
    "text_id": pl.Int64(),
    # Of metadata fields, nothing but whether they are filled is ever used.
    "number": pl.Boolean(),
    "time": pl.Datetime("us"),
    "text": pl.String(),
    "text_or_list": pl.Boolean(),
    # Never null: true where nothing is written, false where it cannot be read.
    "flag": pl.Boolean(),
}

#: A character that makes a text say something.
NOT_BLANK: Final = r"[^ \t\r\n\x0b\x0c]"

# What is wrong with a cell that has no value although something is written there.
WRONG_TYPE: Final = 1
OUT_OF_RANGE: Final = 2
#: What was written is no text as it stands; the value is what can be kept of it.
REPAIRED: Final = 3


@dataclass(frozen=True)
class Cells:
    """A column's values in its kind's type, and what is wrong where there should be one.

    `faults` (UInt8: 0, WRONG_TYPE, OUT_OF_RANGE or REPAIRED; None = no fault). Where it is one of
    the first two the value is null (for metadata fields and flags, which have no nulls, a value
    that means nothing). `texts`: those that ids stand for.
    """

    values: pl.Series
    faults: pl.Series | None = None
    texts: pl.Series | None = None


def absent(kind: Kind, rows: int) -> Cells:
    """A column that the file does not have: nulls, metadata fields that are not filled, or flags
    that are set.
    """
    dtype = DTYPES[kind]
    nothing = pl.Series([kind == "flag" if dtype == pl.Boolean() else None], dtype=dtype)
    return Cells(nothing.new_from_index(0, rows))


def no_faults(rows: int) -> pl.Series:
    """The faults of a column in which nothing is wrong."""
    return pl.Series([0], dtype=pl.UInt8).new_from_index(0, rows)


def faults_where(where: pl.Series, fault: int) -> pl.Series | None:
    """Faults where the Boolean series is true; null = not."""
    if not where.any():
        return None
    return where.fill_null(False).cast(pl.UInt8) * pl.Series([fault], dtype=pl.UInt8)


def either(first: pl.Series | None, second: pl.Series | None) -> pl.Series | None:
    """The faults of both, of which no cell has two."""
    if first is None or second is None:
        return second if first is None else first
    return first + second


def merged(where: pl.Series, these: Cells, others: Cells) -> Cells:
    """These cells where the Boolean series is true, and elsewhere others of the same kind."""
    rows = len(where)
    faults = None
    if these.faults is not None or others.faults is not None:
        some, more = (no_faults(rows) if of.faults is None else of.faults for of in (these, others))
        faults = some.zip_with(where, more)
    texts = None
    if these.texts is not None and others.texts is not None:
        texts = these.texts.zip_with(where, others.texts)
    return Cells(these.values.zip_with(where, others.values), faults, texts)
