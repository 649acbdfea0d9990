"""How a table is declared: its columns, its key, and where it stands in the way of the data.

Times are UTC microseconds without a zone, days are UTC dates, quantities and points are 64-bit
integers (specification, sections 1 and 5).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import polars as pl

ID: Final = pl.Int64()
COUNT: Final = pl.Int64()
TIME: Final = pl.Datetime("us")
DAY: Final = pl.Date()
TEXT: Final = pl.String()
FLAG: Final = pl.Boolean()


class Column(NamedTuple):
    """A column: its name, its type, and what it holds, in a sentence."""

    name: str
    dtype: pl.DataType
    meaning: str


def identifier(name: str, meaning: str) -> Column:
    """A column of ids."""
    return Column(name, ID, meaning)


def count(name: str, meaning: str) -> Column:
    """A column of quantities, points or cents."""
    return Column(name, COUNT, meaning)


def time(name: str, meaning: str) -> Column:
    """A column of UTC times in microseconds, without a zone."""
    return Column(name, TIME, meaning)


def day(name: str, meaning: str) -> Column:
    """A column of UTC dates."""
    return Column(name, DAY, meaning)


def text(name: str, meaning: str) -> Column:
    """A column of texts."""
    return Column(name, TEXT, meaning)


def flag(name: str, meaning: str) -> Column:
    """A column that is true or false."""
    return Column(name, FLAG, meaning)


@dataclass(frozen=True)
class Declaration:
    """Everything that is known of a table but its rows.

    `row` says what a row is. `key` identifies a row, and is the order in which a published table is
    written. `step` names the step that makes the table, `inputs` the tables from which it is made.
    What is `internal` is remembered within its step: no other step reads it, and it is no asset.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    step: str = ""
    inputs: tuple[str, ...] = ()
    internal: bool = False

    @cached_property
    def schema(self) -> pl.Schema:
        """The columns' names and types, in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})
