"""Results as files that people take elsewhere: CSV for spreadsheets, and Parquet."""

import re
from pathlib import Path

import polars as pl

from pipelines.store.atomic import atomic_file

#: A cell that begins so may be run as a formula when a spreadsheet opens it; some skip the spaces.
_FORMULA = r"^ *[=+\-@\t\r\n]"


def no_formula(text: str) -> str:
    """A text as a cell of a CSV file: behind an apostrophe if it could be taken for a formula."""
    return f"'{text}" if re.match(_FORMULA, text) else text


def write_csv(rows: pl.LazyFrame, path: Path) -> None:
    """Write rows as CSV that a spreadsheet can open: no cell is taken for a formula.

    What `no_formula` does to a text is done to every one, also to the name of a column.
    """
    text = pl.selectors.string()
    safe = pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep()
    header = {name: no_formula(name) for name in rows.collect_schema().names()}
    with atomic_file(path) as hidden:
        rows.with_columns(safe).rename(header).sink_csv(hidden)


def write_parquet(rows: pl.LazyFrame, path: Path) -> None:
    """Write rows as Parquet, values as they are."""
    with atomic_file(path) as hidden:
        rows.sink_parquet(hidden)
