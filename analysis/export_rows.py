"""The accepted rows of a snapshot's export files, by file and row number.

Files are read with a filter that the reader applies as it goes, so that an answer costs about what
looking through one or two columns does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from analysis.scenario import Derived
from pipelines.exports.dumps import Dump
from pipelines.exports.identity import key_columns
from pipelines.exports.ingest import Delivery
from pipelines.run import Run
from pipelines.tables import COUNT, EXPORT_ROWS, TEXT

#: Where a row stands, beside its number: its file, and the file's place in the order of paths.
PLACE = {"file": TEXT, "place": COUNT}


def last_of_each(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The valid row of each identity: the later by path and row number.

    `rows`, as `ExportRows.rows` gives them, hold all rows of each identity among them.
    """
    return rows.unique(list(key), keep="last", maintain_order=True)


def one_of(column: str, values: pl.Series) -> pl.Expr:
    """Whether a column has one of some values."""
    return pl.col(column).is_in(values.unique().implode())


def played_on(days: Collection[date]) -> pl.Expr:
    """Whether a play is of some days; the bounds let readers pass over whole groups of rows."""
    start, end = (datetime(day.year, day.month, day.day) for day in (min(days), max(days)))
    played = pl.col("played_at")
    within = (played >= start) & (played < end + pl.duration(days=1))
    return within if len(days) == 1 else within & played.dt.date().is_in(list(days))


@dataclass(frozen=True)
class ExportRows:
    """A derived snapshot, asked about the rows of the export files that it follows from."""

    derived: Derived

    @property
    def run(self) -> Run:
        """The run that can read the results."""
        return self.derived.run

    @property
    def as_of(self) -> datetime:
        """The snapshot's time: nothing dated at or after it counts. UTC without a zone."""
        return self.run.as_of

    def files(self, entity: str) -> list[Delivery]:
        """The export files of an entity, in the order of their paths."""
        files: list[Delivery] = self.derived.results["deliveries"].files[entity]
        return files

    def files_of_days(self, days: Collection[date]) -> list[Delivery]:
        """The plays files that hold any of some days."""
        names = {day.isoformat() for day in days}
        return [d for d in self.files("plays") if not names.isdisjoint(d.contribution.days)]

    def rows(
        self, entity: str, wanted: pl.Expr, files: Sequence[Delivery] | None = None
    ) -> pl.DataFrame:
        """The accepted rows of an entity that are wanted, of all its files or of some.

        The columns of EXPORT_ROWS, `file` (a path below the entity's folder) and `place` (which
        of all files it is, from 0), by file and row number. Files of equal content are one in the
        store; each gives its rows.
        """
        meant = None if files is None else {d.path for d in files}
        read = [
            (str(self.run.store.path(d.rows_file)), d.path, place)
            for place, d in enumerate(self.files(entity))
            if d.contribution.accepted and (meant is None or d.path in meant)
        ]
        schema = pl.Schema({**EXPORT_ROWS[entity].schema, **PLACE})
        if not read:
            return pl.DataFrame(schema=schema)
        places = pl.DataFrame(read, schema={"path": TEXT, **PLACE}, orient="row")
        paths = places["path"].unique(maintain_order=True).to_list()
        found = (
            pl.scan_parquet(paths, hive_partitioning=False, glob=False, include_file_paths="path")
            .filter(wanted)
            # For many small files, starting the streaming engine takes longer than reading them.
            .collect(engine="in-memory")
        )
        return found.join(places, on="path").select(schema.names()).sort("place", "row")

    def visible(self, entity: str) -> list[Dump]:
        """The dumps of an entity that are complete and not after as_of, the earliest first."""
        dumps: list[Dump] = self.derived.results["dumps"].dumps[entity]
        return [dump for dump in dumps if dump.complete and dump.stamp <= self.as_of]

    def files_of(self, entity: str, dumps: Sequence[Dump]) -> list[Delivery]:
        """The files of some dumps."""
        stamps = {dump.stamp for dump in dumps}
        return [d for d in self.files(entity) if d.stamp in stamps]

    def in_force(self, entity: str, wanted: pl.Expr) -> pl.DataFrame:
        """The rows of the dump in force, also those that a later one of it replaced."""
        return self.rows(entity, wanted, self.files_of(entity, self.visible(entity)[-1:]))

    def current(self, entity: str, wanted: pl.Expr) -> pl.DataFrame:
        """The valid rows of the dump in force. `wanted` takes whole identities."""
        return last_of_each(self.in_force(entity, wanted), key_columns(entity))

    def winners_of_plays(self, plays: pl.DataFrame) -> pl.DataFrame:
        """The valid row of each of some plays, as far as plays of its day come more than once.

        The columns of `rows` and `day`.
        """
        counted = self.derived.results["counted_plays"].days
        days = plays["played_at"].dt.date().unique()
        repeated = [day for day in days if counted[day].delivered > counted[day].rows]
        day = pl.col("played_at").dt.date().alias("day")
        if not repeated:
            return self.rows("plays", pl.lit(False), []).with_columns(day)
        suspects = plays.filter(played_on(repeated))
        rivals = self.rows(
            "plays",
            played_on(repeated) & one_of("play_id", suspects["play_id"]),
            self.files_of_days(repeated),
        )
        return last_of_each(rivals.with_columns(day), ("play_id", "day"))
