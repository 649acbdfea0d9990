"""What a snapshot rests on, as far as it concerns one producer: export rows by file and number."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec

import polars as pl

from analysis.export_rows import ExportRows, one_of
from pipelines.published.text_ids import texts_of, with_texts
from pipelines.rulebook import Rulebook
from pipelines.tables import Table

P = ParamSpec("P")


@dataclass(frozen=True)
class Evidence(ExportRows):
    """A derived snapshot, asked about one producer."""

    producer_id: int
    _found: dict[object, pl.DataFrame] = field(default_factory=dict)

    @property
    def rulebook(self) -> Rulebook:
        """The rules that the snapshot was computed by."""
        return self.run.rulebook

    @property
    def is_them(self) -> pl.Expr:
        """Whether a row names the producer."""
        return pl.col("producer_id") == self.producer_id

    def theirs(self, table: Table) -> pl.DataFrame:
        """The producer's rows of a working table."""
        return self.run.store.scan(table).filter(self.is_them).collect()

    def with_texts(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the texts that their ids stand for."""
        return with_texts(rows, self.derived.snapshot)

    def told_producer(self, producer_id: int) -> str:
        """A producer in a sentence, by the text of the id where it stands for one."""
        return f"producer {self._spelled('producers', producer_id)}"

    def told_track(self, track_id: int) -> str:
        """A track in a sentence."""
        return f"track {self._spelled('tracks', track_id)}"

    def _spelled(self, entity: str, number: int) -> str:
        return texts_of(self.derived.snapshot, entity, [number]).get(number, str(number))

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

        The columns of EXPORT_ROWS, `file`, `place`, `is_known` (whether the dump in force has
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
