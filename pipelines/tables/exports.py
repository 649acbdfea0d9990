"""Working tables of the exports: the dumps in force and the winning rows of small events."""

from typing import Final

from pipelines.tables.columns import PRODUCER_ID, TRACK_ID
from pipelines.tables.declaration import Declaration, count, time
from pipelines.tables.export_rows import EXPORT_ROWS, kept_columns


def _current(entity: str, row: str, step: str, *left_out: str) -> Declaration:
    return Declaration(
        entity,
        row,
        kept_columns(entity, *left_out),
        EXPORT_ROWS[entity].key,
        step,
        ("deliveries",),
    )


DUMPS: Final = (
    _current("producers", "A producer of the current dump.", "dumps"),
    _current(
        "tracks",
        "A track of the current dump; a metadata field is a flag: filled or not.",
        "dumps",
        "title",
    ),
    _current("credits", "A producer credited on a track in the current dump.", "dumps"),
    Declaration(
        "profile_history",
        "A dump in which a producer's profile completion differs from the one before.",
        (
            PRODUCER_ID,
            time("stamp", "The dump's stamp."),
            count("profile_completion", "How complete the profile is since then, 0 to 100."),
        ),
        ("producer_id", "stamp"),
        "dumps",
        ("deliveries",),
    ),
    Declaration(
        "first_complete",
        "A track whose metadata was complete in at least one visible dump.",
        (TRACK_ID, time("updated_at", "The updated_at in the earliest such dump.")),
        ("track_id",),
        "dumps",
        ("deliveries",),
    ),
)

EVENTS: Final = (
    _current("earnings", "The winning row of an earning.", "events"),
    _current("grants", "The winning row of a grant.", "events"),
    _current("adjustments", "The winning row of an adjustment.", "events"),
)
