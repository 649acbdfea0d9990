"""Reading a published snapshot: what command line, dashboard and notebooks show of it.

Every function reads only the columns and rows that it returns, from the explicit files of one
snapshot, so that all numbers of a page come from the same refresh (specification, section 5).
Times are UTC without a zone.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipelines.boards.periods import last_day
from pipelines.failures import UsageError
from pipelines.publication.manifest import Manifest, find_current
from pipelines.publication.manifest import Snapshot as SnapshotRow
from pipelines.published.named import named
from pipelines.published.text_ids import id_of_text, spelled, with_texts
from pipelines.store.checksums import verify
from pipelines.tables import PUBLISHED
from pipelines.vocabulary import SOURCES

#: What a metric's threshold is compared with, as a column of `progress`. Levels are compared in
#: XP, since that is what grows; `joined_before` and `granted` do not grow.
_DONE = {
    "uploads": "uploads",
    "complete_tracks": "complete_tracks",
    "collaborations": "collaborations",
    "plays": "plays",
    "partners": "partners",
    "track_plays": "best_track_plays",
    "day_plays": "best_day_plays",
    "upload_streak": "best_upload_streak",
    "earnings": "earnings_cents",
    "level": "total_xp",
}

#: Columns of `progress` that say who it is, or what is still ahead.
_NOT_ACTIVITY = {
    "producer_id",
    "producer_text_id",
    "display_name",
    "status",
    "listed",
    "level",
    "level_title",
    "level_min_xp",
    "next_level_xp",
    "xp_to_next",
    "progress_percent",
    "achievements_locked",
    # Some come with joining. Those that are worth XP show in `achievement_xp`.
    "achievements_unlocked",
}


#: Names that are compared with a misspelt one letter by letter, and how many pairs of its letters
#: find them.
_COMPARED = 100
_PAIRS = 24


class NotFoundError(UsageError):
    """What was asked for is not there; the message says what there is instead."""

    code = "not_found"


class UnknownProducer(NotFoundError):
    """No producer has the id or the display name that was asked for."""

    code = "unknown_producer"


class AmbiguousProducer(NotFoundError):
    """Several producers have the display name that was asked for."""

    code = "ambiguous_producer"


@dataclass(frozen=True)
class PublishedSnapshot:
    """A snapshot that is open for reading: the store's folder and the snapshot's manifest.

    `fault` says what was wrong with how the published one was found (None: nothing).
    """

    root: Path
    manifest: Manifest
    fault: str | None = None

    @property
    def row(self) -> SnapshotRow:
        """The row of the table `snapshot`."""
        return self.manifest.snapshot

    def scan(self, table: str, partitions: Iterable[str] | None = None) -> pl.LazyFrame:
        """A published table, or some of its partitions, with the columns of `tables.PUBLISHED`.

        A table that another version of the program did not have has no rows. Raises Damaged.
        """
        wanted = None if partitions is None else set(partitions)
        paths = [
            self.root / part.file
            for part in self.manifest.parts(table)
            if wanted is None or part.partition in wanted
        ]
        if not paths:
            return pl.LazyFrame(schema=PUBLISHED[table].schema)
        return read_published(paths, table)

    def paths(self, table: str) -> list[Path]:
        """The absolute paths of a table's files, in order. Raises Damaged."""
        paths = self.manifest.paths(self.root, table)
        for path in paths:
            verify(path)
        return paths

    def rows(self, table: str, partition: str | None = None) -> int:
        """The number of rows of a table or of one partition, without reading it."""
        parts = self.manifest.parts(table)
        return sum(part.rows for part in parts if partition in (None, part.partition))


def read_published(paths: list[Path], table: str) -> pl.LazyFrame:
    """Published files of a table, with the columns of `tables.PUBLISHED`. Raises Damaged.

    Another version of the program may have published them with others: those that it did not have
    are null, those that only it had are left out. So all kept snapshots can be read alike
    (`analysis.database` does the same for SQL).
    """
    for path in paths:
        verify(path)
    return pl.scan_parquet(
        paths,
        schema=PUBLISHED[table].schema,
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
        glob=False,
    )


def open_snapshot(root: Path, name: str | None = None) -> PublishedSnapshot:
    """Open the published snapshot of a store, or a kept one by a name (`publication.named`).

    Raises NoSnapshot.
    """
    if name is None:
        return PublishedSnapshot(root, *find_current(root))
    return PublishedSnapshot(root, named(root, name))


class XpTotals(NamedTuple):
    """The XP of all producers together.

    `total` is the sum of their total XP. `ledger` is the sum of the ledger, which is less if
    adjustments took more from somebody than was earned: a total is never below 0.
    """

    total: int
    ledger: int


def xp_totals(snapshot: PublishedSnapshot) -> XpTotals:
    """The sums over `progress`, of which the sources are those of the ledger."""
    ledger = pl.sum_horizontal(f"{source}_xp" for source in SOURCES)
    sums = snapshot.scan("progress").select(pl.col("total_xp").sum(), ledger.sum().alias("ledger"))
    return XpTotals(*sums.collect().row(0))


# Producers -----------------------------------------------------------------------------------


def find_producer(snapshot: PublishedSnapshot, text: str) -> int:
    """The id of a producer from an id, the text that an id stands for, or an exact display name.

    Raises NotFoundError, also if several producers have the name; the message lists them by id.
    """
    named = id_of_text(snapshot, "producers", text)
    if named is not None:
        return named
    names = snapshot.scan("progress").select("producer_id", "display_name")
    number = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else 0
    if (
        1 <= number < 2**63
        and names.filter(pl.col("producer_id") == pl.lit(number, pl.UInt64)).collect().height
    ):
        return number
    same = names.filter(pl.col("display_name") == text).sort("producer_id").collect()
    if same.height == 1:
        return int(same["producer_id"][0])
    if same.height > 1:
        raise AmbiguousProducer(
            f"{same.height:,} producers have the display name {text!r}; say which one by its id: "
            f"{_listed(map(spelled, with_texts(same, snapshot).to_dicts()))}."
        )
    time = f"{snapshot.row.as_of:%Y-%m-%d %H:%M:%S} (UTC)"
    if not snapshot.row.producers:
        raise UnknownProducer(
            f"There are no producers as of {time}: none are in a complete dump that is dated up to "
            "then."
        )
    raise UnknownProducer(
        f"No producer has the id or the display name {text!r} as of {time}."
        + _similar(snapshot, text, names.collect())
    )


def _similar(snapshot: PublishedSnapshot, text: str, names: pl.DataFrame) -> str:
    """A sentence about producers whose names have a text in them, or are spelt nearly like it.

    Of all names only those are compared letter by letter that have most pairs of letters in common
    with the text: with 200,000 producers that takes a tenth of a second.
    """
    wanted = text.strip().lower()
    if not wanted:
        return ""
    name = pl.col("display_name").str.to_lowercase()
    like = names.filter(name.str.contains(wanted, literal=True)).sort("producer_id")
    if like.height:
        return f" Similar names: {_listed(_named(snapshot, like), 8)}."
    if len(wanted) < 2:
        return ""
    pairs = sorted({wanted[place : place + 2] for place in range(len(wanted) - 1)})[:_PAIRS]
    shared = pl.sum_horizontal(
        pl.lit(0), *(name.str.contains(pair, literal=True).cast(pl.Int32) for pair in pairs)
    )
    near = names.sort(shared, "producer_id", descending=[True, False]).head(_COMPARED)
    by_name: dict[str, list[tuple[int, str]]] = {}
    for row in near.rows():
        by_name.setdefault(row[1].lower(), []).append(row)
    spelt = difflib.get_close_matches(wanted, list(by_name), n=3)
    found = [row for one in spelt for row in by_name[one]][:3]
    meant = pl.DataFrame(found, schema=names.schema, orient="row")
    return f" Did you mean {' or '.join(_named(snapshot, meant))}?" if found else ""


def _named(snapshot: PublishedSnapshot, producers: pl.DataFrame) -> list[str]:
    """Producers as a message lists them: by display name, with their ids."""
    rows = with_texts(producers, snapshot).to_dicts()
    return [f"{row['display_name']!r} ({spelled(row)})" for row in rows]


def producers_like(
    snapshot: PublishedSnapshot, text: str, most: int = 50
) -> tuple[pl.DataFrame, int]:
    """Producers with an id, or with a display name that has a text in it, however it is written.

    Gives at most so many rows (producer_id, display_name, status, level, total_xp), those with just
    this id or name first, then those with the most XP; and how many there are. An id may be the
    text that it stands for.
    """
    wanted = text.strip().lower()
    number = int(wanted) if re.fullmatch(r"[0-9]{1,19}", wanted) else 0
    columns = ("producer_id", "display_name", "status", "level", "total_xp")
    name = pl.col("display_name").str.to_lowercase()
    is_it = (pl.col("producer_id") == pl.lit(number, pl.UInt64)) | (name == wanted)
    for written in dict.fromkeys((text, text.strip())):
        named_so = id_of_text(snapshot, "producers", written)
        if named_so is not None:
            is_it |= pl.col("producer_id") == named_so
    found = (
        snapshot.scan("progress")
        .select(columns)
        .filter(is_it | name.str.contains(wanted, literal=True))
        .sort(is_it, "total_xp", "producer_id", descending=[True, True, False])
        .collect()
    )
    return with_texts(found.head(most), snapshot), found.height


def progress_of(snapshot: PublishedSnapshot, producer_id: int) -> dict[str, Any]:
    """The producer's row of `progress`, by column, and the text of the id if it stands for one.

    Raises NotFoundError.
    """
    rows = snapshot.scan("progress").filter(pl.col("producer_id") == producer_id).collect()
    if rows.is_empty():
        raise UnknownProducer(
            f"No producer has the id {producer_id}; look for one by display name."
        )
    return with_texts(rows, snapshot).row(0, named=True)


def has_nothing(progress: Mapping[str, Any]) -> bool:
    """Whether no activity of a producer has counted so far."""
    return not any(value for name, value in progress.items() if name not in _NOT_ACTIVITY)


def names_of(snapshot: PublishedSnapshot, producer_ids: Iterable[int]) -> dict[int, str]:
    """The display names of some producers."""
    ids = pl.Series(list(producer_ids), dtype=pl.Int64).implode()
    names = snapshot.scan("progress").select("producer_id", "display_name")
    return dict(names.filter(pl.col("producer_id").is_in(ids)).collect().iter_rows())


def unlocked_by(snapshot: PublishedSnapshot, producer_id: int) -> pl.DataFrame:
    """The producer's unlocked achievements, the latest first.

    The columns of `achievements` and `unlocked_at`; `xp` is what was awarded.
    """
    mine = snapshot.scan("unlocks").filter(pl.col("producer_id") == producer_id)
    about = snapshot.scan("achievements").drop("xp")
    return (
        about.join(mine.drop("producer_id"), on="achievement_id")
        .sort("unlocked_at", "achievement_id", descending=[True, False])
        .collect()
    )


def locked_for(
    snapshot: PublishedSnapshot, progress: dict[str, Any], unlocked: pl.DataFrame
) -> pl.DataFrame:
    """The achievements that a producer does not have, the closest first.

    The columns of `achievements` and `done`, `needed` (in the metric's unit: cents for earnings,
    XP for levels) and `percent` (0 to 99); null for `granted` and `joined_before`, which nobody
    gets closer to.
    """
    achievements = snapshot.scan("achievements").collect()
    levels = dict(snapshot.scan("levels").select("level", "min_xp").collect().iter_rows())
    locked = achievements.filter(
        ~pl.col("achievement_id").is_in(unlocked["achievement_id"].implode())
    )
    goals = [
        towards(metric, threshold, progress, levels) or (None, None, None)
        for metric, threshold in locked.select("metric", "threshold").iter_rows()
    ]
    columns = dict.fromkeys(("done", "needed", "percent"), pl.Int64)
    return locked.hstack(pl.DataFrame(goals, schema=columns, orient="row")).sort(
        "percent", "needed", "achievement_id", descending=[True, False, False], nulls_last=True
    )


def towards(
    metric: str, threshold: str | None, progress: Mapping[str, Any], least_xp: Mapping[int, int]
) -> tuple[int, int, int] | None:
    """How far a producer is towards a threshold: done, needed, percent (0 to 99).

    `least_xp` has the XP of each level. None for `granted` and `joined_before`.
    """
    if metric not in _DONE or threshold is None:
        return None
    needed = least_xp[int(threshold)] if metric == "level" else int(threshold)
    done = min(max(progress[_DONE[metric]], 0), needed)
    return done, needed, min(99, 100 * done // max(needed, 1))


def last_days(snapshot: PublishedSnapshot, days: int = 7) -> list[date]:
    """The last days that the snapshot counts, up to the day of the last instant before as_of."""
    last = last_day(snapshot.row.as_of)
    return [last - timedelta(days=ago) for ago in reversed(range(days))]


def ledger_of(snapshot: PublishedSnapshot, producer_id: int, days: list[date]) -> pl.DataFrame:
    """The producer's ledger rows of some days: day, source, quantity, xp."""
    ledger = snapshot.scan("xp_ledger", [day.isoformat() for day in days])
    mine = ledger.filter(pl.col("producer_id") == producer_id)
    return mine.drop("producer_id").sort("day", "source").collect()


def _listed(items: Iterable[str], most: int = 20) -> str:
    listed = list(items)
    rest = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest
