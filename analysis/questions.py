"""SQL that only asks: checked and run so that it cannot change anything, whoever wrote it.

Three things see to that. The connection is locked (`analysis.database`), so there is nothing but
published files to read. DuckDB would write to those, too, also in a WITH: no statement has a COPY.
And each is run inside of brackets, where nothing but a query can stand; EXPLAIN stands before them.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from analysis.database import quoted, verify_views
from pipelines.failures import Failure, UsageError

#: Rows that are fetched at a time.
BATCH = 10_000
_ASKING = ("SELECT", "MULTI")  # several statements: what PIVOT becomes
_NUMBERS = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)"
_SIMPLE = re.compile(rf"{_NUMBERS}|BOOLEAN|VARCHAR|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?")
_KEYWORD = duckdb.token_type.keyword
#: How the plan of a query is asked for; what follows stands in brackets, like every question.
_EXPLAIN = re.compile(r"EXPLAIN\b\s*(ANALYZE\b|\(\s*(ANALYZE|FORMAT)\b[\w\s,]*\))?", re.IGNORECASE)
_NESTED = re.compile(r"(.*\[\d*\]|STRUCT\(.*\)|MAP\(.*\))")


class NotAQuestion(UsageError):
    """A statement that would do something; the message says what can be done instead."""

    code = "bad_sql"


class BadSql(UsageError):
    """SQL with a mistake; the message is DuckDB's, with the place."""

    code = "bad_sql"
    is_verbatim = True


class SqlFailed(Failure):
    """SQL that is right, but could not be answered: too little memory or disk."""

    code = "sql_failed"
    is_verbatim = True


@dataclass(frozen=True)
class AnswerColumn:
    """A column of an answer: its name, as no other one is called, and DuckDB's type."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return re.fullmatch(_NUMBERS, self.type) is not None

    @property
    def is_simple(self) -> bool:
        """Whether other programs have the same type: not a list, a structure, an interval."""
        return _SIMPLE.fullmatch(self.type) is not None


@dataclass(frozen=True)
class Question:
    """A statement that was looked at and asks only.

    `explain` is how its plan is asked for, instead of its rows: EXPLAIN, maybe with options.
    """

    connection: duckdb.DuckDBPyConnection
    text: str
    columns: tuple[AnswerColumn, ...]
    explain: str = ""

    def rows(self) -> Generator[tuple[Any, ...], None, None]:
        """The rows of the answer, computed as they are taken; lists and structures stay.

        Raises duckdb.Error.
        """
        shown = [c.is_simple or _NESTED.fullmatch(c.type) is not None for c in self.columns]
        # A cursor of its own: others can ask before all rows were taken.
        with self.connection.cursor() as cursor:
            cursor.execute(self._projection(shown))
            while batch := cursor.fetchmany(BATCH):
                yield from batch

    def frame(self) -> pl.DataFrame:
        """The whole answer as other programs understand it: what is not simple is text.

        Raises duckdb.Error.
        """
        shown = [column.is_simple for column in self.columns]
        frame: pl.DataFrame = self.connection.sql(self._projection(shown)).pl()
        return frame

    def _projection(self, as_they_are: list[bool]) -> str:
        if self.explain:
            return f"{self.explain} FROM (\n{self.text}\n)"
        places = [f"c{place}" for place in range(len(self.columns))]
        values = ", ".join(
            f"{place if as_is else f'CAST({place} AS VARCHAR)'} AS {quoted(column.name)}"
            for place, column, as_is in zip(places, self.columns, as_they_are, strict=True)
        )
        return f"SELECT {values} FROM (\n{self.text}\n) AS answer({', '.join(places)})"


def questions(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The statements of a text, in order. Raises duckdb.Error, and NotAQuestion for others."""
    found = connection.extract_statements(text)
    for statement in found:
        if not _asks(connection, statement):
            raise NotAQuestion(_refusal(statement.query))
    return [_without_end(statement.query) for statement in found]


def look_at(connection: duckdb.DuckDBPyConnection, text: str) -> Question:
    """Understand a statement of `questions` without running it, and verify the files it reads.

    Raises Damaged, duckdb.Error.
    """
    explain = _EXPLAIN.match(text)
    query = text[explain.end() :] if explain else text
    verify_views(connection, query)
    described = connection.execute(f"DESCRIBE FROM (\n{query}\n)").fetchall()
    if explain:
        plan = tuple(AnswerColumn(name, "VARCHAR") for name in ("explain_key", "explain_value"))
        return Question(connection, query, plan, explain[0])
    return Question(
        connection, text, tuple(AnswerColumn(name, kind) for name, kind, *_ in described)
    )


@contextmanager
def understandable() -> Iterator[None]:
    """Say what DuckDB says is wrong with a question. Raises BadSql, SqlFailed."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException, duckdb.FatalException) as error:
        raise SqlFailed(_message(error)) from None
    except duckdb.Error as error:
        raise BadSql(_message(error)) from None


def _message(error: duckdb.Error) -> str:
    """What DuckDB says, with the place, but no number of a line.

    It would be the number in the statement that was made of the question.
    """
    return re.sub(r"^LINE \d+:", lambda line: " " * len(line[0]), str(error), flags=re.MULTILINE)


def _asks(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> bool:
    explain = _EXPLAIN.match(statement.query)
    if explain and _kind(statement) == "EXPLAIN":
        explained = connection.extract_statements(statement.query[explain.end() :])
        return len(explained) == 1 and _asks(connection, explained[0])
    return _kind(statement) in _ASKING and not _copies(statement.query)


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:
        # Python's interface does not know every statement that the engine knows.
        return "UNKNOWN"


def _copies(statement: str) -> bool:
    """Whether COPY stands anywhere in a statement, not in quotes: a WITH may write files, too."""
    data = statement.encode()
    words = [start for start, kind in duckdb.tokenize(statement) if kind == _KEYWORD]
    return any(re.match(rb"copy\b", data[start:], re.IGNORECASE) for start in words)


def _without_end(statement: str) -> str:
    """The statement without its semicolon; a comment behind it goes, too."""
    data = statement.encode()
    for start, kind in duckdb.tokenize(statement):
        if kind == duckdb.token_type.operator and data[start : start + 1] == b";":
            return data[:start].decode()
    return statement


def _refusal(statement: str, most: int = 60) -> str:
    line = " ".join(statement.split())
    shown = line if len(line) <= most else f"{line[:most]}..."
    return (
        f"Only questions can be asked here, and this is none: {shown}\n"
        "What is published never changes. A question begins with SELECT, FROM, WITH, PIVOT, "
        "DESCRIBE, SUMMARIZE, SHOW or EXPLAIN, and has no COPY (a column of that name stands in "
        "quotes)."
    )
