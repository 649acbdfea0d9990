"""When each achievement was unlocked, and the bests that the dashboard shows (section 3)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .activity import Deeds
from .clock import DAY, day_of, day_of_date, week_of
from .entities import Row


def kth(times: Iterable[int], k: int) -> int | None:
    """The k-th smallest time, None if there are fewer than k."""
    ordered = sorted(times)
    return ordered[k - 1] if len(ordered) >= k else None


def by_day(times: list[int]) -> dict[int, list[int]]:
    """Times grouped by their UTC date."""
    groups: dict[int, list[int]] = defaultdict(list)
    for time in times:
        groups[day_of(time)].append(time)
    return groups


def streaks(uploads: list[int]) -> list[tuple[int, int]]:
    """(length of the streak so far, first upload of the week) for each week with an upload."""
    first_of_week: dict[int, int] = {}
    for time in sorted(uploads):
        first_of_week.setdefault(week_of(day_of(time)), time)
    result: list[tuple[int, int]] = []
    for week, time in first_of_week.items():
        length = result[-1][0] + 1 if week - 1 in first_of_week else 1
        result.append((length, time))
    return result


def _earliest(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _earned(earnings: list[tuple[int, int, int]], cents: int) -> int | None:
    total = 0
    for earned_at, _, amount in sorted(earnings):
        total += amount
        if total >= cents:
            return earned_at
    return None


def unlocked_at(
    achievement: dict[str, Any], producer: Row, deeds: Deeds, levels: dict[int, int], as_of: int
) -> int | None:
    """The exact time in microseconds since 1970, None while locked.

    `levels` holds the day on which each level was first reached; it is only read for `level`.
    """
    k: Any = achievement.get("threshold")
    match achievement["metric"]:
        case "uploads":
            return kth(deeds.uploads, k)
        case "complete_tracks":
            return kth(deeds.metadata, k)
        case "collaborations":
            return kth(deeds.collaborations, k)
        case "plays":
            return kth(deeds.plays, k)
        case "partners":
            return kth(deeds.partners.values(), k)
        case "track_plays":
            return _earliest(kth(times, k) for times in deeds.track_plays.values())
        case "day_plays":
            return _earliest(kth(times, k) for times in by_day(deeds.plays).values())
        case "upload_streak":
            return _earliest(time for length, time in streaks(deeds.uploads) if length >= k)
        case "earnings":
            return _earned(deeds.earnings, k)
        case "joined_before":
            joined_at: int = producer["joined_at"]
            early = day_of(joined_at) < day_of_date(k) and joined_at < as_of
            return joined_at if early else None
        case "granted":
            return _earliest(at for at, which in deeds.grants if which == achievement["id"])
        case "level":
            return levels[k] * DAY if k in levels else None
        case unknown:
            raise ValueError(f"The rulebook asks for the metric {unknown!r}, which nothing has.")
