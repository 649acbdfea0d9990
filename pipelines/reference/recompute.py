"""Runs the rules, one SQL file after the other, in a DuckDB database of their own.

The database is a file and memory is bounded: what does not fit is on the disk. Plays are read some
days at a time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import duckdb
import polars as pl

from pipelines.exports.ingest import PLAYS, Deliveries
from pipelines.reference.relations import ROWS, no_rows, small_relations
from pipelines.reference.rules import (
    BEFORE_PLAYS,
    BY_DAYS,
    OF_DAYS,
    OF_EACH_PLAY,
    UP_TO_SCORES,
    relation_of,
    select_of,
)
from pipelines.rulebook import Rulebook
from pipelines.run import batches
from pipelines.store.scratch import scratch_folder
from pipelines.store.store import Store

#: Plays that are read at once.
_PLAYS_AT_ONCE: Final = 4_000_000
_DAY: Final = timedelta(days=1)
_ROWS: Final = "SELECT *, file_index AS file FROM read_parquet($1, hive_partitioning = false)"
_OF_DAYS: Final = f"{_ROWS} WHERE played_at >= $2 AND played_at < $3"
#: Makes `play_rows` of `delivered_plays`, the accepted rows of some days.
_EVERY_PLAY: Final = ("CREATE OR REPLACE TEMP TABLE play_rows AS FROM delivered_plays",)


@dataclass(frozen=True)
class Source:
    """What is computed: a snapshot's export files and rules, and what it may take.

    `store` has the accepted rows of the files. `memory_limit` is a size such as "4GiB"; `threads` 0
    means all cores.
    """

    store: Store
    deliveries: Deliveries
    rulebook: Rulebook
    as_of: datetime
    memory_limit: str = "4GiB"
    threads: int = 0


@contextmanager
def rule_database(source: Source) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with what the rules start from, accepted rows aside.

    Gone when the context ends. Raises OSError, duckdb.Error.
    """
    with scratch_folder(source.store.root / "work" / "reference") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": source.memory_limit
        }
        if source.threads:
            config["threads"] = source.threads
        with duckdb.connect(folder / "reference.duckdb", config=config) as connection:
            connection.execute("SET preserve_insertion_order = false")
            small = small_relations(source.deliveries, source.rulebook, source.as_of)
            for name, frame in small.items():
                create(connection, name, frame)
            yield connection


def recompute(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make every relation up to the scores of boards; `HOLDERS` and `RANKS` are still
    to be run. Raises duckdb.Error.
    """
    for entity, name in ROWS.items():
        if entity != PLAYS:
            accepted_rows(connection, source, entity, name)
    run_rules(connection, BEFORE_PLAYS)
    count_plays(connection, source, [list(delivered_days(source))])
    run_rules(connection, UP_TO_SCORES)


def run_rules(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[str],
    then: Mapping[str, str] | None = None,
) -> None:
    """Make the relation of each file, in order. Raises duckdb.Error with the file in a note.

    `then` has statements that are executed after some of them.
    """
    for rule in rules:
        try:
            if rule in BY_DAYS:
                _add_up_by_days(connection, rule)
            else:
                kind = "VIEW" if rule in OF_EACH_PLAY else "TABLE"
                # A relation would be planned twice: to be described, and to be made.
                connection.execute(f"CREATE {kind} {relation_of(rule)} AS {select_of(rule)}")
            if then and rule in then:
                connection.execute(then[rule])
        except duckdb.Error as error:
            error.add_note(f"in sql/{rule}.sql")
            raise


def _add_up_by_days(connection: duckdb.DuckDBPyConnection, rule: str) -> None:
    """Make the relation of a rule whose rows are each of one day of `valid_plays`."""
    plays = connection.sql("SELECT CAST(played_at AS DATE), count(*) FROM counted_plays GROUP BY 1")
    statement = f"CREATE TABLE {relation_of(rule)} AS"
    for days in list(batches(sorted(plays.fetchall()), _PLAYS_AT_ONCE)) or [[date.min]]:
        # It stands before the view of all plays.
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW valid_plays AS SELECT * FROM reference.main.valid_plays "
            f"WHERE CAST(played_at AS DATE) BETWEEN DATE '{days[0]}' AND DATE '{days[-1]}'"
        )
        connection.execute(f"{statement} {select_of(rule)}")
        statement = f"INSERT INTO {relation_of(rule)}"
    connection.execute("DROP VIEW temp.valid_plays")


def accepted_rows(
    connection: duckdb.DuckDBPyConnection, source: Source, entity: str, name: str
) -> None:
    """Give the accepted rows of an entity, as they lie in their files, a name."""
    files = [str(source.store.path(d.rows_file)) for d in source.deliveries.accepted(entity)]
    if files:
        connection.register(name, connection.sql(_ROWS, params=[files]))
    else:
        create(connection, name, no_rows(entity))


def create(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a table with the rows of a frame: a view may refer to it."""
    connection.register("incoming", frame)
    connection.table("incoming").create(name)
    connection.unregister("incoming")


def delivered_days(source: Source) -> dict[date, int]:
    """How many accepted rows of plays there are of each day, in order."""
    rows: Counter[date] = Counter()
    for delivery in source.deliveries.accepted(PLAYS):
        for day, (delivered, *_) in delivery.contribution.days.items():
            rows[date.fromisoformat(day)] += delivered
    return dict(sorted(rows.items()))


def count_plays(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    stretches: Sequence[Sequence[date]],
    statements: Sequence[str] = _EVERY_PLAY,
) -> None:
    """Make `counted_plays` of the plays of some stretches of days with plays.

    The statements make `play_rows` of `delivered_plays`: all accepted rows of some of the days.
    """
    deduplicate, count = OF_DAYS
    connection.register("play_rows", no_rows(PLAYS))
    connection.sql(select_of(deduplicate)).create(relation_of(deduplicate))
    connection.sql(select_of(count)).create(relation_of(count))
    connection.unregister("play_rows")
    accepted = source.deliveries.accepted(PLAYS)
    files: dict[date, list[int]] = {}
    for place, delivery in enumerate(accepted):
        for day in delivery.contribution.days:
            files.setdefault(date.fromisoformat(day), []).append(place)
    rows = delivered_days(source)
    for stretch in stretches:
        for days in batches([(day, rows[day]) for day in stretch], _PLAYS_AT_ONCE):
            places = sorted({place for day in days for place in files[day]})
            paths = [str(source.store.path(accepted[place].rows_file)) for place in places]
            delivered = connection.sql(_OF_DAYS, params=[paths, days[0], days[-1] + _DAY])
            connection.register("delivered_plays", delivered)
            for statement in statements:
                connection.execute(statement)
            connection.execute("DELETE FROM deduplicated_plays")
            connection.sql(select_of(deduplicate)).insert_into(relation_of(deduplicate))
            connection.sql(select_of(count)).insert_into(relation_of(count))
