"""Working tables of activity: who did what, and when; plays by day."""

from typing import Final

from pipelines.tables.columns import DAY, PLAYS, PRODUCER_ID, TRACK_ID
from pipelines.tables.declaration import Declaration, count, day, flag, identifier, time

CATALOGUE: Final = (
    Declaration(
        "collaborators",
        "A collaborator of a track.",
        (TRACK_ID, PRODUCER_ID, time("credited_at", "When the producer was credited.")),
        ("track_id", "producer_id"),
        "catalogue",
        ("producers", "tracks", "credits"),
    ),
    Declaration(
        "uploads",
        "A live track of a known uploader.",
        (
            PRODUCER_ID,
            TRACK_ID,
            time("uploaded_at", "When the track was published."),
            count("filled_fields", "How many of the rulebook's metadata fields are filled."),
        ),
        ("track_id",),
        "catalogue",
        ("producers", "tracks"),
    ),
    Declaration(
        "metadata_completions",
        "A live track whose metadata is complete.",
        (PRODUCER_ID, TRACK_ID, time("completed_at", "Since when it is complete.")),
        ("track_id",),
        "catalogue",
        ("uploads", "first_complete"),
    ),
    Declaration(
        "collaborations",
        "A collaboration of a producer on a live track.",
        (PRODUCER_ID, TRACK_ID, time("collaborated_at", "When it counts.")),
        ("track_id", "producer_id"),
        "catalogue",
        ("producers", "tracks", "collaborators"),
    ),
    Declaration(
        "partners",
        "Two producers who have worked together, in both directions.",
        (
            PRODUCER_ID,
            identifier("partner_id", "The other producer's id."),
            time("since", "The earliest time at which they did."),
        ),
        ("producer_id", "partner_id"),
        "catalogue",
        ("collaborations",),
    ),
    Declaration(
        "attribution",
        "Days on which a producer earns a track's plays; the uploader's row covers all days.",
        (
            TRACK_ID,
            identifier("producer_id", "Who earns; null if nobody earns as the uploader."),
            day("from_day", "The first day."),
            day("until_day", "The day after the last one."),
        ),
        ("track_id", "producer_id", "from_day"),
        "catalogue",
        ("producers", "tracks", "collaborators", "profile_history"),
    ),
    Declaration(
        "self_listeners",
        "A listener whose plays of a track are self plays.",
        (TRACK_ID, identifier("listener_id", "The uploader's or a collaborator's listener id.")),
        ("track_id", "listener_id"),
        "catalogue",
        ("producers", "tracks", "collaborators"),
    ),
)

PLAY_TABLES: Final = (
    Declaration(
        "counted_plays",
        "A play after re-deliveries and corrections; only of days that are not plain export rows.",
        (
            TRACK_ID,
            time("played_at", "When the track was played."),
            flag("valid", "Whether the rulebook's [plays] rules let it count."),
        ),
        (),
        "counted_plays",
        ("deliveries", "self_listeners"),
    ),
    Declaration(
        "track_plays",
        "A track that was played on a day, also without a valid play.",
        (DAY, TRACK_ID, count("plays", "Valid plays.")),
        ("day", "track_id"),
        "producer_plays",
        ("counted_plays", "attribution"),
    ),
    Declaration(
        "producer_plays",
        "A producer who earned plays on a day.",
        (DAY, PRODUCER_ID, PLAYS),
        ("day", "producer_id"),
        "producer_plays",
        ("counted_plays", "attribution"),
    ),
)
