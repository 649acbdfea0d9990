"""Rules between several keys of a rulebook (specification, section 3).

They read the parsed TOML, not the models, so that they are reported together with wrong types
elsewhere; whatever has a wrong type itself is left to the models.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeGuard

from pipelines.errors import Location, Problem, is_whole, key_path, shown
from pipelines.rulebook.model import LARGEST

Tables = list[tuple[int, Mapping[str, Any]]]
#: What is found, with its place in the parsed file.
Found = Iterator[tuple[Location, str]]


def cross_check(data: Mapping[str, Any]) -> list[Problem]:
    """Every mistake that no single key shows, in the order of the file's sections."""
    found = [
        *_metadata(data),
        *_rates(data),
        *_boosts(data),
        *_levels(data),
        *_achievements(data),
        *_weights(data),
    ]
    return [Problem(key_path(location, data), problem) for location, problem in found]


def _at(data: object, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _tables(data: Mapping[str, Any], *keys: str) -> Tables:
    entries = _at(data, *keys)
    if not isinstance(entries, list):
        return []
    return [(i, entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping)]


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)


def _metadata(data: Mapping[str, Any]) -> Found:
    fields = _at(data, "metadata", "fields")
    if not isinstance(fields, list):
        return
    for name, times in Counter(field for field in fields if isinstance(field, str)).items():
        if times > 1:
            yield ("metadata", "fields"), f"names {shown(name)} {times} times; keep it once."


def _rates(data: Mapping[str, Any]) -> Found:
    first: dict[date, int] = {}
    for i, rate in _tables(data, "xp", "rates"):
        if not _is_day(day := rate.get("from")):
            continue
        if day in first:
            yield (
                ("xp", "rates", i, "from"),
                f"{day} is also the start of xp.rates[{first[day] + 1}]; merge the two or change "
                "one of the days.",
            )
        first.setdefault(day, i)


def _boosts(data: Mapping[str, Any]) -> Found:
    for i, boost in _tables(data, "xp", "boosts"):
        start, end = boost.get("from"), boost.get("until")
        if _is_day(start) and _is_day(end) and start >= end:
            yield (
                ("xp", "boosts", i, "until"),
                f"is {end}, but must be later than from = {start}: it is the day after the last.",
            )


def _levels(data: Mapping[str, Any]) -> Found:
    numbered: dict[int, tuple[int, Any]] = {}
    for i, entry in _tables(data, "levels"):
        if not is_whole(level := entry.get("level")):
            continue
        if level in numbered:
            first = numbered[level][0] + 1
            yield ("levels", i, "level"), f"level {level} is also levels[{first}]; renumber one."
        else:
            numbered[level] = (i, entry.get("min_xp"))
    expected = 1
    below: tuple[int, int] | None = None
    for level in sorted(numbered):
        i, min_xp = numbered[level]
        if level > expected:
            yield (
                ("levels", i, "level"),
                f"is {level}, but there is no level {expected}; number the levels 1, 2, 3, ... "
                "without a gap.",
            )
        expected = level + 1
        if not is_whole(min_xp):
            continue
        if level == 1 and min_xp != 0:
            yield ("levels", i, "min_xp"), f"is {min_xp}; level 1 starts at 0."
        if below and min_xp <= below[1]:
            yield (
                ("levels", i, "min_xp"),
                f"is {min_xp}; it must be greater than the {below[1]} of level {below[0]}.",
            )
        below = (level, min_xp)


def _achievements(data: Mapping[str, Any]) -> Found:
    levels = [entry.get("level") for _, entry in _tables(data, "levels")]
    top = max((level for level in levels if is_whole(level)), default=1)
    first: dict[str, int] = {}
    for i, entry in _tables(data, "achievements"):
        name, metric = entry.get("id"), entry.get("metric")
        if isinstance(name, str):
            if name in first:
                yield (
                    ("achievements", i, "id"),
                    f"{shown(name)} is also the id of achievements[{first[name] + 1}]; ids are "
                    "unique, give one of them another.",
                )
            first.setdefault(name, i)
        if isinstance(metric, str):
            if problem := _threshold_problem(metric, entry, top):
                yield ("achievements", i, "threshold"), problem
            if metric == "level" and is_whole(xp := entry.get("xp")) and xp != 0:
                yield (
                    ("achievements", i, "xp"),
                    f"is {xp}; achievements for a level award 0 XP, so that XP never depends on "
                    "itself.",
                )


def _threshold_problem(metric: str, entry: Mapping[str, Any], top: int) -> str | None:
    threshold = entry.get("threshold")
    if metric == "granted":
        return None if threshold is None else "is given, but granted has none; remove this line."
    if threshold is None:
        example = "2026-01-01" if metric == "joined_before" else "10"
        return f"is missing; add how much of {metric} is needed, like threshold = {example}."
    if metric == "joined_before":
        if _is_day(threshold):
            return None
        return f"must be a date without quotes or time, like 2026-01-01, not {shown(threshold)}."
    if not is_whole(threshold):
        return f"must be a whole number for {metric}, not {shown(threshold)}."
    if metric == "level" and not 2 <= threshold <= top:
        return f"is {threshold}; it must be a level from 2 to the top level, {top}."
    if threshold < 1:
        return f"is {threshold}; the smallest allowed value is 1."
    if threshold > LARGEST:
        return f"is {shown(threshold)}; the greatest allowed value is {LARGEST}."
    return None


def _weights(data: Mapping[str, Any]) -> Found:
    weights = _at(data, "leaderboards", "overall")
    # A negative or mistyped weight is reported by its key; this is about a board without any.
    if isinstance(weights, Mapping) and all(is_whole(w) and w == 0 for w in weights.values()):
        yield (
            ("leaderboards", "overall"),
            "has no weight above 0; give at least one board a weight, like points = 30.",
        )
