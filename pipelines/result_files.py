"""Results as files that people take elsewhere: CSV for spreadsheets, and Parquet."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl

#: A cell that begins with one of these may be run as a formula when a spreadsheet opens it.
FORMULA = r"^[=+\-@\t\r\n]"


def write_csv(rows: pl.LazyFrame, path: Path) -> None:
    """Write rows as CSV that a spreadsheet can open: no cell is taken for a formula.

    A text that begins with = + - @, a tab or a line end gets a leading apostrophe, also as the
    name of a column.
    """
    text = pl.selectors.string()
    safe = pl.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep()
    names = pl.Series(rows.collect_schema().names(), dtype=pl.String)
    header = dict(zip(names, names.str.replace(f"({FORMULA})", "'$1"), strict=True))
    _replace(path, lambda unfinished: rows.with_columns(safe).rename(header).sink_csv(unfinished))


def write_parquet(rows: pl.LazyFrame, path: Path) -> None:
    """Write rows as Parquet, values as they are."""
    _replace(path, rows.sink_parquet)


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there when it is complete."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
