"""Every SQL file stays inside what was found to mean the same on DuckDB and on Spark.

`docs/sql.md` says what is left out and why; this list is what is used.
"""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

SQL = Path(__file__).parents[2] / "sql"
FILES = sorted(SQL.rglob("*.sql"))

ALLOWED = {
    # Shape of a query
    "Select", "From", "Table", "TableAlias", "Alias", "Identifier", "Column", "Star", "With", "CTE",
    "Subquery", "Paren", "Join", "Where", "Group", "Having", "Order", "Ordered", "Qualify",
    "Distinct", "Union", "Except",
    # Values
    "Literal", "Null", "Boolean", "Cast", "DataType", "Interval", "Var",
    # Integer arithmetic and comparison
    "Add", "Sub", "Mul", "IntDiv", "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "Is", "In", "Not",
    "And", "Or", "Case", "If", "Coalesce", "Greatest", "Least",
    # Aggregates and windows
    "Count", "Sum", "Min", "Max", "ArgMin", "ArgMax", "Filter", "Window", "WindowSpec", "RowNumber",
    "Rank", "Lag", "Lead",
    # Time
    "TimestampTrunc",
}  # fmt: skip

#: Types that both engines have; sums are cast back to bigint, since DuckDB widens them.
TYPES = {"BIGINT", "DATE", "TIMESTAMPNTZ"}


def parse(path: Path) -> exp.Query:
    statements = sqlglot.parse(path.read_text(), read="duckdb")
    assert len(statements) == 1, "one SELECT per file"
    assert isinstance(statements[0], exp.Query), "a SELECT"
    return statements[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SQL).as_posix())
def test_only_what_both_engines_understand_alike(path: Path) -> None:
    tree = parse(path)
    used = {type(node).__name__ for node in tree.walk()}
    assert used <= ALLOWED, f"not known to be safe: {sorted(used - ALLOWED)}"
    assert {str(node) for node in tree.find_all(exp.DataType)} <= TYPES
    for interval in tree.find_all(exp.Interval):
        assert interval.text("unit").upper() == "DAY", "shorter intervals are errors on Spark"
    for trunc in tree.find_all(exp.TimestampTrunc):
        assert trunc.text("unit").upper() in ("WEEK", "MONTH")


def test_all_that_is_allowed_is_used() -> None:
    used = [list(parse(path).walk()) for path in FILES]
    assert {type(node).__name__ for nodes in used for node in nodes} == ALLOWED
    types = {str(node) for nodes in used for node in nodes if isinstance(node, exp.DataType)}
    assert types == TYPES


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SQL).as_posix())
def test_the_header_names_the_grain_and_spark_has_a_way_to_say_it(path: Path) -> None:
    text = path.read_text()
    header = [line for line in text.splitlines() if line.startswith("--")]
    assert header, "a header says what a row is"
    assert text.startswith("--")
    assert "Grain: " in " ".join(header)
    sqlglot.transpile(text, read="duckdb", write="spark")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SQL).as_posix())
def test_sums_do_not_leave_64_bits(path: Path) -> None:
    """DuckDB sums to 128 bits, Spark to 64: a published sum is cast on its way out."""
    tree = parse(path)
    outer = tree.selects
    for column in outer:
        if column.find(exp.Sum):
            assert isinstance(column.unalias(), exp.Cast), column.sql()
