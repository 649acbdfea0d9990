"""Which of a file's names may be meant for a column of ours."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from pipelines.vocabulary import COLUMNS

#: What other systems call a column, the likeliest first; `id` is the entity's own.
_CALLED: Final[dict[str, tuple[str, ...]]] = {
    "producer_id": (
        "producer",
        "artist_id",
        "uploader_id",
        "owner_id",
        "author_id",
        "creator_id",
        "user_id",
        "account_id",
        "seller_id",
    ),
    "display_name": (
        "name",
        "artist_name",
        "producer_name",
        "username",
        "user_name",
        "nickname",
        "full_name",
        "title",
    ),
    "joined_at": (
        "joined",
        "created_at",
        "registered_at",
        "signup_at",
        "signed_up_at",
        "created",
        "created_on",
        "registration_date",
        "join_date",
        "date_joined",
        "inserted_at",
    ),
    "profile_completion": (
        "completion",
        "profile_complete",
        "profile_percent",
        "profile_progress",
        "completeness",
        "profile_completeness",
        "completion_percent",
    ),
    "status": (
        "state",
        "account_status",
        "visibility",
        "is_active",
        "active",
        "is_published",
        "published",
    ),
    "user_id": ("listener_id", "account_id", "member_id"),
    "listed": ("is_listed", "public", "is_public", "show_on_leaderboards"),
    "track_id": ("track", "beat_id", "song_id", "item_id", "product_id", "recording_id"),
    "title": ("name", "track_title", "beat_title", "song_title", "track_name", "beat_name"),
    "published_at": (
        "published",
        "published_on",
        "released_at",
        "release_date",
        "publish_date",
        "live_at",
    ),
    "updated_at": (
        "updated",
        "modified_at",
        "last_modified",
        "changed_at",
        "updated_on",
        "modified",
        "last_updated",
    ),
    "artwork": ("artwork_url", "cover", "cover_url", "image", "image_url", "cover_art"),
    "description": ("desc", "about", "summary"),
    "genres": ("genre", "genre_names"),
    "tags": ("tag", "tag_list", "labels", "keywords"),
    "musical_key": ("key", "key_signature"),
    "scale": ("mode", "key_mode"),
    "collection": ("album", "collection_name", "pack", "playlist"),
    "bpm": ("tempo", "beats_per_minute"),
    "credited_at": ("created_at", "added_at", "created", "inserted_at"),
    "play_id": ("event_id", "listen_id", "stream_id", "uuid"),
    "played_at": (
        "played",
        "listened_at",
        "timestamp",
        "ts",
        "event_time",
        "time",
        "created_at",
        "occurred_at",
        "started_at",
        "datetime",
        "date",
        "event_timestamp",
    ),
    "listener_id": ("listener", "user_id", "account_id", "member_id", "visitor_id"),
    "seconds_played": (
        "seconds",
        "duration",
        "duration_seconds",
        "listened_seconds",
        "play_seconds",
        "duration_s",
    ),
    "earning_id": ("payment_id", "sale_id", "transaction_id", "payout_id", "order_id"),
    "amount_cents": ("amount", "cents", "amount_in_cents", "net_cents", "total_cents"),
    "earned_at": ("paid_at", "sold_at", "created_at", "timestamp", "ts", "date", "created"),
    "grant_id": ("award_id",),
    "achievement_id": ("achievement", "badge", "badge_id"),
    "granted_at": ("awarded_at", "created_at", "timestamp", "ts", "created"),
    "granted_by": ("awarded_by", "admin", "created_by", "by"),
    "note": ("notes", "comment"),
    "adjustment_id": ("correction_id",),
    "xp": ("points", "amount", "xp_delta", "delta"),
    "adjusted_at": ("created_at", "timestamp", "ts", "created"),
    "reason": ("comment", "note", "why", "description"),
    "adjusted_by": ("admin", "created_by", "by"),
}
#: What each entity's rows are identified by, and folders that may hold them.
_OWN_ID: Final = {
    "producers": "producer_id",
    "tracks": "track_id",
    "plays": "play_id",
    "earnings": "earning_id",
    "grants": "grant_id",
    "adjustments": "adjustment_id",
}
_FOLDERS: Final[dict[str, tuple[str, ...]]] = {
    "producers": ("producer", "users", "artists", "creators", "sellers", "accounts", "profiles"),
    "tracks": ("track", "beats", "songs", "products", "items", "recordings"),
    "credits": ("credit", "collaborators", "contributors", "collaborations", "track_credits"),
    "plays": ("play", "listens", "streams", "play_events", "events", "playbacks", "listenings"),
    "earnings": ("earning", "sales", "payments", "payouts", "transactions", "orders"),
    "grants": ("grant", "awards", "badges", "achievement_grants"),
    "adjustments": ("adjustment", "corrections", "xp_adjustments"),
}
#: How MongoDB's extended JSON says of which type a value is; it stands below the name.
_WRAPPERS: Final = (
    "$oid", "$date", "$numberlong", "$numberint", "$uuid", "$numberdecimal", "$numberdouble",
)  # fmt: skip


def names_for(entity: str, column: str, names: Iterable[str]) -> list[str]:
    """The names that may be meant for a column, the likeliest first."""
    own = ("id", "_id") if _OWN_ID.get(entity) == column else ()
    called = (column, *own, *_CALLED.get(column, ()))
    rank = {_plain(name): place for place, name in reversed(list(enumerate(called)))}
    likely = []
    for name in names:
        last = _last_part(name)
        if last in rank:
            # What was before a change is not what is meant.
            likely.append(("before" in name.lower().split("."), rank[last], name.count("."), name))
    return [name for *_, name in sorted(likely)]


def common_parent(entity: str, names: Collection[str]) -> str:
    """The path below which most names are that may be meant for columns of an entity."""
    parents = Counter(
        parent_of(name) for column in COLUMNS[entity] for name in names_for(entity, column, names)
    )
    return max(parents, key=lambda parent: parents[parent], default="")


def parent_of(name: str) -> str:
    """The dotted path above a name, as far as it says more than of which type a value is."""
    return ".".join(_parts(name)[:-1])


def folders_for(entity: str, folders: Iterable[str]) -> list[str]:
    """The folders that may hold an entity's files, the likeliest first."""
    called = (entity, *_FOLDERS[entity])
    rank = {_plain(name): place for place, name in reversed(list(enumerate(called)))}
    likely = [
        (rank[last], folder)
        for folder in folders
        if (last := _plain(re.split("[/.]", folder)[-1])) in rank
    ]
    return [folder for _, folder in sorted(likely)]


def _parts(name: str) -> list[str]:
    return [part for part in name.split(".") if part.lower() not in _WRAPPERS]


def _last_part(name: str) -> str:
    parts = _parts(name)
    return _plain(parts[-1]) if parts else ""


def _plain(name: str) -> str:
    """A name without regard to how its words are put together."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]", "", words.lower())
