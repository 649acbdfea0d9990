"""Rows of export files after validation: one file per export file, with the rows' numbers.

(Specification, section 1.)
"""

from collections.abc import Mapping
from typing import Final

from pipelines.tables.columns import DISPLAY_NAME, LISTED, PRODUCER_ID, STATUS, TRACK_ID
from pipelines.tables.declaration import Column, Declaration, count, flag, identifier, text, time

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

LISTENER_ID: Final = identifier("listener_id", "The listener's id; null for one who is not known.")
_ROW: Final = count("row", "The row's number in its file, from 1.")


def _rows(entity: str, row: str, key: tuple[str, ...], *columns: Column) -> Declaration:
    return Declaration(entity, row, (*columns, _ROW), key)


_DECLARATIONS: Final = (
    _rows(
        "producers",
        "A producer as one dump has them.",
        ("producer_id",),
        PRODUCER_ID,
        DISPLAY_NAME,
        time("joined_at", "When the producer joined."),
        count("profile_completion", "How complete the profile is, 0 to 100."),
        STATUS,
        identifier("user_id", "The producer's own listener id."),
        LISTED,
    ),
    _rows(
        "tracks",
        "A track as one dump has it.",
        ("track_id",),
        TRACK_ID,
        identifier("producer_id", "The uploader's id."),
        text("title", "The track's title."),
        text("status", "draft, published or removed."),
        time("published_at", "When the track was published."),
        time("updated_at", "When the track was last changed."),
        *(flag(field, f"Whether the field {field} is filled.") for field in METADATA_FIELDS),
    ),
    _rows(
        "credits",
        "A producer who is credited on a track, as one dump has it.",
        ("track_id", "producer_id"),
        TRACK_ID,
        PRODUCER_ID,
        time("credited_at", "When the producer was credited."),
    ),
    _rows(
        "plays",
        "A play.",
        ("play_id",),
        identifier("play_id", "The play's id."),
        TRACK_ID,
        time("played_at", "When the track was played."),
        LISTENER_ID,
        count("seconds_played", "How long it was listened to."),
    ),
    _rows(
        "earnings",
        "A payment or a refund.",
        ("earning_id",),
        identifier("earning_id", "The earning's id."),
        PRODUCER_ID,
        count("amount_cents", "Cents; negative is a refund."),
        time("earned_at", "When it was earned."),
        TRACK_ID,
    ),
    _rows(
        "grants",
        "An achievement that was granted by hand.",
        ("grant_id",),
        identifier("grant_id", "The grant's id."),
        PRODUCER_ID,
        text("achievement_id", "The achievement's id in the rulebook."),
        time("granted_at", "When it was granted."),
        text("granted_by", "Who granted it."),
        text("note", "What was written beside it."),
    ),
    _rows(
        "adjustments",
        "XP that were given or taken by hand.",
        ("adjustment_id",),
        identifier("adjustment_id", "The adjustment's id."),
        PRODUCER_ID,
        count("xp", "XP; negative if taken away."),
        time("adjusted_at", "When it was adjusted."),
        text("reason", "Why."),
        text("adjusted_by", "Who adjusted it."),
    ),
)

#: By entity.
EXPORT_ROWS: Final[Mapping[str, Declaration]] = {table.name: table for table in _DECLARATIONS}


def kept_columns(entity: str, *left_out: str) -> tuple[Column, ...]:
    """The columns of an entity's rows but their numbers and those that are left out."""
    return tuple(
        column
        for column in EXPORT_ROWS[entity].columns
        if column.name not in (_ROW.name, *left_out)
    )
