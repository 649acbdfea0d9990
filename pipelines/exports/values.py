"""From the cells of a file to values: what is an integer, a number, a time, a filled field.

With `integers` and `times` the only place that knows how values are written, for all formats, a
whole column at a time. It says what a cell means and whether it means anything; which values are
good is said by the schemas.  (specification, section 1: values)
"""

import json
import re

import msgspec
import polars as pl

from pipelines.exports.cells import (
    NOT_BLANK,
    REPAIRED,
    WRONG_TYPE,
    Cells,
    Kind,
    absent,
    faults_where,
    no_faults,
)
from pipelines.exports.integers import (
    integers_from_floats,
    integers_from_integers,
    integers_from_text,
)
from pipelines.exports.text_ids import ids_from_text
from pipelines.exports.times import times_from_integers, times_from_text, times_from_typed

_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?$"
BLANK = " \t\r\n\x0b\x0c"
_ABOVE_WHITE_SPACE = "!"
#: How PostgreSQL writes an array without any element.
_EMPTY_ARRAY = "{}"
_TEXTS = msgspec.json.Decoder(list[str | None])
#: An escape of half of a surrogate pair, or of one of its halves.
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def from_text(kind: Kind, texts: pl.Series) -> Cells:
    """The values that are written as text; null = nothing is written."""
    if kind == "integer":
        return integers_from_text(texts)
    if kind == "text_id":
        return ids_from_text(texts)
    if kind == "number":
        written = texts.str.contains(_NUMBER)
        filled = written & texts.str.contains("[1-9]") & ~texts.str.starts_with("-")
        return Cells(filled.fill_null(False), faults_where(~written, WRONG_TYPE))
    if kind == "time":
        return times_from_text(texts)
    if kind == "text_or_list":
        return _filled_from_text(texts)
    if kind == "flag":
        is_set, is_not = texts == "true", texts == "false"
        return Cells(is_set.fill_null(True), faults_where(~(is_set | is_not), WRONG_TYPE))
    return Cells(texts)


def from_typed(kind: Kind, cells: pl.Series) -> Cells:
    """The values of a typed column, as Parquet files have them.

    Text in a column of integers, numbers or times counts as what is written there; a type that
    the kind does not know makes every cell that is not null bad. A NaN is null.
    """
    dtype = cells.dtype
    if dtype == pl.Null:
        return absent(kind, len(cells))
    if dtype == pl.String:
        return from_text(kind, cells)
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        return from_text(kind, cells.cast(pl.String))
    if kind == "text_id" and dtype.is_integer():
        return ids_from_text(cells.cast(pl.String))
    if kind in ("integer", "time") and (dtype.is_integer() or dtype.is_float()):
        read = integers_from_integers if dtype.is_integer() else integers_from_floats
        return read(cells) if kind == "integer" else times_from_integers(read(cells))
    if kind == "number" and dtype.is_integer():
        return Cells((cells > 0).fill_null(False))
    if kind == "number" and dtype.is_float():
        numbers = cells.fill_nan(None)
        return Cells(
            (numbers.is_finite() & (numbers > 0)).fill_null(False),
            faults_where(numbers.is_infinite(), WRONG_TYPE),
        )
    if kind == "time" and (dtype == pl.Date or isinstance(dtype, pl.Datetime)):
        return times_from_typed(cells)
    if kind == "text_or_list" and isinstance(dtype, (pl.List, pl.Array)):
        return _filled_from_lists(cells)
    nothing = absent(kind, len(cells)).values
    if dtype.is_float():
        cells = cells.fill_nan(None)
    return Cells(nothing, faults_where(cells.is_not_null(), WRONG_TYPE))


def _filled_from_text(texts: pl.Series) -> Cells:
    """Where a metadata field says something: text that is not blank, or a list with such a text."""
    filled = _not_blank(texts).fill_null(False)
    is_array = texts == _EMPTY_ARRAY
    arrays = (texts.str.starts_with("[") & texts.str.ends_with("]")) | is_array
    where = arrays.fill_null(False).arg_true()
    if not len(where):
        return Cells(filled)
    read, faults = zip(*map(_array, texts.gather(where)), strict=True)
    filled = filled.scatter(where, pl.Series(read))
    if not any(faults):
        return Cells(filled)
    return Cells(filled, no_faults(len(texts)).scatter(where, pl.Series(faults, dtype=pl.UInt8)))


def _array(text: str) -> tuple[bool, int]:
    """Whether a JSON array of texts and nulls holds one that is not blank, as other text does, and
    what is wrong with it.
    """
    if text == _EMPTY_ARRAY:
        return False, 0
    try:
        elements = _TEXTS.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return True, REPAIRED if _HALF_PAIR.search(text) and _are_texts(text) else 0
    return any(element and element.strip(BLANK) for element in elements), 0


def _are_texts(text: str) -> bool:
    """Whether a text is a JSON array of texts and nulls, also of texts that hold half of a pair."""
    try:
        elements = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return all(element is None or isinstance(element, str) for element in elements)


def _not_blank(texts: pl.Series) -> pl.Series:
    """Where text has anything but white space; null stays null."""
    # Most text begins with something that is above all white space.
    filled = texts >= _ABOVE_WHITE_SPACE
    doubtful = (~filled).fill_null(False).arg_true()
    if not len(doubtful):
        return filled
    return filled.scatter(doubtful, texts.gather(doubtful).str.contains(NOT_BLANK))


def _filled_from_lists(cells: pl.Series) -> Cells:
    if isinstance(cells.dtype, pl.Array):
        cells = cells.arr.to_list()
    elements = cells.dtype.inner if isinstance(cells.dtype, pl.List) else None
    if isinstance(elements, (pl.Categorical, pl.Enum)):
        cells = cells.cast(pl.List(pl.String))
    elif elements == pl.Null:
        return absent("text_or_list", len(cells))
    elif elements != pl.String:
        holds_others = cells.list.drop_nulls().list.len() > 0
        nothing = absent("text_or_list", len(cells)).values
        return Cells(nothing, faults_where(holds_others, WRONG_TYPE))
    filled = cells.list.eval(pl.element().str.contains(NOT_BLANK)).list.any()
    return Cells(filled.fill_null(False))
