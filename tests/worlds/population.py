"""What really happened in a generated world: full dumps at several stamps, and all events."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .columns import METADATA, Row
from .texts import DAY

_NAMES = (
    "Nova",
    "Zo\u00eb \U0001f3a7",
    "\u6771\u4eac\u30d3\u30fc\u30c8",
    'Kay "8" Beats',
    "Lo-Fi, Inc.",
    "a\nb",
    "c\r\nd",
    "  spaced  ",
    "=1+1",
    "<script>alert(1)</script>",
    "O'Neil",
    "\U0001f3a7" * 200,
    '"',
)
_FILLINGS: dict[str, tuple[object, ...]] = {
    "artwork": ("a.png", "b.png"),
    "description": ("dark", "  ", "\u00a0", "a\nb"),
    "genres": (["trap"], ["trap", None], [], [None], [" ", "\t"], "drill", [""]),
    "tags": (["x", "y"], [], "z", " "),
    "bpm": (90, 140, 0, -1, 92.5),
    "musical_key": ("C", "F#m"),
    "scale": ("minor", "\v\f"),
    "collection": ("pack", ""),
}
_UNKNOWN = 9_000


@dataclass(frozen=True)
class Population:
    """Dumps by entity, the earliest first, as (stamp, rows); events by entity."""

    dumps: dict[str, list[tuple[int, list[Row]]]]
    events: dict[str, list[Row]]


class Clock:
    """Times with many ties, day boundaries and single microseconds."""

    def __init__(self, rng: Random, first_day: int, span: int) -> None:
        self._rng = rng
        self._first_day = first_day
        self._span = span
        self._shared = [self._fresh() for _ in range(25)]

    def __call__(self) -> int:
        """Some time of the world, in microseconds since 1970."""
        if self._rng.random() < 0.12:
            return self._rng.choice(self._shared)
        return self._fresh()

    def _fresh(self) -> int:
        day = (self._first_day + self._rng.randrange(self._span)) * DAY
        form = self._rng.random()
        if form < 0.1:
            return day
        if form < 0.16:
            return day + DAY - 1
        second = self._rng.randrange(86_400) * 1_000_000
        if form < 0.2:
            return day + second - second % 3_600_000_000
        return day + second + self._rng.choice((0, 0, 1, 500_000, 999_999))


def populate(rng: Random, first_day: int, span: int, size: float) -> Population:
    """A world of tens of producers and, with size 1, hundreds of plays."""
    clock = Clock(rng, first_day, span)
    producers = {key: _producer(rng, clock, key) for key in range(1, rng.randrange(6, 30))}
    tracks = {
        key: _track(rng, clock, key, list(producers)) for key in range(1, rng.randrange(10, 70))
    }
    credits: dict[tuple[object, object], Row] = {}
    for _ in range(len(tracks)):
        credit = _credit(rng, clock, list(tracks), list(producers))
        credits[credit["track_id"], credit["producer_id"]] = credit
    dumps: dict[str, list[tuple[int, list[Row]]]] = {"producers": [], "tracks": [], "credits": []}
    for stamp in _stamps(rng, first_day, span):
        for row in producers.values():
            _age_producer(rng, row)
        for row in tracks.values():
            _age_track(rng, clock, row, stamp)
        for entity, rows in (
            ("producers", list(producers.values())),
            ("tracks", list(tracks.values())),
            ("credits", list(credits.values())),
        ):
            if rng.random() < 0.8:
                there = [dict(row) for row in rows if rng.random() < 0.95]
                rng.shuffle(there)
                # The exporters of the entities do not run at the same minute.
                later = rng.choice((0, 0, 3_600_000_000, 5_400_000_000))
                dumps[entity].append((stamp + later, there))
    return Population(dumps, _events(rng, clock, producers, tracks, size))


def skewed(rng: Random, keys: Sequence[int]) -> int:
    """One of the keys, the first ones far more often; sometimes one that nobody knows."""
    if rng.random() < 0.02:
        return _UNKNOWN
    return keys[int(len(keys) * rng.random() ** 3)]


def _rarely(rng: Random, extreme: int, usual: tuple[int, ...]) -> int:
    """The extreme of a range is allowed, but would drown everything else if it were common."""
    return extreme if rng.random() < 0.01 else rng.choice(usual)


def _stamps(rng: Random, first_day: int, span: int) -> list[int]:
    hours = rng.sample(range(span * 24), rng.randrange(2, 7))
    return sorted(
        first_day * DAY + (hour - hour % rng.choice((1, 6, 24))) * 3_600_000_000 for hour in hours
    )


def _producer(rng: Random, clock: Clock, key: int) -> Row:
    return {
        "producer_id": key,
        "display_name": rng.choice(_NAMES),
        "joined_at": clock(),
        "profile_completion": rng.choice((0, 25, 49, 50, 79, 80, 100)),
        "status": "suspended" if rng.random() < 0.1 else "active",
        "user_id": rng.choice((None, 1, 10_000 + key, 10_000 + key, 10_000 + key)),
        "listed": (None, True, False)[key % 3],
    }


def _age_producer(rng: Random, row: Row) -> None:
    if rng.random() < 0.5:
        row["profile_completion"] = rng.choice((0, 49, 50, 79, 80, 99, 100))
    if rng.random() < 0.04:
        row["status"] = rng.choice(("active", "suspended"))
    if rng.random() < 0.1:
        row["listed"] = not row["listed"]


def _track(rng: Random, clock: Clock, key: int, producers: list[int]) -> Row:
    status = rng.choice(("draft", "removed", *["published"] * 8))
    row: Row = {
        "track_id": key,
        "producer_id": skewed(rng, producers),
        "title": rng.choice((f"Beat {key}", "x" * 300, " ", "\u6771\u4eac")),
        "status": status,
        "published_at": clock() if status == "published" or rng.random() < 0.5 else None,
        "updated_at": clock(),
    }
    return row | {name: _filling(rng, name) for name in METADATA}


def _filling(rng: Random, name: str) -> object:
    choices = _FILLINGS[name]
    form = rng.random()
    return None if form < 0.3 else choices[0] if form < 0.8 else rng.choice(choices)


def _age_track(rng: Random, clock: Clock, row: Row, stamp: int) -> None:
    if rng.random() < 0.4:
        for name in rng.sample(METADATA, 2):
            row[name] = _filling(rng, name)
        row["updated_at"] = clock() if rng.random() < 0.3 else stamp - rng.randrange(DAY)
    if rng.random() < 0.08:
        row["status"] = rng.choice(("draft", "removed", "published", "published"))
        if row["status"] == "published" and row["published_at"] is None:
            row["published_at"] = clock()
    if rng.random() < 0.03 and row["published_at"] is not None:
        row["published_at"] = clock()


def _credit(rng: Random, clock: Clock, tracks: list[int], producers: list[int]) -> Row:
    return {
        "track_id": skewed(rng, tracks),
        "producer_id": skewed(rng, producers),
        "credited_at": clock(),
    }


def _events(
    rng: Random, clock: Clock, producers: dict[int, Row], tracks: dict[int, Row], size: float
) -> dict[str, list[Row]]:
    people, beats = list(producers), list(tracks)
    listeners = [None, None, 1, *range(10_001, 10_001 + len(people)), *range(50_000, 50_010)]
    plays: list[Row] = [
        {
            "play_id": key if rng.random() < 0.95 else rng.randrange(1, key + 1),
            "track_id": skewed(rng, beats),
            "played_at": clock(),
            "listener_id": rng.choice(listeners[: rng.choice((5, len(listeners)))]),
            "seconds_played": rng.choice((None, 0, 1, 29, 30, 31, 180, 2**40)),
        }
        for key in range(1, int(rng.randrange(150, 700) * size))
    ]
    earnings: list[Row] = [
        {
            "earning_id": key,
            "producer_id": skewed(rng, people),
            "amount_cents": _rarely(rng, 10**12, (0, 1, 99, 100, 2_500, 9_900, -2_500, -100)),
            "earned_at": clock(),
            "track_id": rng.choice((None, skewed(rng, beats))),
        }
        for key in range(1, int(rng.randrange(10, 150) * size))
    ]
    grants: list[Row] = [
        {
            "grant_id": key,
            "producer_id": skewed(rng, people),
            "achievement_id": rng.choice(("beta", "beta", "Staff pick \U0001f3a7", "zz", "Beta")),
            "granted_at": clock(),
            "granted_by": rng.choice((None, "admin")),
            "note": rng.choice((None, "", 'said "yes", twice')),
        }
        for key in range(1, rng.randrange(3, 30))
    ]
    adjustments: list[Row] = [
        {
            "adjustment_id": key,
            "producer_id": skewed(rng, people),
            "xp": _rarely(rng, rng.choice((10**9, -(10**9))), (1, 50, 500, -50, -300, -900)),
            "adjusted_at": clock(),
            "reason": rng.choice(("contest", " ", "chargeback\nsee note")),
            "adjusted_by": rng.choice((None, "admin")),
        }
        for key in range(1, rng.randrange(3, 25))
    ]
    return {"plays": plays, "earnings": earnings, "grants": grants, "adjustments": adjustments}
