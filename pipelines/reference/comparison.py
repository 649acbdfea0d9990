"""Where published tables differ from what the rules give (specification, section 5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.reference.recompute import Source, recompute, rule_database, run_rules
from pipelines.reference.rules import HOLDERS, RANKS, relation_of, select_of
from pipelines.reference.sample import Sample, recompute_sample
from pipelines.tables import Table

#: What is compared, with what identifies a row: a rank that differs is a value of one row.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "inputs": ("entity",),
    "xp_ledger": ("producer_id", "day", "source"),
    "unlocks": ("producer_id", "achievement_id"),
    "level_ups": ("producer_id", "level"),
    "progress": ("producer_id",),
    "levels": ("level",),
    "achievements": ("achievement_id",),
    "leaderboard": ("category", "period", "producer_id"),
}
#: Those that follow from everybody's rows.
_OF_EVERYBODY: Final = ("achievements", "leaderboard")
#: Differences of a table that are shown.
SHOWN: Final = 10
_FILES: Final = "SELECT * FROM read_parquet($1, hive_partitioning = false)"
_ONLY_ONE: Final = """
CREATE OR REPLACE TEMP TABLE only_computed AS
SELECT * FROM computed EXCEPT ALL SELECT * FROM published;
CREATE OR REPLACE TEMP TABLE only_published AS
SELECT * FROM published EXCEPT ALL SELECT * FROM computed;
"""
_SCORES: Final = ("category", "period", "producer_id", "score")
#: What `inputs` tells of files, whatever is in force of their rows.
_OF_FILES: Final = ("entity", "files", "rejected_files", "rows_read", "rejected")

Key = tuple[Any, ...]
Values = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A row that is not the same: its key, and the columns in which it differs.

    `computed` or `published` is None if there is no such row there.
    """

    key: Values
    computed: Values | None
    published: Values | None


@dataclass(frozen=True)
class Comparison:
    """A table: how many of its published rows were compared, how many differ, the first ones."""

    table: str
    rows: int
    different: int
    first: list[Difference]


def compare_published(
    source: Source, published: Mapping[str, Sequence[Path]], sample: Sample | None = None
) -> Iterator[Comparison]:
    """Compute every table in KEYS by the rules alone, and compare it with its published files.

    With a sample, the rows of its producers are compared, and of `inputs` what the files say alone.
    What follows from everybody's unlocks and scores is computed from the published ones: how many
    have each achievement, and the ranks of one category. The sample's scores are compared as
    `board_scores`. Raises OSError, duckdb.Error.
    """
    with rule_database(source) as connection:
        relations = {table: _published(connection, table, published[table]) for table in KEYS}
        if sample is None:
            recompute(connection, source)
            for table, relation in relations.items():
                if table not in _OF_EVERYBODY:
                    yield _compare(connection, table, connection.table(table), relation)
            run_rules(connection, [*HOLDERS, *RANKS])
        else:
            recompute_sample(connection, source, sample, relations)
            yield from _compare_sample(connection, relations)
            connection.execute("DROP TABLE unlocks")
            connection.register("unlocks", relations["unlocks"])
            run_rules(connection, HOLDERS)
            boards = _rank_category(connection, relations["leaderboard"], sample.category)
            relations["leaderboard"] = boards
        for table in _OF_EVERYBODY:
            yield _compare(connection, table, connection.table(table), relations[table])


def _compare_sample(
    connection: duckdb.DuckDBPyConnection, relations: Mapping[str, duckdb.DuckDBPyRelation]
) -> Iterator[Comparison]:
    sampled = connection.table("sample")
    for table, relation in relations.items():
        if table in _OF_EVERYBODY:
            continue
        computed = connection.table(table)
        if table == "inputs":
            yield _compare(
                connection, table, computed.select(*_OF_FILES), relation.select(*_OF_FILES)
            )
        elif "producer_id" in KEYS[table]:
            of_sample = computed.join(sampled, "producer_id", how="semi")
            yield _compare(connection, table, of_sample, connection.table(f"published_{table}"))
        else:
            yield _compare(connection, table, computed, relation)
    computed = connection.table("board_scores").join(sampled, "producer_id", how="semi")
    scores = connection.table("published_leaderboard").filter("category <> 'overall'")
    yield _compare(connection, "board_scores", computed, scores.select(*_SCORES))


def _rank_category(
    connection: duckdb.DuckDBPyConnection,
    boards: duckdb.DuckDBPyRelation,
    category: str,
) -> duckdb.DuckDBPyRelation:
    """Rank one category from everybody's published scores; its published boards."""
    overall, ranks = RANKS
    scores = boards.filter("category <> 'overall'").select(*_SCORES)
    of_category = boards.filter(duckdb.ColumnExpression("category") == category)
    connection.execute("DROP TABLE board_scores")
    if category == "overall":
        connection.register("board_scores", scores)
        run_rules(connection, [overall])
        connection.register("board_scores", scores.limit(0))
    else:
        connection.register("board_scores", of_category.select(*_SCORES))
        connection.sql(select_of(overall)).limit(0).create(relation_of(overall))
    run_rules(connection, [ranks])
    return of_category


def _published(
    connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[Path]
) -> duckdb.DuckDBPyRelation:
    """The rows of a published table."""
    if not files:
        return connection.from_arrow(Table(table).empty.to_arrow())
    return connection.sql(_FILES, params=[[str(file) for file in files]])


def _compare(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    computed: duckdb.DuckDBPyRelation,
    published: duckdb.DuckDBPyRelation,
) -> Comparison:
    """Compare the columns that both have: another version may have published fewer."""
    key = KEYS["leaderboard" if table == "board_scores" else table]
    common = [name for name in computed.columns if name in published.columns]
    # The key comes first: rows are ordered by it.
    columns = [*key, *(name for name in common if name not in key)]
    sides = [relation.select(*columns) for relation in (computed, published)]
    # As many rows with the same sum of 64-bit hashes are the same rows; looking row by row is for
    # those that are not.
    digest = f"count(*), sum(hash({', '.join(columns)}))"
    [here], [there] = (side.aggregate(digest).fetchall() for side in sides)
    rows = there[0]
    if here == there:
        return Comparison(table, rows, 0, [])
    for name, side in zip(("computed", "published"), sides, strict=True):
        connection.register(name, side)
    connection.execute(_ONLY_ONE)
    found = {name: connection.table(name) for name in ("only_computed", "only_published")}
    keys = [relation.select(*key) for relation in found.values()]
    [(different,)] = keys[0].union(keys[1]).distinct().aggregate("count(*)").fetchall()
    first = [
        {tuple(row[: len(key)]): dict(zip(columns, row, strict=True)) for row in ordered}
        for ordered in (
            relation.order(", ".join(key)).limit(SHOWN).fetchall() for relation in found.values()
        )
    ]
    return Comparison(table, rows, different, list(_differences(key, *first)))


def _differences(
    key: Sequence[str], computed: Mapping[Key, Values], published: Mapping[Key, Values]
) -> Iterator[Difference]:
    """The first ones. Both mappings begin with the same keys, as far as they have them."""
    for values in sorted(computed.keys() | published.keys())[:SHOWN]:
        here, there = computed.get(values), published.get(values)
        named = dict(zip(key, values, strict=True))
        if here is None or there is None:
            yield Difference(named, here, there)
            continue
        columns = [name for name in here if here[name] != there[name]]
        yield Difference(
            named, {name: here[name] for name in columns}, {name: there[name] for name in columns}
        )
