"""Working tables of the ledger, of progress, of boards and of what is published of the input."""

from typing import Final

from pipelines.tables.columns import ACHIEVEMENT, DAY, PRODUCER_ID, QUANTITY, UNLOCKS, XP
from pipelines.tables.declaration import Declaration, count, day, text

LEDGER: Final = (
    Declaration(
        "awards",
        "Ledger rows of each source but plays: a producer and a day.",
        (DAY, PRODUCER_ID, QUANTITY, XP),
        ("day", "producer_id"),
        "awards",
        (
            "producers",
            "uploads",
            "metadata_completions",
            "collaborations",
            "adjustments",
            "activity_unlocks",
            "play_unlocks",
            "producer_plays",
        ),
    ),
    Declaration(
        "xp_sums",
        "A producer who has a ledger row.",
        (
            PRODUCER_ID,
            count("play_xp", "XP from plays."),
            count("xp", "The sum of the ledger except level achievements, which award nothing."),
        ),
        ("producer_id",),
        "level_ups",
        ("producers", "producer_plays", "awards"),
    ),
    Declaration(
        "level_unlocks",
        "A level achievement that a producer unlocked.",
        UNLOCKS,
        ("producer_id", "achievement"),
        "level_ups",
        ("level_ups",),
    ),
)

PROGRESS: Final = (
    Declaration(
        "unlock_counts",
        "A producer who has unlocked anything.",
        (PRODUCER_ID, count("rows", "Unlocks of one table.")),
        ("producer_id",),
        "progress",
        internal=True,
    ),
    Declaration(
        "holder_counts",
        "An achievement that anybody has.",
        (ACHIEVEMENT, count("rows", "Producers who have it.")),
        ("achievement",),
        "progress",
        internal=True,
    ),
    Declaration(
        "award_sums",
        "A producer who has ledger rows of one source.",
        (PRODUCER_ID, count("quantity", "Their quantities."), count("xp", "Their XP.")),
        ("producer_id",),
        "progress",
        internal=True,
    ),
    Declaration(
        "best_tracks",
        "An uploader whose tracks were played.",
        (PRODUCER_ID, count("plays", "Valid plays of the most played track.")),
        ("producer_id",),
        "progress",
        internal=True,
    ),
    Declaration(
        "partner_counts",
        "A producer who has partners.",
        (PRODUCER_ID, count("partners", "How many.")),
        ("producer_id",),
        "progress",
        internal=True,
    ),
    Declaration(
        "earning_sums",
        "A producer who has earnings.",
        (PRODUCER_ID, count("earnings_cents", "Earnings less refunds, in cents.")),
        ("producer_id",),
        "progress",
        internal=True,
    ),
)

OTHERS: Final = (
    Declaration(
        "quality_scores",
        "A producer who has a live track.",
        (PRODUCER_ID, count("score", "How complete the tracks are: 10000 = all fields of all.")),
        ("producer_id",),
        "leaderboard",
        internal=True,
    ),
    Declaration(
        "unmatched",
        "An entity.",
        (
            text("entity", "The kind of export."),
            count("unmatched", "Accepted rows that refer to something unknown."),
        ),
        ("entity",),
        "inputs",
        internal=True,
    ),
    Declaration(
        "unmatched_rows",
        "An accepted row that refers to something unknown; made when somebody asks.",
        (
            text("entity", "The kind of export."),
            text("file", "The file's path below the folder of its entity."),
            count("row", "The row's number in its file, from 1."),
            day("day", "The UTC date of the event; null for dumps."),
            text("unknown", "What is unknown."),
            text("original", "The row's values as they were read."),
        ),
        ("entity", "file", "row"),
        internal=True,
    ),
)
