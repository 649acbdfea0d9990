"""What a snapshot rests on, as far as it concerns one producer: export rows by file and number.

Files hold far more than one producer's rows. They are read with a filter that the reader applies
as it goes, so that an answer costs about what looking through one or two columns does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec

import polars as pl

from analysis.laboratory import Derived
from pipelines.exports.dumps import Dump
from pipelines.exports.identity import key_columns
from pipelines.exports.ingest import Delivery
from pipelines.rulebook import Rulebook
from pipelines.run import Run
from pipelines.tables import CONTRIBUTIONS, COUNT, TEXT, Table

P = ParamSpec("P")

#: Where a row stands, beside its number: its file, and the file's place in the order of paths.
PLACE = {"file": TEXT, "place": COUNT}


def last_of_each(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The valid row of each identity: the later by path and row number.

    `rows`, as `Evidence.rows` gives them, hold all rows of each identity among them.
    """
    return rows.unique(list(key), keep="last", maintain_order=True)


def one_of(column: str, values: pl.Series) -> pl.Expr:
    """Whether a column has one of some values."""
    return pl.col(column).is_in(values.unique().implode())


@dataclass(frozen=True)
class Evidence:
    """A derived snapshot, asked about one producer."""

    derived: Derived
    producer_id: int
    _found: dict[object, pl.DataFrame] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The run that can read the results."""
        return self.derived.run

    @property
    def rulebook(self) -> Rulebook:
        """The rules that the snapshot was computed by."""
        return self.run.rulebook

    @property
    def as_of(self) -> datetime:
        """The snapshot's time: nothing dated at or after it counts. UTC without a zone."""
        return self.run.as_of

    @property
    def is_them(self) -> pl.Expr:
        """Whether a row names the producer."""
        return pl.col("producer_id") == self.producer_id

    def theirs(self, table: Table) -> pl.DataFrame:
        """The producer's rows of a working table."""
        return self.run.store.scan(table).filter(self.is_them).collect()

    def files(self, entity: str) -> list[Delivery]:
        """The export files of an entity, in the order of their paths."""
        files: list[Delivery] = self.derived.results["deliveries"].files[entity]
        return files

    def rows(
        self, entity: str, wanted: pl.Expr, files: Sequence[Delivery] | None = None
    ) -> pl.DataFrame:
        """The accepted rows of an entity that are wanted, of all its files or of some.

        The columns of CONTRIBUTIONS, `file` (a path below the entity's folder) and `place` (which
        of all files it is, from 0), by file and row number. Files of equal content are one in the
        store; each gives its rows.
        """
        meant = None if files is None else {d.path for d in files}
        read = [
            (str(self.run.store.root / d.rows_file), d.path, place)
            for place, d in enumerate(self.files(entity))
            if d.contribution.accepted and (meant is None or d.path in meant)
        ]
        schema = pl.Schema({**CONTRIBUTIONS[entity], **PLACE})
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

    # Dumps ------------------------------------------------------------------------------------

    def visible(self, entity: str) -> list[Dump]:
        """The dumps of an entity that are complete and not after as_of, the earliest first."""
        dumps: list[Dump] = self.derived.results["dumps"].dumps[entity]
        return [dump for dump in dumps if dump.complete and dump.stamp <= self.as_of]

    def files_of(self, entity: str, dumps: Sequence[Dump]) -> list[Delivery]:
        """The files of some dumps."""
        stamps = {dump.stamp for dump in dumps}
        return [d for d in self.files(entity) if d.stamp in stamps]

    def current(self, entity: str, wanted: pl.Expr) -> pl.DataFrame:
        """The valid rows of the dump in force. `wanted` takes whole identities."""
        files = self.files_of(entity, self.visible(entity)[-1:])
        return last_of_each(self.rows(entity, wanted, files), key_columns(entity))

    @cached_property
    def joined_at(self) -> datetime:
        """When the producer joined, by the dump in force."""
        joined: datetime = self.current("producers", self.is_them)["joined_at"][0]
        return joined

    @cached_property
    def credits(self) -> pl.DataFrame:
        """The producer's credits in the dump in force."""
        return self.current("credits", self.is_them)

    @cached_property
    def tracks(self) -> pl.DataFrame:
        """Tracks that the producer uploaded, is credited on, or uploaded until they vanished.

        The columns of CONTRIBUTIONS, `file`, `place`, `is_known` (whether the dump in force has
        the track; if not, only `track_id` is filled) and `is_uploader`. By track.
        """
        uploaded = self.theirs(self.derived.results["dumps"].tracks)["track_id"]
        mentioned = pl.concat([uploaded, self.credits["track_id"], self._once_uploaded])
        known = self.current("tracks", one_of("track_id", mentioned))
        return (
            pl.DataFrame({"track_id": mentioned.unique()})
            .join(known, on="track_id", how="left")
            .with_columns(
                pl.col("row").is_not_null().alias("is_known"),
                self.is_them.fill_null(False).alias("is_uploader"),
            )
            .filter(
                pl.col("is_uploader")
                | ~pl.col("is_known")
                | one_of("track_id", self.credits["track_id"])
            )
            .sort("track_id")
        )

    @cached_property
    def _once_uploaded(self) -> pl.Series:
        """Tracks that some visible dump says are the producer's."""
        files = self.files_of("tracks", self.visible("tracks"))
        return self.rows("tracks", self.is_them, files)["track_id"].unique()

    @cached_property
    def uploaded(self) -> pl.DataFrame:
        """The tracks that the dump in force says are theirs."""
        return self.tracks.filter("is_uploader")

    @cached_property
    def collaborators(self) -> pl.DataFrame:
        """Who collaborated on these tracks: track_id, producer_id, credited_at."""
        collaborators = self.run.store.scan(self.derived.results["catalogue"].collaborators)
        return collaborators.filter(one_of("track_id", self.tracks["track_id"])).collect()


def remembered(
    read: Callable[Concatenate[Evidence, P], pl.DataFrame],
) -> Callable[Concatenate[Evidence, P], pl.DataFrame]:
    """Read a table once for each evidence: several answers rest on the same rows."""

    @wraps(read)
    def read_once(evidence: Evidence, /, *args: P.args, **kwargs: P.kwargs) -> pl.DataFrame:
        key = (read.__name__, args, tuple(kwargs.items()))
        if key not in evidence._found:
            evidence._found[key] = read(evidence, *args, **kwargs)
        return evidence._found[key]

    return read_once
