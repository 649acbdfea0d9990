"""One snapshot, open for looking things up: everything a page shows comes from one of these."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dashboard.index.layout import TABLES, lay_out, plan
from dashboard.index.shards import EMPTY, Shard, open_shard
from pipelines.boards.periods import last_day
from pipelines.publication.manifest import Manifest, Snapshot
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.tables import PUBLISHED

_NULL = np.iinfo(np.int64).min
_DAY_ONE = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1)
_TEXTS = ("display_name", "status", "level_title")
_FLAGS = ("listed",)
_NUMBERS = tuple(name for name in PUBLISHED["progress"].schema if name not in _TEXTS + _FLAGS)


class LedgerRow(NamedTuple):
    """A row of the ledger."""

    day: date
    source: str
    quantity: int
    xp: int


class Month(NamedTuple):
    """The XP gained and taken in a month such as "2026-10", and how many adjustments are in it."""

    month: str
    gained: int
    taken: int
    adjustments: int


class Unlock(NamedTuple):
    """A row of `unlocks`."""

    achievement_id: str
    unlocked_at: datetime
    xp: int


class RankedRow(NamedTuple):
    """A row of a board; `at` is its place in the list, from 0."""

    at: int
    rank: int
    producer_id: int
    score: int


@dataclass(frozen=True)
class Board:
    """One leaderboard, in listed order."""

    category: str
    period: str
    shard: Shard

    @property
    def ranked(self) -> int:
        """How many producers are on it."""
        return self.shard.rows

    def row(self, at: int) -> RankedRow:
        """The row at a place."""
        value = self.shard.value
        return RankedRow(at, value("rank", at), value("producer_id", at), value("score", at))

    def rows(self, at: range) -> list[RankedRow]:
        """The rows at some places that follow each other."""
        if not at:
            return []
        columns = (self.shard.columns[name] for name in ("rank", "producer_id", "score"))
        values = (column[at.start : at.stop].tolist() for column in columns)
        return [RankedRow(*row) for row in zip(at, *values, strict=True)]

    def row_of(self, producer_id: int) -> RankedRow | None:
        """A producer's row; None if not ranked."""
        found = self.shard.find("producer_id.ordered", producer_id)
        if found.start == found.stop:
            return None
        return self.row(self.shard.value("producer_id.order", found.start))

    def ranks(self, producer_ids: Sequence[int]) -> list[int | None]:
        """The ranks of some producers; None for who is not ranked."""
        value = self.shard.value
        rows = self.shard.find_each("producer_id.ordered", producer_ids)
        return [None if r is None else value("rank", value("producer_id.order", r)) for r in rows]

    def of_rank(self, rank: int) -> slice:
        """The places of all that share a rank."""
        return self.shard.find("rank", rank)


class Index:
    """A snapshot's tables, looked up by producer, and its small tables as they are."""

    def __init__(
        self,
        manifest: Manifest,
        shards: dict[tuple[str, str], Shard],
        small: dict[str, Any],
        folders: dict[tuple[str, str], str],
    ) -> None:
        self.manifest = manifest
        self._folders = folders
        self._shards = shards
        self._small = small
        self.levels: list[dict[str, Any]] = small["levels"]
        self.achievements: list[dict[str, Any]] = small["achievements"]
        self._months = {
            table: sorted(partition for name, partition in shards if name == table)
            for table in ("unlocks", "xp_ledger")
        }

    @property
    def shards(self) -> dict[str, Shard]:
        """What is mapped, by folder."""
        return {folder: self._shards[key] for key, folder in self._folders.items()}

    def only_boards(self) -> "Index":
        """The same snapshot with what boards show: the rest is no longer mapped into memory."""
        kept = {}
        for key, shard in self._shards.items():
            if key[0] == "leaderboard":
                kept[key] = shard
            elif key[0] == "progress":
                kept[key] = shard.only(("producer_id", "display_name", "listed"))
            elif key[0] == "text_ids":
                kept[key] = shard
        whole = ("leaderboard", "text_ids")
        folders = {key: folder for key, folder in self._folders.items() if key[0] in whole}
        return Index(self.manifest, kept, self._small, folders)

    @property
    def row(self) -> Snapshot:
        """The row of the table `snapshot`."""
        return self.manifest.snapshot

    @cached_property
    def last_day(self) -> date:
        """The last day that counts."""
        return last_day(self.row.as_of)

    def progress(self, producer_id: int) -> dict[str, Any] | None:
        """The producer's row of `progress`; None if the snapshot has no such producer."""
        shard = self._shard("progress")
        at = _one(shard, producer_id)
        if at is None:
            return None
        numbers = {name: shard.value(name, at) for name in _NUMBERS}
        others: dict[str, str | bool] = {name: shard.text(name, at) for name in _TEXTS}
        others |= {name: bool(shard.value(name, at)) for name in _FLAGS}
        return {
            name: others[name] if name in others else _or_none(numbers[name])
            for name in PUBLISHED["progress"].schema.names()
        }

    @cached_property
    def unlisted(self) -> frozenset[int]:
        """The producers who are not to be named on public boards."""
        shard = self._shard("progress")
        if not shard.rows:
            return frozenset()
        return frozenset(shard.columns["producer_id"][shard.columns["listed"] == 0].tolist())

    def name(self, producer_id: int) -> str:
        """A producer's display name; "" if there is none."""
        return self.names([producer_id])[0]

    def names(self, producer_ids: Sequence[int]) -> list[str]:
        """The display names of some producers; "" where there is none."""
        shard = self._shard("progress")
        rows = shard.find_each("producer_id", producer_ids)
        return ["" if row is None else shard.text("display_name", row) for row in rows]

    @property
    def has_texts(self) -> bool:
        """Whether ids of producers stand for texts."""
        return ("text_ids", "producers") in self._shards

    def text(self, producer_id: int) -> str | None:
        """The text that a producer's id stands for; None if there is none."""
        return self.texts([producer_id])[0]

    def texts(self, producer_ids: Sequence[int]) -> list[str | None]:
        """The texts that some ids stand for; None where there is none."""
        shard = self._shards.get(("text_ids", "producers"))
        if shard is None:
            return [None] * len(producer_ids)
        rows = shard.find_each("id", producer_ids)
        return [None if row is None else shard.text("text_id", row) for row in rows]

    def unlocks(self, producer_id: int) -> list[Unlock]:
        """What a producer has unlocked, the latest last."""
        return sorted(
            (
                Unlock(
                    shard.text("achievement_id", at),
                    _EPOCH + timedelta(microseconds=shard.value("unlocked_at", at)),
                    shard.value("xp", at),
                )
                for shard, at in self._rows("unlocks", producer_id)
            ),
            key=lambda unlocked: (unlocked.unlocked_at, unlocked.achievement_id),
        )

    def ledger(self, producer_id: int, first: date | None = None) -> Iterator[LedgerRow]:
        """A producer's rows of the ledger by day and source, from a day's month on."""
        for shard, at in self._rows("xp_ledger", producer_id, first):
            yield LedgerRow(
                _DAY_ONE + timedelta(days=shard.value("day", at)),
                shard.text("source", at),
                shard.value("quantity", at),
                shard.value("xp", at),
            )

    def by_month(self, producer_id: int) -> list[Month]:
        """What the ledger says of each month in which a producer has rows of it."""
        found = []
        for month in self._months["xp_ledger"]:
            shard = self._shards["xp_ledger", month]
            rows = shard.find("producer_id", producer_id)
            if rows.start < rows.stop:
                found.append(_month(month, shard, rows))
        return found

    def xp_of_month_until(self, producer_id: int, day: date) -> int:
        """The XP of a producer from the first of a day's month to the end of that day."""
        shard = self._shard("xp_ledger", f"{day:%Y-%m}")
        if not shard.rows:
            return 0
        rows = shard.find("producer_id", producer_id)
        days = shard.columns["day"][rows]
        stop = int(days.searchsorted(days.dtype.type((day - _DAY_ONE).days), side="right"))
        return int(shard.columns["xp"][rows][:stop].sum(dtype=np.int64))

    def level_ups(self, producer_id: int) -> list[tuple[int, date]]:
        """The levels above 1 that a producer reached, and on which days."""
        shard = self._shard("level_ups")
        rows = shard.find("producer_id", producer_id)
        return [
            (shard.value("level", at), _DAY_ONE + timedelta(days=shard.value("reached_on", at)))
            for at in range(rows.start, rows.stop)
        ]

    def board(self, category: str, period: str) -> Board:
        """A board, without rows if nobody is ranked there."""
        return Board(category, period, self._shard("leaderboard", f"{category}-{period}"))

    def _shard(self, table: str, partition: str = "all") -> Shard:
        return self._shards.get((table, partition), EMPTY)

    def _rows(
        self, table: str, producer_id: int, first: date | None = None
    ) -> Iterator[tuple[Shard, int]]:
        earliest = "" if first is None else f"{first:%Y-%m}"
        for month in self._months[table]:
            if month >= earliest:
                shard = self._shards[table, month]
                rows = shard.find("producer_id", producer_id)
                for at in range(rows.start, rows.stop):
                    yield shard, at


def open_index(
    root: Path,
    cache: Path,
    manifest: Manifest,
    tables: Sequence[str] = TABLES,
    opened: Mapping[str, Shard] | None = None,
) -> Index:
    """Open a snapshot, or some of its tables, for looking things up.

    Lays out what is missing; takes shards that are `opened` already, by folder, as they are.
    Raises OSError, DamagedShard.
    """
    planned = plan(manifest, tables)
    there = opened or {}
    lay_out(root, cache, {key: one for key, one in planned.items() if one.folder not in there})
    shards = {
        key: there.get(shard.folder) or open_shard(cache / shard.folder)
        for key, shard in planned.items()
    }
    published = PublishedSnapshot(root, manifest)
    small = {name: published.scan(name).collect().to_dicts() for name in ("levels", "achievements")}
    folders = {key: shard.folder for key, shard in planned.items()}
    return Index(manifest, shards, small, folders)


def _one(shard: Shard, producer_id: int) -> int | None:
    found = shard.find("producer_id", producer_id)
    return None if found.start == found.stop else found.start


def _month(month: str, shard: Shard, rows: slice) -> Month:
    """What some rows of a month's ledger say, as plain numbers: there are about a hundred."""
    words, xp = shard.words["source"], shard.columns["xp"][rows].tolist()
    adjustment = words.index("adjustment") if "adjustment" in words else None
    sources = [] if adjustment is None else shard.columns["source"][rows].tolist()
    if adjustment not in sources:  # nothing else takes XP
        return Month(month, sum(xp), 0, 0)
    quantities = shard.columns["quantity"][rows].tolist()
    return Month(
        month,
        sum(number for number in xp if number > 0),
        sum(number for number in xp if number < 0),
        sum(number for number, of in zip(quantities, sources, strict=True) if of == adjustment),
    )


def _or_none(number: int) -> int | None:
    return None if number == _NULL else number
