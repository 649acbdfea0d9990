"""One small marketplace as people write it, for `beatxp inspect`."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Row = Sequence[Any]

COLUMNS = {
    "producers": (
        "producer_id", "display_name", "joined_at", "profile_completion", "status", "user_id",
        "listed",
    ),
    "tracks": (
        "track_id", "producer_id", "title", "status", "published_at", "updated_at", "artwork",
        "description", "genres",
    ),
    "plays": ("play_id", "track_id", "played_at", "listener_id", "seconds_played"),
}  # fmt: skip
ROWS: dict[str, list[Row]] = {
    "producers": [
        (1, 'Ann "A"', "2026-01-01 10:00:00", 100, "active", 101, True),
        (2, "Bob, jr", "2026-01-02 10:00:00", 90, "suspended", 102, True),
        (3, "Cä\\d", "2026-01-03 10:00:00", 80, "active", None, None),
    ],
    "tracks": [
        (11, 1, 'T "1"', "published", "2026-02-01 10:00:00", "2026-02-02 10:00:00", None, "d", "a"),
        (12, 2, "T, 2", "draft", None, "2026-02-02 10:00:00", None, None, None),
        (13, 3, "T\n3", "removed", "2026-02-03 10:00:00", "2026-02-03 10:00:00", None, None, None),
    ],
    "plays": [
        (n, 11 if n % 2 else 13, f"2026-03-0{1 + n % 5} 1{n % 10}:00:00", 101 if n % 3 else None, 9)
        for n in range(1, 40)
    ],
}
_CODES = {"published": 1, "draft": 0, "removed": 2, "active": 1, "suspended": 0}
Shape = Callable[[Path], None]


def _write(exports: Path, names: dict[str, str], text: Callable[[str], str | bytes]) -> None:
    for entity, name in names.items():
        path = exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text(entity)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


def _names(ending: str, stamp: str = "2026-04-01") -> dict[str, str]:
    return {
        "producers": f"producers/{stamp}.{ending}",
        "tracks": f"tracks/{stamp}.{ending}",
        "plays": f"plays/part-0.{ending}",
    }


def _coded(entity: str) -> list[Row]:
    return [[_CODES.get(cell, cell) for cell in row] for row in ROWS[entity]]


def _csv(rows: Iterable[Row], null: str = "", delimiter: str = ",", quoting: int = 0) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerows([null if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def other_names(exports: Path) -> None:
    """CSV of another country, with other names for folders, columns and states."""
    folders = {
        "producers": "users/2026-04-01.csv",
        "tracks": "beats/2026-04-01.csv",
        "plays": "listens/all.csv",
    }
    headers = {
        "producers": ("id", "name", "created_at", "profile_completion", "is_active", "listener_id",
                      "public"),
        "tracks": ("id", "user_id", "title", "status", "published_at", "updated_at", "cover_url",
                   "description", "genre"),
        "plays": ("id", "beat_id", "listened_at", "user_id", "duration"),
    }  # fmt: skip

    def text(entity: str) -> str:
        return _csv([headers[entity], *_coded(entity)], delimiter=";", quoting=csv.QUOTE_ALL)

    _write(exports, folders, text)


def null_words(exports: Path) -> None:
    """CSV of an SQL client, in files with a date as people write it."""

    def text(entity: str) -> str:
        return _csv([COLUMNS[entity], *ROWS[entity]], null="NULL", quoting=csv.QUOTE_ALL)

    _write(exports, _names("csv", "dump-01.04.2026"), text)


SHAPES: tuple[Shape, ...] = (other_names, null_words)
