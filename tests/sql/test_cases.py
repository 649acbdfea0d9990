"""Each SQL file that states a rule gives what its cases expect.

The cases of `sql/<folder>/<rule>.sql` stand in `tests/sql/<folder>/<rule>.yaml`: by name, the rows
that are `given`, by relation, and the rows that the file is to `give`. Only columns that matter are
written, in any order of rows; what is not written is null, a relation that is not named is empty.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.exports.ingest import Deliveries
from pipelines.reference.relations import CONTINUED, ROWS, no_rows, small_relations
from pipelines.reference.rules import RULES, relation_of, select_of
from pipelines.rulebook import load_rulebook
from pipelines.vocabulary import ENTITIES

HERE = Path(__file__).parent
CASES = {
    f"{path.relative_to(HERE).with_suffix('')}: {name}": (path, name)
    for path in sorted(HERE.rglob("*.yaml"))
    for name in yaml.safe_load(path.read_text())
}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with every relation, all of them empty: their types are those of the rules."""
    rulebook = load_rulebook(HERE.parents[1] / "rules/beatpass.toml")
    nothing = Deliveries({entity: [] for entity in ENTITIES}, [], [], "")
    with duckdb.connect() as connection:
        given = small_relations(nothing, rulebook, datetime(2026, 11, 1))
        for name, frame in (given | {ROWS[entity]: no_rows(entity) for entity in ROWS}).items():
            connection.register("incoming", frame.clear())
            connection.table("incoming").create(name)
        for rule in RULES:
            connection.sql(select_of(rule)).limit(0).create(relation_of(rule))
        yield connection


@pytest.mark.parametrize("case", CASES)
def test_a_rule_gives_what_is_expected(case: str, connection: duckdb.DuckDBPyConnection) -> None:
    path, name = CASES[case]
    rule = path.relative_to(HERE).with_suffix("").as_posix()
    said = yaml.safe_load(path.read_text())[name]
    connection.begin()
    try:
        for relation, rows in said["given"].items():
            for row in rows:
                places = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {relation} ({', '.join(row)}) VALUES ({places})",
                    list(row.values()),
                )
        found = connection.sql(select_of(rule))
        got = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    finally:
        connection.rollback()
    expected: Rows = said["gives"]
    columns = list(expected[0]) if expected else []
    assert in_order([{name: row[name] for name in columns} for row in got]) == in_order(expected)


def in_order(rows: Rows) -> Rows:
    """Rows in an order that follows from their values."""
    return sorted(rows, key=lambda row: [(value is not None, str(value)) for value in row.values()])


def test_every_rule_has_cases_and_every_case_a_rule() -> None:
    with_cases = {path.relative_to(HERE).with_suffix("").as_posix() for path, _ in CASES.values()}
    assert with_cases == set(RULES)
    assert set(CONTINUED.values()) <= {relation_of(rule) for rule in RULES}
