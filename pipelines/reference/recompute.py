"""Runs the rules, one SQL file after the other, in a DuckDB database of their own.

The database is a file and memory is bounded: what does not fit is on the disk. Plays are read some
days at a time. A sample needs the plays of its producers' tracks only, which is what costs.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
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
from pipelines.tables import ID

#: Plays that are read at once.
_PLAYS_AT_ONCE: Final = 4_000_000
_DAY: Final = timedelta(days=1)
_ROWS: Final = "SELECT *, file_index AS file FROM read_parquet($1, hive_partitioning = false)"
_PLAYS_OF_DAYS: Final = """
CREATE OR REPLACE TEMP TABLE play_rows AS
SELECT *, file_index AS file FROM read_parquet($1, hive_partitioning = false)
WHERE played_at >= $2 AND played_at < $3
"""
# A play that a later row moves to another track is one of the sample's too: it must not count.
_SAMPLED_PLAYS_OF_DAYS: Final = """
CREATE OR REPLACE TEMP TABLE play_rows AS
WITH
of_days AS (
    SELECT *, file_index AS file FROM read_parquet($1, hive_partitioning = false)
    WHERE played_at >= $2 AND played_at < $3
),
sampled_tracks AS (
    SELECT DISTINCT a.track_id FROM attribution AS a
    SEMI JOIN sample AS s ON a.producer_id = s.producer_id
),
sampled_plays AS (
    SELECT DISTINCT p.play_id, CAST(p.played_at AS date) AS day FROM of_days AS p
    SEMI JOIN sampled_tracks AS t ON p.track_id = t.track_id
)
SELECT p.* FROM of_days AS p
SEMI JOIN sampled_plays AS s ON p.play_id = s.play_id AND CAST(p.played_at AS date) = s.day
"""


@dataclass(frozen=True)
class Sample:
    """`producers` of all of them, the same ones for the same `seed`."""

    seed: str
    producers: int

    def of(self, producer_ids: Sequence[int]) -> list[int]:
        """Those of some ids that are in the sample."""

        def place(producer_id: int) -> bytes:
            return hashlib.sha256(f"{self.seed} {producer_id}".encode()).digest()

        return heapq.nsmallest(self.producers, producer_ids, key=place)


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
def recomputed(source: Source, sample: Sample | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every relation up to the scores of boards, as tables; `OF_EVERYBODY` are still to be run.

    With a sample, the relation `sample` has its producers, and only what is of them is right where
    plays have a part in it. Gone when the context ends. Raises OSError, duckdb.Error.
    """
    with scratch_folder(source.store.root / "work" / "reference") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": source.memory_limit
        }
        if source.threads:
            config["threads"] = source.threads
        with duckdb.connect(folder / "reference.duckdb", config=config) as connection:
            connection.execute("SET preserve_insertion_order = false")
            _bind(connection, source)
            run_rules(connection, BEFORE_PLAYS)
            if sample is not None:
                ids = [row[0] for row in connection.sql("FROM producers").fetchall()]
                chosen = pl.DataFrame({"producer_id": sample.of(ids)}, schema={"producer_id": ID})
                _create(connection, "sample", chosen)
            _count_plays(connection, source, sample is not None)
            run_rules(connection, UP_TO_SCORES)
            yield connection


def run_rules(connection: duckdb.DuckDBPyConnection, rules: Sequence[str]) -> None:
    """Make the relation of each file, in order. Raises duckdb.Error with the file in a note."""
    for rule in rules:
        try:
            relation = connection.sql(select_of(rule))
            if rule in OF_EACH_PLAY:
                relation.create_view(relation_of(rule))
            else:
                relation.create(relation_of(rule))
        except duckdb.Error as error:
            error.add_note(f"in sql/{rule}.sql")
            raise


def _bind(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Give the rules what they start from, plays aside."""
    small = small_relations(source.deliveries, source.rulebook, source.as_of)
    for name, frame in small.items():
        _create(connection, name, frame)
    for entity, name in ROWS.items():
        if entity == PLAYS:
            continue
        accepted = source.deliveries.accepted(entity)
        files = [str(source.store.root / d.rows_file) for d in accepted]
        if files:
            connection.register(name, connection.sql(_ROWS, params=[files]))
        else:
            _create(connection, name, no_rows(entity))


def _create(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a table with the rows of a frame: a view may refer to it."""
    connection.register("incoming", frame)
    connection.table("incoming").create(name)
    connection.unregister("incoming")


def _count_plays(connection: duckdb.DuckDBPyConnection, source: Source, is_sampled: bool) -> None:
    """Make `counted_plays`, some days at a time."""
    deduplicate, count = OF_DAYS
    connection.register("play_rows", no_rows(PLAYS))
    connection.sql(select_of(deduplicate)).create(relation_of(deduplicate))
    connection.sql(select_of(count)).create(relation_of(count))
    connection.unregister("play_rows")
    read = _SAMPLED_PLAYS_OF_DAYS if is_sampled else _PLAYS_OF_DAYS
    rows: Counter[date] = Counter()
    files: dict[date, list[int]] = {}
    accepted = source.deliveries.accepted(PLAYS)
    for place, delivery in enumerate(accepted):
        for text, (delivered, *_) in delivery.contribution.days.items():
            day = date.fromisoformat(text)
            rows[day] += delivered
            files.setdefault(day, []).append(place)
    for days in batches(sorted(rows.items()), _PLAYS_AT_ONCE):
        places = sorted({place for day in days for place in files[day]})
        paths = [str(source.store.root / accepted[place].rows_file) for place in places]
        connection.execute(read, [paths, days[0], days[-1] + _DAY])
        connection.execute("DELETE FROM deduplicated_plays")
        connection.sql(select_of(deduplicate)).insert_into(relation_of(deduplicate))
        connection.sql(select_of(count)).insert_into(relation_of(count))
