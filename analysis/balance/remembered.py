"""What the store still knows of the refresh that gave a snapshot: plays, and who was to earn them.

Published tables hold no listeners and no gates. The store's working tables do, but only those of
the last refresh are kept, so they are used if, and only if, that refresh gave the very content of
the snapshot in question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
import polars as pl

from analysis.balance.listening import PLAY, DayOfPlays
from pipelines.activity.catalogue import Catalogue
from pipelines.activity.day_counts import ProducerPlays
from pipelines.activity.plays import CountedPlays, before, by_day, reading_groups, scan_rows
from pipelines.boards.leaderboard import Leaderboards
from pipelines.exports.dumps import Dumps
from pipelines.exports.ingest import Deliveries
from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.publication.inputs import Inputs
from pipelines.publication.manifest import Manifest
from pipelines.refresh import Request
from pipelines.snapshot import PublishedSnapshot
from pipelines.store.parts import Part
from pipelines.store.store import Store
from pipelines.tables import ID, Table, union


@dataclass(frozen=True)
class Untold:
    """A figure that cannot be told, and why, in a sentence."""

    why: str


@dataclass(frozen=True)
class Remembered:
    """The working tables of the refresh that gave a snapshot. `as_of` is that refresh's."""

    store: Store
    as_of: datetime
    deliveries: Deliveries
    dumps: Dumps
    catalogue: Catalogue
    counted: CountedPlays
    produced: ProducerPlays

    def read(self, table: Table) -> pl.DataFrame:
        """A working table."""
        return self.store.read(table)

    @property
    def track_plays(self) -> pl.LazyFrame:
        """Valid plays of each day and track: day, track_id, plays."""
        days = self.produced.days.values()
        return self.store.scan(union("track_plays", [day.track_plays for day in days]))

    def ids_of(self, column: str) -> pl.Series:
        """The ids of all listeners, or of all tracks, in any delivered play: ascending."""
        files = {file for day in self.counted.days.values() for file in day.files}
        ids = scan_rows(self.store, sorted(files), (column,)).drop_nulls().unique()
        return ids.sort(column).collect()[column] if files else pl.Series(dtype=ID)

    def plays(self) -> Iterator[DayOfPlays]:
        """All plays before as_of, valid or not (`listening.PLAY`), of each day in order.

        Where an export delivered a play again, the later row is given.
        """
        order = {d.rows_file: n for n, d in enumerate(self.deliveries.files["plays"])}
        days = self.counted.days
        for group in reading_groups(days, days):
            files = sorted({f for day in group for f in days[day].files}, key=order.__getitem__)
            first, end = (datetime.combine(day, time()) for day in (group[0], group[-1]))
            played_at = pl.col("played_at")
            rows = (
                scan_rows(self.store, files, ("play_id", "track_id", "played_at", "listener_id"))
                .filter(played_at >= first, played_at < end + timedelta(days=1))
                # In memory, since the order of rows decides which of two is the later.
                .collect(engine="in-memory")
            )
            for day, plays in sorted(by_day(rows, played_at.dt.date()).items()):
                if days[day].settled is not None:
                    plays = plays.unique("play_id", keep="last", maintain_order=True)
                counted = before(plays, self.counted.cut(day, self.as_of))
                yield day, counted.select(PLAY.names())


#: The steps that are asked, and those by which a snapshot is recognised.
_RESULTS: Mapping[str, type[msgspec.Struct]] = {
    "deliveries": Deliveries,
    "dumps": Dumps,
    "catalogue": Catalogue,
    "counted_plays": CountedPlays,
    "producer_plays": ProducerPlays,
    "inputs": Inputs,
    "progress": Progress,
    "xp_ledger": Ledger,
    "leaderboard": Leaderboards,
}


def recall(store: Store, snapshot: PublishedSnapshot) -> Remembered | Untold:
    """The working tables that belong to a snapshot, or why there are none."""
    request = store.load("request", Request)
    if request is None:
        return Untold(
            "The store keeps no working tables of this version of the program. Refresh, and "
            "report again."
        )
    results: dict[str, Any] = {
        name: store.load(name, kind, request.key) for name, kind in _RESULTS.items()
    }
    if None in results.values():
        return Untold("The last refresh did not come to its end. Refresh, and report again.")
    if request.rulebook != snapshot.manifest.rulebook or not _gave(results, snapshot.manifest):
        return Untold(
            "The store keeps the working tables of its last refresh only, and that gave another "
            "snapshot."
        )
    return Remembered(
        store,
        request.as_of,
        results["deliveries"],
        results["dumps"],
        results["catalogue"],
        results["counted_plays"],
        results["producer_plays"],
    )


def _gave(results: Mapping[str, Any], manifest: Manifest) -> bool:
    """Whether these results are the published content; a table without rows has a file that no
    result names.
    """
    parts: dict[str, list[Part]] = {
        **results["inputs"].parts,
        **results["progress"].parts,
        "xp_ledger": [day.part for day in results["xp_ledger"].days.values()],
        "leaderboard": results["leaderboard"].parts,
    }
    return all(
        {part.file for part in parts[name]} == {part.file for part in published if part.rows}
        or parts[name] == published
        for name, published in manifest.tables.items()
    )
