"""The published tables, in the specification's column order (section 5).

`rejects`, `bad_cells` and `files` say what happened to the input, row by row, cell by cell and file
by file.
"""

from collections.abc import Mapping
from typing import Final

from pipelines.tables.columns import DISPLAY_NAME, LISTED, PRODUCER_ID, STATUS
from pipelines.tables.declaration import Declaration, count, day, identifier, text, time

_ENTITY: Final = text(
    "entity", "The kind of export: producers, tracks, credits, plays, earnings, ..."
)
_FILE: Final = text("file", "The file's path below the folder of its entity.")

_CONTENT: Final = (
    Declaration(
        "inputs",
        "Seven rows: what happened to each entity's rows. Read = accepted + duplicates + "
        "rejected; `unmatched` rows refer to something unknown.",
        (
            _ENTITY,
            count("files", "Export files that are present, rejected ones included."),
            count("rejected_files", "Export files that were rejected as a whole."),
            count("rows_read", "Rows in all files."),
            count("accepted", "Rows that are in force: valid, and not replaced."),
            count("duplicates", "Rows that a later row with the same id replaced."),
            count("rejected", "Rows that could not be used."),
            count("unmatched", "Accepted rows that refer to something unknown."),
        ),
        ("entity",),
        "inputs",
        (
            "deliveries",
            "producers",
            "tracks",
            "credits",
            "earnings",
            "grants",
            "adjustments",
            "counted_plays",
            "track_plays",
        ),
    ),
    Declaration(
        "progress",
        "One row per producer of the current dump, also with nothing earned yet. `next_level_xp` "
        "and `xp_to_next` are null at the top level.",
        (
            PRODUCER_ID,
            DISPLAY_NAME,
            STATUS,
            count("level", "The highest level whose XP is reached."),
            text("level_title", "The level's title."),
            count("total_xp", "The sum of the producer's ledger, never below 0."),
            count("level_min_xp", "The XP at which the level begins."),
            count("next_level_xp", "The XP at which the next level begins."),
            count("xp_to_next", "XP that are missing to the next level."),
            count(
                "progress_percent", "The way from this level to the next, 0 to 99; 100 at the top."
            ),
            count("upload_xp", "XP from uploads."),
            count("play_xp", "XP from plays."),
            count("metadata_xp", "XP from complete tracks."),
            count("collaboration_xp", "XP from collaborations."),
            count("achievement_xp", "XP from achievements."),
            count("adjustment_xp", "XP that were adjusted by hand; negative if taken away."),
            count("uploads", "Published tracks."),
            count("plays", "Plays that count, collaborations included."),
            count("complete_tracks", "Published tracks whose details are complete."),
            count("collaborations", "Collaborations, of the uploader's and of others' tracks."),
            count("partners", "Different producers of a common track."),
            count("best_track_plays", "Valid plays of the producer's own most played track."),
            count("best_day_plays", "Plays on the producer's best day."),
            count("best_upload_streak", "Most weeks in a row with an upload."),
            count("earnings_cents", "Earnings less refunds, in cents."),
            count("achievements_unlocked", "Achievements that are unlocked."),
            count("achievements_locked", "Achievements that are still locked."),
            LISTED,
        ),
        ("producer_id",),
        "progress",
        (
            "producers",
            "partners",
            "earnings",
            "track_totals",
            "play_totals",
            "best_days",
            "attribution",
            "upload_streaks",
            "activity_unlocks",
            "play_unlocks",
            "level_unlocks",
            "awards",
            "xp_sums",
        ),
    ),
    Declaration(
        "xp_ledger",
        "One row per producer, day and source. `total_xp` is its sum. One file per day.",
        (
            PRODUCER_ID,
            day("day", "The UTC date of the activity."),
            text("source", "upload, play, metadata, collaboration, achievement or adjustment."),
            count("quantity", "How many there were on that day."),
            count("xp", "What they were worth, after boosts and caps."),
        ),
        ("producer_id", "day", "source"),
        "xp_ledger",
        ("producer_plays", "awards", "level_unlocks"),
    ),
    Declaration(
        "unlocks",
        "One row per producer and unlocked achievement, with the exact time. One file per month.",
        (
            PRODUCER_ID,
            text("achievement_id", "The achievement; `achievements` has its name."),
            time("unlocked_at", "The moment at which its threshold was reached."),
            count("xp", "The XP that it awarded."),
        ),
        ("producer_id", "achievement_id"),
        "progress",
        ("activity_unlocks", "play_unlocks", "level_unlocks"),
    ),
    Declaration(
        "level_ups",
        "One row per producer and level above 1, with the day on which it was first reached.",
        (
            PRODUCER_ID,
            count("level", "A level above 1; it stays if XP fall later."),
            day("reached_on", "The first day at whose end the XP were enough."),
        ),
        ("producer_id", "level"),
        "level_ups",
        ("producers", "producer_plays", "awards"),
    ),
    Declaration(
        "leaderboard",
        "One row per ranked producer and board. Equal scores share a rank. One file per board.",
        (
            text(
                "category", "overall, quality, uploads, plays, points, earnings or collaboration."
            ),
            text(
                "period", "all_time, month or week: those that hold the last instant before as_of."
            ),
            count("rank", "1 + the number of producers with a higher score."),
            PRODUCER_ID,
            count(
                "score", "A count, XP, cents, or for quality and overall hundredths of a percent."
            ),
        ),
        ("category", "period", "rank", "producer_id"),
        "leaderboard",
        ("producers", "earnings", "uploads", "xp_ledger", "progress"),
    ),
    Declaration(
        "levels",
        "The levels of the rulebook.",
        (
            count("level", "The level's number, from 1."),
            text("title", "The level's title."),
            count("min_xp", "The XP at which it begins."),
        ),
        ("level",),
        "progress",
        (),
    ),
    Declaration(
        "achievements",
        "The achievements of the rulebook, and how many producers have each.",
        (
            text("achievement_id", "The achievement's id in the rulebook."),
            text("name", "The achievement's name."),
            text("description", "What to do for it."),
            text("rarity", "common, uncommon, rare, epic or legendary."),
            count("xp", "The XP that it awards."),
            text("metric", "What is counted."),
            text("threshold", "How much is needed, as text; null if it is granted by hand."),
            count("unlocked_by", "How many producers have it."),
        ),
        ("achievement_id",),
        "progress",
        ("activity_unlocks", "play_unlocks", "level_unlocks"),
    ),
    Declaration(
        "rejects",
        "One row per rejected row, and one per rejected file with `row` null.",
        (
            _ENTITY,
            _FILE,
            count("row", "The row's number in its file, from 1; null for a whole file."),
            text("reason", "Why, like played_at:type or file:encoding."),
            text("original", "The values as they were, or the line if it could not be split."),
        ),
        ("entity", "file", "row"),
        "inputs",
        ("deliveries",),
    ),
    Declaration(
        "bad_cells",
        "Optional cells of accepted rows that became null, or false.",
        (
            _ENTITY,
            _FILE,
            text("column", "The column of the cells."),
            count("cells", "How many there are."),
        ),
        ("entity", "file", "column"),
        "inputs",
        ("deliveries",),
    ),
    Declaration(
        "files",
        "Every export file that is present, and what came of it.",
        (
            _ENTITY,
            _FILE,
            text("sha256", "A hash of its bytes."),
            time("stamp", "The date of its dump; null for events."),
            count("rows_read", "Its rows."),
            count("rejected", "Its rows that could not be used."),
            text("reason", "Why it was rejected as a whole, if it was."),
            text("detail", "The same as a sentence."),
            text("unknown_columns", "Columns that were ignored."),
        ),
        ("entity", "file"),
        "inputs",
        ("deliveries",),
    ),
    Declaration(
        "text_ids",
        "What an id stands for, where the settings say that ids are texts; else there is no such "
        "table.",
        (
            text("entity", "producers or tracks."),
            identifier("id", "The id in all other tables."),
            text("text_id", "The text in the current dump."),
        ),
        ("entity", "id"),
        "dumps",
        ("deliveries",),
    ),
)
#: What is published of producers, achievements and the input: `content_sha256` is over it.
CONTENT: Final[Mapping[str, Declaration]] = {table.name: table for table in _CONTENT}
#: The one row that describes a snapshot.
SNAPSHOT: Final = Declaration(
    "snapshot",
    'One row: what this snapshot is. `published_at` is the dashboard\'s "last updated", '
    "`data_through` the greatest time among what counts.",
    (
        text("snapshot_id", "The name of the snapshot."),
        time("published_at", "When a refresh first published this content."),
        time("as_of", "Events at or after this time do not count yet."),
        time(
            "data_through", "The greatest time among the events that count and the dumps in force."
        ),
        text("rulebook_name", "The rulebook's name."),
        text("rulebook_version", "The rulebook's version."),
        text("rulebook_sha256", "A hash of the rulebook's file."),
        count("producers", "How many producers there are."),
        text("content_sha256", "A hash of the rulebook and all other tables: equal is the same."),
    ),
    ("snapshot_id",),
    "snapshot",
    tuple(CONTENT),
)
#: All published tables.
PUBLISHED: Final[Mapping[str, Declaration]] = {SNAPSHOT.name: SNAPSHOT, **CONTENT}
