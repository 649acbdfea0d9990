"""Random valid rulebooks whose thresholds lie within what a small world reaches (section 3)."""

import json
from datetime import date, timedelta
from random import Random
from typing import Any

from .columns import METADATA

SOURCES = ("upload", "play", "metadata", "collaboration")
_THRESHOLDS = {
    "uploads": (1, 2, 3, 5, 8),
    "complete_tracks": (1, 2, 4),
    "collaborations": (1, 2, 4, 7),
    "plays": (1, 5, 20, 60, 150),
    "partners": (1, 2, 3, 5),
    "track_plays": (1, 5, 15, 40),
    "day_plays": (1, 2, 4, 9),
    "upload_streak": (1, 2, 3),
    "earnings": (1, 100, 5_000, 20_000),
}


def random_rulebook(rng: Random, first_day: date, span: int) -> dict[str, Any]:
    """A rulebook for activity within `span` days from `first_day` on."""

    def some_day() -> date:
        return first_day + timedelta(days=rng.randrange(span))

    levels = [
        {"level": number, "title": f"Level {number}", "min_xp": min_xp}
        for number, min_xp in enumerate(
            [0, *sorted(rng.sample(range(20, 6_000), rng.randrange(1, 7)))], start=1
        )
    ]
    return {
        "rulebook": {"name": "Random", "version": f"r{rng.randrange(1_000)}"},
        "metadata": {
            "fields": rng.sample(METADATA, rng.choice((1, 3, 5, 8, 8))),
            "complete_at_percent": rng.choice((1, 34, 50, 62, 63, 80, 100)),
        },
        "collaboration": {"play_min_profile_completion": rng.choice((0, 50, 80, 100))},
        "plays": {
            "min_seconds": rng.choice((0, 0, 1, 30)),
            "count_self_plays": rng.random() < 0.5,
            "max_per_listener_track_day": rng.choice((0, 0, 1, 2, 5)),
        },
        "xp": _xp(rng, some_day),
        "levels": levels,
        "achievements": _achievements(rng, len(levels), some_day),
        "leaderboards": {"overall": _weights(rng)},
    }


def changed_rulebook(
    rng: Random, rulebook: dict[str, Any], first_day: date, span: int
) -> dict[str, Any]:
    """The rulebook with one or more of its parts replaced."""
    other = random_rulebook(rng, first_day, span)
    # Level achievements have to fit the levels, so these two change together.
    parts = (
        ("metadata",),
        ("collaboration",),
        ("plays",),
        ("xp",),
        ("levels", "achievements"),
        ("leaderboards",),
    )
    chosen = {name for group in rng.sample(parts, rng.choice((1, 1, 2, 6))) for name in group}
    kept = {name: part for name, part in rulebook.items() if name not in chosen}
    return {name: kept.get(name, other[name]) for name in other}


def drifted_rulebook(
    rng: Random, rulebook: dict[str, Any], first_day: date, span: int
) -> dict[str, Any]:
    """The rulebook with other achievements, a boost of another day, and maybe other levels.

    Plays count as before, and on most days as much.
    """
    other = random_rulebook(rng, first_day, span)
    parts = {name: other[name] for name in ("levels", "achievements")}
    if rng.random() < 0.6:
        # Level achievements have to fit the levels that stay.
        levels = rulebook["levels"]
        fitting = [
            achievement
            for achievement in other["achievements"]
            if achievement["metric"] != "level" or achievement["threshold"] <= len(levels)
        ]
        parts = {"levels": levels, "achievements": fitting}
    start = first_day + timedelta(days=rng.randrange(span))
    boost = {"source": "play", "from": start, "until": start + timedelta(days=1), "percent": 300}
    return {**rulebook, **parts, "xp": {**rulebook["xp"], "boosts": [boost]}}


def _xp(rng: Random, some_day: Any) -> dict[str, Any]:
    starts = {date(2000, 1, 1) if rng.random() < 0.8 else some_day()}
    starts |= {some_day() for _ in range(rng.choice((0, 0, 1, 2)))}
    rates = []
    for start in sorted(starts):
        worth = {
            "upload": (100, 80, 0),
            "play": (1, 3, 7),
            "metadata": (50, 0, 33),
            "collaboration": (25, 30, 1),
        }
        rates.append(
            {"from": start}
            | {
                source: rng.choice(values)
                for source, values in worth.items()
                if rng.random() < 0.93
            }
        )
    rng.shuffle(rates)
    boosts = []
    for _ in range(rng.choice((0, 0, 1, 3, 5))):
        start = some_day()
        boosts.append(
            {
                "source": rng.choice(SOURCES),
                "from": start,
                "until": start + timedelta(days=rng.choice((1, 2, 7, 20))),
                "percent": rng.choice((0, 50, 133, 150, 200, 250)),
            }
        )
    xp: dict[str, Any] = {"rates": rates}
    if boosts:
        # One more that overlaps the first: the greatest percent counts, not the last one written.
        boosts.append(boosts[0] | {"percent": (boosts[0]["percent"] + 117) % 260})
        xp["boosts"] = boosts
    if rng.random() < 0.6:
        xp["daily_caps"] = {
            source: rng.choice((0, 1, 20, 110, 250)) for source in rng.sample(SOURCES, 2)
        }
    return xp


def _achievements(rng: Random, top_level: int, some_day: Any) -> list[dict[str, Any]]:
    chosen: list[tuple[str, str, Any]] = [
        (f"{metric}-{threshold}", metric, threshold)
        for metric, thresholds in _THRESHOLDS.items()
        for threshold in rng.sample(thresholds, 2)
    ]
    chosen += [(f"level-{k}", "level", k) for k in range(2, top_level + 1) if rng.random() < 0.6]
    joined = {some_day() for _ in range(rng.choice((0, 1, 2)))}
    chosen += [(f"joined-{day}", "joined_before", day) for day in sorted(joined)]
    chosen += [(which, "granted", None) for which in ("beta", "Staff pick \U0001f3a7", "zz")]
    rng.shuffle(chosen)
    achievements = []
    for which, metric, threshold in chosen[: rng.randrange(8, len(chosen) + 1)]:
        achievement = {
            "id": which,
            "name": f'The "{which}"',
            "description": rng.choice(("What it takes", "Back\\slash, \ttab and ë")),
            "rarity": rng.choice(("common", "uncommon", "rare", "epic", "legendary")),
            "xp": 0 if metric == "level" else rng.choice((0, 100, 100, 250, 1_000, 10_000)),
            "metric": metric,
        }
        achievements.append(
            achievement if threshold is None else achievement | {"threshold": threshold}
        )
    return achievements


def _weights(rng: Random) -> dict[str, int]:
    categories = ("points", "plays", "uploads", "quality", "collaboration", "earnings")
    chosen = rng.sample(categories, rng.choice((1, 3, 6, 6)))
    return {chosen[0]: 7} | {name: rng.choice((0, 10, 15, 20, 30)) for name in chosen[1:]}


def toml_text(rulebook: dict[str, Any]) -> str:
    """A rulebook as TOML: tables of scalars and lists of scalars, and arrays of such tables."""
    return "\n".join(_table("", rulebook)) + "\n"


def _table(path: str, table: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, value in table.items():
        if not isinstance(value, dict) and not _is_table_list(value):
            lines.append(f"{key} = {_scalar(value)}")
    for key, value in table.items():
        below = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            lines += [f"[{below}]", *_table(below, value)]
        elif _is_table_list(value):
            for item in value:
                lines += [f"[[{below}]]", *_table(below, item)]
    return lines


def _is_table_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    # Strings, integers and booleans are written as in JSON.
    return json.dumps(value, ensure_ascii=False)
