"""Integers, as text, as floats and as whatever else files have them (specification, section 1)."""

import re
from typing import Final

import polars as pl

from pipelines.exports.cells import (
    OUT_OF_RANGE,
    WRONG_TYPE,
    Cells,
    faults_where,
    no_faults,
)

#: Beyond these a float may be another number than was written.
EXACT_FLOATS: Final = 2**53
_EXACT_32_BIT_FLOATS = 2**24
INT64_MAX: Final = 2**63 - 1
_INTEGER = re.compile(r"(-?)([0-9]+)(?:\.0+)?")
#: As pandas writes integers of which some are null.
_ZERO_FRACTION = r"^(-?[0-9]+)\.0+$"


def integers_from_text(texts: pl.Series) -> Cells:
    """Integers that are written as text."""
    # Polars' cast takes what the specification takes without a fraction, and a leading plus sign.
    values = texts.cast(pl.Int64, strict=False)
    plus = texts.str.starts_with("+")
    if plus.any():
        values = values.set(plus, None)
    unread = (values.is_null() & texts.is_not_null()).arg_true()
    if not len(unread):
        return Cells(values)
    whole = texts.gather(unread).str.extract(_ZERO_FRACTION).cast(pl.Int64, strict=False)
    values = values.scatter(unread, whole)
    unread = unread.filter(whole.is_null())
    if not len(unread):
        return Cells(values)
    read, faults = zip(*map(_integer, texts.gather(unread)), strict=True)
    return Cells(
        values.scatter(unread, pl.Series(read, dtype=pl.Int64)),
        no_faults(len(texts)).scatter(unread, pl.Series(faults, dtype=pl.UInt8)),
    )


def _integer(text: str) -> tuple[int | None, int]:
    number = _INTEGER.fullmatch(text)
    if number is None:
        return None, WRONG_TYPE
    # Python refuses to convert thousands of digits, which leading zeros can be.
    digits = number[2].lstrip("0")
    value = int(digits or "0") if len(digits) <= 19 else INT64_MAX + 2
    value = -value if number[1] else value
    return (value, 0) if -INT64_MAX - 1 <= value <= INT64_MAX else (None, OUT_OF_RANGE)


def integers_from_floats(cells: pl.Series) -> Cells:
    """Integers that are written as floats, as far as floats tell them apart; NaN = null."""
    most = float(_EXACT_32_BIT_FLOATS if cells.dtype == pl.Float32 else EXACT_FLOATS)
    numbers = cells.cast(pl.Float64).fill_nan(None)
    whole = (numbers == numbers.floor()) & (numbers.abs() < most)
    values = pl.select(pl.when(whole).then(numbers).cast(pl.Int64, strict=False)).to_series()
    return Cells(values, faults_where(~whole, WRONG_TYPE))


def integers_from_integers(cells: pl.Series) -> Cells:
    """Integers of any width, signed or not."""
    if cells.dtype == pl.Int64:
        return Cells(cells)
    values = cells.cast(pl.Int64, strict=False)
    return Cells(values, faults_where(values.is_null() & cells.is_not_null(), OUT_OF_RANGE))
