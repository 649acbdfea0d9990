"""What published tables and columns mean, in a sentence each (specification, section 5).

`docs/tables.md`, Dagster and the database files of `beatxp catalog` all say it from here.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Meaning(NamedTuple):
    """What a row of a table is, and what its columns hold."""

    table: str
    columns: Mapping[str, str]


_ENTITY: Final = "The kind of export: producers, tracks, credits, plays, earnings, ..."
_FILE: Final = "The file's path below the folder of its entity."
_PRODUCER: Final = "The producer's id, as in the exports."
MEANINGS: Final[Mapping[str, Meaning]] = {
    "snapshot": Meaning(
        'One row: what this snapshot is. `published_at` is the dashboard\'s "last updated", '
        "`data_through` the greatest time among what counts.",
        {
            "snapshot_id": "The name of the snapshot.",
            "published_at": "When a refresh first published this content.",
            "as_of": "Events at or after this time do not count yet.",
            "data_through": "The greatest time among the events that count and the dumps in force.",
            "rulebook_name": "The rulebook's name.",
            "rulebook_version": "The rulebook's version.",
            "rulebook_sha256": "A hash of the rulebook's file.",
            "producers": "How many producers there are.",
            "content_sha256": "A hash of the rulebook and all other tables: equal is the same.",
        },
    ),
    "inputs": Meaning(
        "Seven rows: what happened to each entity's rows. Read = accepted + duplicates + rejected; "
        "`unmatched` rows refer to something unknown.",
        {
            "entity": _ENTITY,
            "files": "Export files that are present, rejected ones included.",
            "rejected_files": "Export files that were rejected as a whole.",
            "rows_read": "Rows in all files.",
            "accepted": "Rows that are in force: valid, and not replaced.",
            "duplicates": "Rows that a later row with the same id replaced.",
            "rejected": "Rows that could not be used.",
            "unmatched": "Accepted rows that refer to something unknown.",
        },
    ),
    "progress": Meaning(
        "One row per producer of the current dump, also with nothing earned yet. `next_level_xp` "
        "and `xp_to_next` are null at the top level.",
        {
            "producer_id": _PRODUCER,
            "display_name": "The producer's name.",
            "status": "active or suspended; only active producers are ranked.",
            "level": "The highest level whose XP is reached.",
            "level_title": "The level's title.",
            "total_xp": "The sum of the producer's ledger, never below 0.",
            "level_min_xp": "The XP at which the level begins.",
            "next_level_xp": "The XP at which the next level begins.",
            "xp_to_next": "XP that are missing to the next level.",
            "progress_percent": "The way from this level to the next, 0 to 99; 100 at the top.",
            "upload_xp": "XP from uploads.",
            "play_xp": "XP from plays.",
            "metadata_xp": "XP from complete tracks.",
            "collaboration_xp": "XP from collaborations.",
            "achievement_xp": "XP from achievements.",
            "adjustment_xp": "XP that were adjusted by hand; negative if taken away.",
            "uploads": "Published tracks.",
            "plays": "Plays that count, collaborations included.",
            "complete_tracks": "Published tracks whose details are complete.",
            "collaborations": "Collaborations, of the uploader's and of others' tracks.",
            "partners": "Different producers of a common track.",
            "best_track_plays": "Valid plays of the producer's own most played track.",
            "best_day_plays": "Plays on the producer's best day.",
            "best_upload_streak": "Most weeks in a row with an upload.",
            "earnings_cents": "Earnings less refunds, in cents.",
            "achievements_unlocked": "Achievements that are unlocked.",
            "achievements_locked": "Achievements that are still locked.",
            "listed": "Whether public boards show the name; null (an earlier version) is true.",
        },
    ),
    "xp_ledger": Meaning(
        "One row per producer, day and source. `total_xp` is its sum. One file per day.",
        {
            "producer_id": _PRODUCER,
            "day": "The UTC date of the activity.",
            "source": "upload, play, metadata, collaboration, achievement or adjustment.",
            "quantity": "How many there were on that day.",
            "xp": "What they were worth, after boosts and caps.",
        },
    ),
    "unlocks": Meaning(
        "One row per producer and unlocked achievement, with the exact time. One file per month.",
        {
            "producer_id": _PRODUCER,
            "achievement_id": "The achievement; `achievements` has its name.",
            "unlocked_at": "The moment at which its threshold was reached.",
            "xp": "The XP that it awarded.",
        },
    ),
    "level_ups": Meaning(
        "One row per producer and level above 1, with the day on which it was first reached.",
        {
            "producer_id": _PRODUCER,
            "level": "A level above 1; it stays if XP fall later.",
            "reached_on": "The first day at whose end the XP were enough.",
        },
    ),
    "leaderboard": Meaning(
        "One row per ranked producer and board. Equal scores share a rank. One file per board.",
        {
            "category": "overall, quality, uploads, plays, points, earnings or collaboration.",
            "period": "all_time, month or week: those that hold the last instant before as_of.",
            "rank": "1 + the number of producers with a higher score.",
            "producer_id": _PRODUCER,
            "score": "A count, XP, cents, or for quality and overall hundredths of a percent.",
        },
    ),
    "levels": Meaning(
        "The levels of the rulebook.",
        {
            "level": "The level's number, from 1.",
            "title": "The level's title.",
            "min_xp": "The XP at which it begins.",
        },
    ),
    "achievements": Meaning(
        "The achievements of the rulebook, and how many producers have each.",
        {
            "achievement_id": "The achievement's id in the rulebook.",
            "name": "The achievement's name.",
            "description": "What to do for it.",
            "rarity": "common, uncommon, rare, epic or legendary.",
            "xp": "The XP that it awards.",
            "metric": "What is counted.",
            "threshold": "How much is needed, as text; null if it is granted by hand.",
            "unlocked_by": "How many producers have it.",
        },
    ),
    "rejects": Meaning(
        "One row per rejected row, and one per rejected file with `row` null.",
        {
            "entity": _ENTITY,
            "file": _FILE,
            "row": "The row's number in its file, from 1; null for a whole file.",
            "reason": "Why, like played_at:type or file:encoding.",
            "original": "The values as they were, or the line if it could not be split.",
        },
    ),
    "bad_cells": Meaning(
        "Optional cells of accepted rows that became null, or false.",
        {
            "entity": _ENTITY,
            "file": _FILE,
            "column": "The column of the cells.",
            "cells": "How many there are.",
        },
    ),
    "files": Meaning(
        "Every export file that is present, and what came of it.",
        {
            "entity": _ENTITY,
            "file": _FILE,
            "sha256": "A hash of its bytes.",
            "stamp": "The date of its dump; null for events.",
            "rows_read": "Its rows.",
            "rejected": "Its rows that could not be used.",
            "reason": "Why it was rejected as a whole, if it was.",
            "detail": "The same as a sentence.",
            "unknown_columns": "Columns that were ignored.",
        },
    ),
}
