"""The rules are complete, in order, and documented."""

import re
from datetime import datetime
from pathlib import Path

import sqlglot
from sqlglot import exp

from analysis.explain.verdicts import RULES_OF_TABLES, RULES_OF_VERDICTS, VERDICTS
from pipelines.exports.ingest import Deliveries
from pipelines.reference.comparison import KEYS
from pipelines.reference.relations import ROWS, small_relations
from pipelines.reference.rules import RULES, relation_of, select_of
from pipelines.rulebook import load_rulebook
from pipelines.tables import CONTENT, PUBLISHED
from pipelines.version import SQL
from pipelines.vocabulary import ENTITIES

DOCUMENT = Path("docs/rules.md")
#: SQL files that state no rule.
NO_RULES = ("incremental", "explain")


def test_every_sql_file_is_a_rule_or_stands_apart() -> None:
    files = {path.relative_to(SQL).with_suffix("").as_posix() for path in SQL.rglob("*.sql")}
    assert {file for file in files if file.partition("/")[0] not in NO_RULES} == set(RULES)


def test_each_rule_reads_only_what_there_is_before_it() -> None:
    nothing = Deliveries({entity: [] for entity in ENTITIES}, [], [], "")
    rulebook = load_rulebook(Path("rules/beatpass.toml"))
    known = {*small_relations(nothing, rulebook, datetime(2026, 11, 1)), *ROWS.values()}
    unread = set(known)
    for rule in RULES:
        tree = sqlglot.parse_one(select_of(rule), read="duckdb")
        own = {cte.alias for cte in tree.find_all(exp.CTE)}
        read = {table.name for table in tree.find_all(exp.Table)} - own
        assert read <= known, f"{rule} reads {sorted(read - known)}"
        assert relation_of(rule) not in known, f"two files make {relation_of(rule)}"
        unread -= read
        known.add(relation_of(rule))
        unread.add(relation_of(rule))
    assert unread <= set(KEYS), "what no rule reads is published"


def test_every_published_table_is_compared_or_the_document_says_why_not() -> None:
    [said] = re.findall(r"^Of the published tables .*?\n\n", DOCUMENT.read_text(), re.M | re.S)
    assert set(re.findall(r"`(\w+)`", said)) == PUBLISHED.keys() - KEYS.keys()


def test_the_rules_give_every_column_that_is_published() -> None:
    for table in KEYS:
        [rule] = [rule for rule in RULES if relation_of(rule) == table]
        tree = sqlglot.parse_one(select_of(rule), read="duckdb")
        assert isinstance(tree, exp.Query)
        assert tree.named_selects == CONTENT[table].schema.names()


def test_every_rule_is_in_the_document_in_its_folder_and_every_link_leads_to_one() -> None:
    text = DOCUMENT.read_text()
    linked = re.findall(r"\[(\w+)\]\(\.\./sql/([\w/]+)\.sql\)", text)
    assert all(name == relation_of(rule) for name, rule in linked)
    assert sorted(rule for _, rule in linked) == sorted(RULES)


def test_every_relation_that_the_rules_start_from_is_in_the_document() -> None:
    nothing = Deliveries({entity: [] for entity in ENTITIES}, [], [], "")
    rulebook = load_rulebook(Path("rules/beatpass.toml"))
    given = small_relations(nothing, rulebook, datetime(2026, 11, 1))
    text = DOCUMENT.read_text()
    for name, frame in given.items():
        assert f"`{name}`" in text
        if not name.endswith("_before") and name != "metadata_rule":
            row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
            assert all(f"`{column}`" in row for column in frame.columns), name


def test_what_explain_names_as_the_rule_of_a_verdict_is_one() -> None:
    assert {*RULES_OF_TABLES.values(), *RULES_OF_VERDICTS.values()} <= set(RULES)
    assert {table for table, _ in RULES_OF_VERDICTS} <= set(RULES_OF_TABLES)
    assert {verdict for _, verdict in RULES_OF_VERDICTS} <= set(VERDICTS)
