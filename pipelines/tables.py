"""The catalogue of tables: every column with its type, and every key.

A table has one name everywhere: here, as its SQL file, as its asset, as the folder of its Parquet
files. Times are UTC microseconds without a zone, days are UTC dates, quantities and points are
64-bit integers (specification, sections 1 and 5).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl

ID: Final = pl.Int64()
COUNT: Final = pl.Int64()
TIME: Final = pl.Datetime("us")
DAY: Final = pl.Date()
TEXT: Final = pl.String()
FLAG: Final = pl.Boolean()

METADATA_FIELDS: Final = (
    "artwork",
    "description",
    "genres",
    "tags",
    "bpm",
    "musical_key",
    "scale",
    "collection",
)

#: Rows of export files after validation, one file per export file, plus their row number.
CONTRIBUTIONS: Final[Mapping[str, pl.Schema]] = {
    "producers": pl.Schema(
        {
            "producer_id": ID,
            "display_name": TEXT,
            "joined_at": TIME,
            "profile_completion": COUNT,
            "status": TEXT,
            "user_id": ID,
            "listed": FLAG,
            "row": COUNT,
        }
    ),
    "tracks": pl.Schema(
        {
            "track_id": ID,
            "producer_id": ID,
            "title": TEXT,
            "status": TEXT,
            "published_at": TIME,
            "updated_at": TIME,
            **dict.fromkeys(METADATA_FIELDS, FLAG),
            "row": COUNT,
        }
    ),
    "credits": pl.Schema(
        {"track_id": ID, "producer_id": ID, "credited_at": TIME, "row": COUNT},
    ),
    "plays": pl.Schema(
        {
            "play_id": ID,
            "track_id": ID,
            "played_at": TIME,
            "listener_id": ID,
            "seconds_played": COUNT,
            "row": COUNT,
        }
    ),
    "earnings": pl.Schema(
        {
            "earning_id": ID,
            "producer_id": ID,
            "amount_cents": COUNT,
            "earned_at": TIME,
            "track_id": ID,
            "row": COUNT,
        }
    ),
    "grants": pl.Schema(
        {
            "grant_id": ID,
            "producer_id": ID,
            "achievement_id": TEXT,
            "granted_at": TIME,
            "granted_by": TEXT,
            "note": TEXT,
            "row": COUNT,
        }
    ),
    "adjustments": pl.Schema(
        {
            "adjustment_id": ID,
            "producer_id": ID,
            "xp": COUNT,
            "adjusted_at": TIME,
            "reason": TEXT,
            "adjusted_by": TEXT,
            "row": COUNT,
        }
    ),
}


def _kept(entity: str, without: str = "row") -> pl.Schema:
    left_out = ("row", without)
    return pl.Schema({n: t for n, t in CONTRIBUTIONS[entity].items() if n not in left_out})


_UNLOCKS = pl.Schema({"producer_id": ID, "achievement": COUNT, "unlocked_at": TIME, "xp": COUNT})

#: Tables between the exports and the snapshot: the store's own working tables.
WORKING: Final[Mapping[str, pl.Schema]] = {
    # The current dump of each snapshot entity and the winning rows of the small events.
    "producers": _kept("producers"),
    "tracks": _kept("tracks", without="title"),
    "credits": _kept("credits"),
    "earnings": _kept("earnings"),
    "grants": _kept("grants"),
    "adjustments": _kept("adjustments"),
    # What dumps say over time.
    "profile_history": pl.Schema({"producer_id": ID, "stamp": TIME, "profile_completion": COUNT}),
    "first_complete": pl.Schema({"track_id": ID, "updated_at": TIME}),
    # Activity.
    "collaborators": pl.Schema({"track_id": ID, "producer_id": ID, "credited_at": TIME}),
    "uploads": pl.Schema(
        {"producer_id": ID, "track_id": ID, "uploaded_at": TIME, "filled_fields": COUNT}
    ),
    "metadata_completions": pl.Schema({"producer_id": ID, "track_id": ID, "completed_at": TIME}),
    "collaborations": pl.Schema({"producer_id": ID, "track_id": ID, "collaborated_at": TIME}),
    "partners": pl.Schema({"producer_id": ID, "partner_id": ID, "since": TIME}),
    "attribution": pl.Schema(
        {"track_id": ID, "producer_id": ID, "from_day": DAY, "until_day": DAY}
    ),
    "self_listeners": pl.Schema({"track_id": ID, "listener_id": ID}),
    "counted_plays": pl.Schema({"track_id": ID, "played_at": TIME, "valid": FLAG}),
    "track_plays": pl.Schema({"day": DAY, "track_id": ID, "plays": COUNT}),
    "producer_plays": pl.Schema({"day": DAY, "producer_id": ID, "plays": COUNT}),
    # Running totals over days and the moments at which thresholds were reached.
    "track_totals": pl.Schema({"track_id": ID, "plays": COUNT}),
    "track_milestones": pl.Schema({"track_id": ID, "k": COUNT, "reached_at": TIME}),
    "play_totals": pl.Schema({"producer_id": ID, "plays": COUNT}),
    "best_days": pl.Schema({"producer_id": ID, "plays": COUNT}),
    "play_milestones": pl.Schema(
        {"producer_id": ID, "metric": TEXT, "k": COUNT, "reached_at": TIME}
    ),
    "milestones": pl.Schema({"producer_id": ID, "metric": TEXT, "k": COUNT, "reached_at": TIME}),
    "upload_streak_weeks": pl.Schema(
        {"producer_id": ID, "week": DAY, "first_upload": TIME, "nth": COUNT}
    ),
    "upload_streaks": pl.Schema({"producer_id": ID, "best_upload_streak": COUNT}),
    # Rows of each entity that refer to something unknown.
    "unmatched": pl.Schema({"entity": TEXT, "unmatched": COUNT}),
    "unmatched_rows": pl.Schema(
        {
            "entity": TEXT,
            "file": TEXT,
            "row": COUNT,
            "day": DAY,
            "unknown": TEXT,
            "original": TEXT,
        }
    ),
    # The ledger on its way. `achievement` is the place of an achievement in the order of ids.
    "awards": pl.Schema({"day": DAY, "producer_id": ID, "quantity": COUNT, "xp": COUNT}),
    "activity_unlocks": _UNLOCKS,
    "play_unlocks": _UNLOCKS,
    "level_unlocks": _UNLOCKS,
    "level_ups": pl.Schema({"producer_id": ID, "level": COUNT, "reached_on": DAY}),
    "xp_sums": pl.Schema({"producer_id": ID, "play_xp": COUNT, "xp": COUNT}),
    "unlock_counts": pl.Schema({"producer_id": ID, "rows": COUNT}),
    "holder_counts": pl.Schema({"achievement": COUNT, "rows": COUNT}),
    "award_sums": pl.Schema({"producer_id": ID, "quantity": COUNT, "xp": COUNT}),
    "quality_scores": pl.Schema({"producer_id": ID, "score": COUNT}),
    "best_tracks": pl.Schema({"producer_id": ID, "plays": COUNT}),
    "partner_counts": pl.Schema({"producer_id": ID, "partners": COUNT}),
    "earning_sums": pl.Schema({"producer_id": ID, "earnings_cents": COUNT}),
}

#: The published tables, in the specification's column order (section 5). `rejects`, `bad_cells`
#: and `files` say what happened to the input, row by row, cell by cell and file by file.
PUBLISHED: Final[Mapping[str, pl.Schema]] = {
    "inputs": pl.Schema(
        {
            "entity": TEXT,
            "files": COUNT,
            "rejected_files": COUNT,
            "rows_read": COUNT,
            "accepted": COUNT,
            "duplicates": COUNT,
            "rejected": COUNT,
            "unmatched": COUNT,
        }
    ),
    "progress": pl.Schema(
        {
            "producer_id": ID,
            "display_name": TEXT,
            "status": TEXT,
            "level": COUNT,
            "level_title": TEXT,
            "total_xp": COUNT,
            "level_min_xp": COUNT,
            "next_level_xp": COUNT,
            "xp_to_next": COUNT,
            "progress_percent": COUNT,
            "upload_xp": COUNT,
            "play_xp": COUNT,
            "metadata_xp": COUNT,
            "collaboration_xp": COUNT,
            "achievement_xp": COUNT,
            "adjustment_xp": COUNT,
            "uploads": COUNT,
            "plays": COUNT,
            "complete_tracks": COUNT,
            "collaborations": COUNT,
            "partners": COUNT,
            "best_track_plays": COUNT,
            "best_day_plays": COUNT,
            "best_upload_streak": COUNT,
            "earnings_cents": COUNT,
            "achievements_unlocked": COUNT,
            "achievements_locked": COUNT,
            "listed": FLAG,
        }
    ),
    "xp_ledger": pl.Schema(
        {"producer_id": ID, "day": DAY, "source": TEXT, "quantity": COUNT, "xp": COUNT}
    ),
    "unlocks": pl.Schema(
        {"producer_id": ID, "achievement_id": TEXT, "unlocked_at": TIME, "xp": COUNT}
    ),
    "level_ups": pl.Schema({"producer_id": ID, "level": COUNT, "reached_on": DAY}),
    "leaderboard": pl.Schema(
        {"category": TEXT, "period": TEXT, "rank": COUNT, "producer_id": ID, "score": COUNT}
    ),
    "levels": pl.Schema({"level": COUNT, "title": TEXT, "min_xp": COUNT}),
    "achievements": pl.Schema(
        {
            "achievement_id": TEXT,
            "name": TEXT,
            "description": TEXT,
            "rarity": TEXT,
            "xp": COUNT,
            "metric": TEXT,
            "threshold": TEXT,
            "unlocked_by": COUNT,
        }
    ),
    "rejects": pl.Schema(
        {"entity": TEXT, "file": TEXT, "row": COUNT, "reason": TEXT, "original": TEXT}
    ),
    "bad_cells": pl.Schema({"entity": TEXT, "file": TEXT, "column": TEXT, "cells": COUNT}),
    "files": pl.Schema(
        {
            "entity": TEXT,
            "file": TEXT,
            "sha256": TEXT,
            "stamp": TIME,
            "rows_read": COUNT,
            "rejected": COUNT,
            "reason": TEXT,
            "detail": TEXT,
            "unknown_columns": TEXT,
        }
    ),
}

#: Columns that identify a row and give the order in which it is written.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "inputs": ("entity",),
    "progress": ("producer_id",),
    "xp_ledger": ("producer_id", "day", "source"),
    "unlocks": ("producer_id", "achievement_id"),
    "level_ups": ("producer_id", "level"),
    "leaderboard": ("category", "period", "rank", "producer_id"),
    "levels": ("level",),
    "achievements": ("achievement_id",),
    "rejects": ("entity", "file", "row"),
    "bad_cells": ("entity", "file", "column"),
    "files": ("entity", "file"),
}

#: The one row that describes a snapshot (section 5).
SNAPSHOT: Final = pl.Schema(
    {
        "snapshot_id": TEXT,
        "published_at": TIME,
        "as_of": TIME,
        "data_through": TIME,
        "rulebook_name": TEXT,
        "rulebook_version": TEXT,
        "rulebook_sha256": TEXT,
        "producers": COUNT,
        "content_sha256": TEXT,
    }
)


class Table(msgspec.Struct, frozen=True):
    """An immutable table of the store: Parquet files, in order, below the store's folder."""

    name: str
    files: tuple[str, ...] = ()
    rows: int = 0

    @property
    def schema(self) -> pl.Schema:
        """The columns and types that every one of its files has."""
        for catalogue in (WORKING, PUBLISHED):
            if self.name in catalogue:
                return catalogue[self.name]
        raise KeyError(self.name)


def pieces(frame: pl.DataFrame, lengths: Iterable[int]) -> Iterator[pl.DataFrame]:
    """A frame cut into pieces of so many rows, one after the other; nothing is copied."""
    start = 0
    for length in lengths:
        yield frame.slice(start, length)
        start += length


def union(name: str, tables: Sequence[Table]) -> Table:
    """Several tables of one name, one after the other, as one table."""
    return Table(name, tuple(f for t in tables for f in t.files), sum(t.rows for t in tables))
