"""The small marketplace that every system exports, as the tables of its application hold it.

The names of tables and columns are the application's, not those of BeatXP, and times are UTC.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

Table = list[dict[str, Any]]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


#: When the dumps were made, and what the refreshes of the tests count up to.
DUMPED = _time("2026-11-01T00:00")
AS_OF = datetime(2026, 11, 2)

_NAMES = [
    'Ana "The Ear" Li',
    "Beat, Maker & Sons; Ltd",
    "Two\nLines",
    r"C:\new\table",
    "Zoë\t🎧",
    "NULL",
]
_TITLES = [
    "Plain",
    'Say "hi"',
    '"quoted"',
    '"',
    "One, two; three|four",
    "First line\nSecond line",
    "Windows\r\nline",
    "\nStarts and ends with a line\n",
    r"C:\new\table",
    "Ends with \\",
    r"A \"mixed\" one, with both",
    "Tab\there",
    "Żółć 🎧👩‍🎤",
    "NULL",
    "nan",
    "  Spaces around  ",
    "Form\ffeed, vertical\vtab, back\bspace",
    "'single' `back`",
    '{"a": [1, null]}',
]

PRODUCERS: Table = [
    {
        "id": n,
        "name": name,
        "created_at": _time(f"2025-0{n}-01T12:00"),
        "profile_percent": 15 * n - 5,
        "status": "suspended" if n == 6 else "active",
        "user_id": None if n == 2 else 9_007_199_254_740_000 + n,
        "listed": n != 3,
    }
    for n, name in enumerate(_NAMES, 1)
]


def _track(n: int, title: str) -> dict[str, Any]:
    """The eleventh is a draft, the twelfth removed; the metadata of every third are complete."""
    full = n % 3 == 0
    return {
        "id": 100 + n,
        "producer_id": n % len(PRODUCERS) + 1,
        "title": title,
        "status": {11: "draft", 12: "removed"}.get(n, "published"),
        "published_at": None if n == 11 else _time(f"2026-0{n % 9 + 1}-03T23:30:00.250"),
        "updated_at": _time(f"2026-10-{n:02}T08:00"),
        "artwork": f"https://music.example/{n}.png" if n % 2 or full else None,
        "description": title if full else None,
        # Of eight fields seven are needed: the ninth track has six, since a list is empty.
        "genres": [] if n == 9 else ["house", 'deep, "slow" house'],
        "tags": ["a"],
        "bpm": None if n == 9 else 120.5,
        "musical_key": "C#" if full else None,
        "scale": "minor",
        "collection": "B-sides" if full else None,
    }


TRACKS: Table = [_track(n, title) for n, title in enumerate(_TITLES, 1)]

#: Around midnight and clock changes in Berlin (2026-03-29 01:00 and 2026-10-25 01:00 in UTC), and
#: around midnight in UTC.
_MOMENTS = [
    "2026-03-29T00:30:00",
    "2026-03-29T01:00:00",
    "2026-03-29T01:30:00",
    "2026-10-24T22:30:00",
    "2026-10-25T00:30:00",
    "2026-10-25T01:30:00",
    "2026-10-25T02:00:00",
    "2026-10-25T23:15:00",
    "2026-10-31T22:59:59.999999",
    "2026-10-31T23:00:00",
    "2026-10-31T23:59:59.999999",
    "2026-11-01T00:00:00",
    "2026-11-01T12:00:00.125",
]

PLAYS: Table = [
    {
        # Two that a float cannot tell apart are among them.
        "id": 9_007_199_254_740_980 + len(TRACKS) * m + t,
        "track_id": track["id"],
        "played_at": _time(moment),
        "listener_id": None if t % 4 == 0 else 5000 + t,
        "seconds": None if m % 5 == 0 else 30 * m,
    }
    for m, moment in enumerate(_MOMENTS)
    for t, track in enumerate(TRACKS)
    if (m + t) % 5 == 0
]

TABLES = {"producers": PRODUCERS, "tracks": TRACKS, "plays": PLAYS}
IDS = ("id", "producer_id", "track_id", "user_id", "listener_id")
LISTS = ("genres", "tags")


def uuid_of(number: int) -> str:
    """The id of an application that has UUIDs, for what has this number here."""
    return str(_uuid(number))


def object_id_of(number: int) -> str:
    """The same in a document database."""
    return _uuid(number).hex[:24]


def _uuid(number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://music.example/{number}")
