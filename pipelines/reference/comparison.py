"""Where published tables differ from what the rules give (specification, section 5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.reference.recompute import Sample, Source, recomputed, run_rules
from pipelines.reference.rules import OF_EVERYBODY
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

    With a sample, only rows of its producers are compared, and of plays nothing in `inputs`. What
    follows from everybody's unlocks and scores is computed from the published ones, all of it; the
    sample's scores are compared as `board_scores`. Raises OSError.
    """
    with recomputed(source, sample) as connection:
        relations = {table: _published(connection, table, published[table]) for table in KEYS}
        scores = relations["leaderboard"].filter("category <> 'overall'").select(*_SCORES)
        for table in [table for table in KEYS if table not in _OF_EVERYBODY]:
            yield _compare(connection, table, relations[table], sample)
        if sample is not None:
            yield _compare(connection, "board_scores", scores, sample)
            for name, everybody in (("board_scores", scores), ("unlocks", relations["unlocks"])):
                connection.execute(f"DROP TABLE {name}")
                everybody.create(name)
        run_rules(connection, OF_EVERYBODY)
        for table in _OF_EVERYBODY:
            yield _compare(connection, table, relations[table])


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
    published: duckdb.DuckDBPyRelation,
    sample: Sample | None = None,
) -> Comparison:
    """Compare the columns that both have: another version may have published fewer.

    With a sample, only the rows that it can tell of.
    """
    key = KEYS["leaderboard" if table == "board_scores" else table]
    computed = connection.table(table)
    if sample is not None:
        computed, published = (_sampled(connection, every) for every in (computed, published))
    common = [name for name in computed.columns if name in published.columns]
    # The key comes first: rows are ordered by it.
    columns = [*key, *(name for name in common if name not in key)]
    connection.register("computed", computed.select(*columns))
    connection.register("published", published.select(*columns))
    connection.execute(_ONLY_ONE)
    [(rows,)] = published.aggregate("count(*)").fetchall()
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


def _sampled(
    connection: duckdb.DuckDBPyConnection, every: duckdb.DuckDBPyRelation
) -> duckdb.DuckDBPyRelation:
    """The rows of the sample's producers; of each entity, those of all but plays."""
    if "producer_id" in every.columns:
        return every.join(connection.table("sample"), "producer_id", how="semi")
    return every.filter("entity <> 'plays'") if "entity" in every.columns else every


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
