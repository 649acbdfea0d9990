"""What generated rows are made of: columns by kind, cells that are no values, broken lines."""

from dataclasses import dataclass
from typing import TypeAlias

Row: TypeAlias = dict[str, object]
"""Ints (times too: microseconds since 1970), Booleans, texts, lists, None, or BadCell by column."""


@dataclass(frozen=True)
class BadCell:
    """A cell that is no value of its column: how CSV writes it, and how NDJSON does."""

    text: str
    json: str | None = None
    """A JSON literal; None = the text as a JSON string."""


class BrokenLine:
    """A line that a text format cannot read as a row; Parquet files leave it out."""


Line: TypeAlias = Row | BrokenLine

SNAPSHOTS = ("producers", "tracks", "credits")
EVENTS = ("plays", "earnings", "grants", "adjustments")
METADATA = (
    "artwork",
    "description",
    "genres",
    "tags",
    "bpm",
    "musical_key",
    "scale",
    "collection",
)

KINDS: dict[str, dict[str, str]] = {
    "producers": {
        "producer_id": "id",
        "display_name": "text:200",
        "joined_at": "time",
        "profile_completion": "percent",
        "status": "choice",
        "user_id": "id",
        "listed": "flag",
    },
    "tracks": {
        "track_id": "id",
        "producer_id": "id",
        "title": "text:300",
        "status": "choice",
        "published_at": "time",
        "updated_at": "time",
        **dict.fromkeys(METADATA, "list"),
        "bpm": "number",
    },
    "credits": {"track_id": "id", "producer_id": "id", "credited_at": "time"},
    "plays": {
        "play_id": "id",
        "track_id": "id",
        "played_at": "time",
        "listener_id": "id",
        "seconds_played": "count",
    },
    "earnings": {
        "earning_id": "id",
        "producer_id": "id",
        "amount_cents": "cents",
        "earned_at": "time",
        "track_id": "id",
    },
    "grants": {
        "grant_id": "id",
        "producer_id": "id",
        "achievement_id": "text",
        "granted_at": "time",
        "granted_by": "text",
        "note": "text",
    },
    "adjustments": {
        "adjustment_id": "id",
        "producer_id": "id",
        "xp": "xp",
        "adjusted_at": "time",
        "reason": "text",
        "adjusted_by": "text",
    },
}
"""Columns of each entity and what they hold."""

OPTIONAL = {
    "producers": ("user_id", "listed"),
    "tracks": ("published_at", *METADATA),
    "credits": (),
    "plays": ("listener_id", "seconds_played"),
    "earnings": ("track_id",),
    "grants": ("granted_by", "note"),
    "adjustments": ("adjusted_by",),
}
"""Columns that a file may leave out."""

WHOLE_NUMBERS = ("id", "percent", "count", "cents", "xp")
"""Kinds of columns that hold integers."""
