"""What an erasure came to, as whoever asked for it keeps it."""

from datetime import datetime

import msgspec


class Rows(msgspec.Struct):
    """Rows of an entity's export files, each counted once for each content that is kept."""

    removed: int = 0
    made_unknown: int = 0


class Changed(msgspec.Struct, frozen=True):
    """A snapshot that was computed again; `after` is None if it only would be."""

    snapshot_id: str
    content_sha256_before: str
    content_sha256_after: str | None


class Removed(msgspec.Struct, frozen=True):
    """A snapshot that was removed, since it could not be computed again."""

    snapshot_id: str
    reason: str


class Receipt(msgspec.Struct):
    """What was erased at a time, or would be (`is_dry_run`).

    `export_files` are those that are there and still hold rows of somebody who was erased now or
    before: whoever writes the exports has to see to them. `user_ids` are the ids that the erased
    producers have as listeners, as far as they are kept. `open_questions`: how many commands are
    at work on what they found before; it goes when they end.
    """

    at: datetime
    is_dry_run: bool
    rows: dict[str, Rows] = {}
    changed: list[Changed] = []
    removed: list[Removed] = []
    unchanged: list[str] = []
    export_files: list[str] = []
    user_ids: list[str] = []
    open_questions: int = 0
