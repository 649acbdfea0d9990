"""Working tables of achievements: when thresholds were reached, and what that unlocked."""

from typing import Final

from pipelines.tables.columns import METRIC, PLAYS, PRODUCER_ID, REACHED_AT, TRACK_ID, UNLOCKS, K
from pipelines.tables.declaration import Declaration, count, day, time

ACHIEVEMENTS: Final = (
    Declaration(
        "track_totals",
        "A track that has any valid plays.",
        (TRACK_ID, count("plays", "Valid plays.")),
        ("track_id",),
        "play_milestones",
        ("track_plays",),
    ),
    Declaration(
        "track_milestones",
        "A threshold of valid plays that a track reached.",
        (TRACK_ID, K, REACHED_AT),
        ("track_id", "k"),
        "play_milestones",
        ("counted_plays", "track_plays"),
    ),
    Declaration(
        "play_totals",
        "A producer who has any plays.",
        (PRODUCER_ID, PLAYS),
        ("producer_id",),
        "play_milestones",
        ("producer_plays",),
    ),
    Declaration(
        "best_days",
        "A producer who has any plays.",
        (PRODUCER_ID, count("plays", "Plays on the producer's best day.")),
        ("producer_id",),
        "play_milestones",
        ("producer_plays",),
    ),
    Declaration(
        "play_milestones",
        "A threshold of plays, in all or within one day, that a producer reached.",
        (PRODUCER_ID, METRIC, K, REACHED_AT),
        ("producer_id", "metric", "k"),
        "play_milestones",
        ("counted_plays", "producer_plays", "attribution"),
    ),
    Declaration(
        "milestones",
        "A threshold of something other than plays that a producer reached.",
        (PRODUCER_ID, METRIC, K, REACHED_AT),
        ("producer_id", "metric", "k"),
        "activity_unlocks",
        internal=True,
    ),
    Declaration(
        "upload_streak_weeks",
        "An ISO week in which a producer uploaded.",
        (
            PRODUCER_ID,
            day("week", "The week's Monday."),
            time("first_upload", "The first upload in it."),
            count("nth", "Which one it is of a run of such weeks."),
        ),
        ("producer_id", "week"),
        "activity_unlocks",
        internal=True,
    ),
    Declaration(
        "activity_unlocks",
        "An achievement that a producer unlocked, except those of plays and of levels.",
        UNLOCKS,
        ("producer_id", "achievement"),
        "activity_unlocks",
        (
            "producers",
            "uploads",
            "metadata_completions",
            "collaborations",
            "partners",
            "earnings",
            "grants",
        ),
    ),
    Declaration(
        "upload_streaks",
        "A producer who has uploaded.",
        (
            PRODUCER_ID,
            count("best_upload_streak", "Most ISO weeks in a row with an upload in each."),
        ),
        ("producer_id",),
        "activity_unlocks",
        ("uploads",),
    ),
    Declaration(
        "play_unlocks",
        "An achievement that a producer unlocked by plays.",
        UNLOCKS,
        ("producer_id", "achievement"),
        "play_unlocks",
        ("producers", "tracks", "play_milestones", "track_milestones"),
    ),
)
