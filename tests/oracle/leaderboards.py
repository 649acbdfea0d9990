"""Scores, ranks and the blended category (section 4)."""

from collections.abc import Callable, Iterable
from typing import Any

from .activity import World
from .clock import day_of, day_of_date, to_date
from .ledger import Account

BLENDED = ("points", "plays", "uploads", "quality", "collaboration", "earnings")


def ranks(scores: dict[int, int]) -> list[tuple[int, int, int]]:
    """(rank, producer_id, score), ties sharing the better rank."""
    listed = [
        (1 + sum(other > score for other in scores.values()), producer, score)
        for producer, score in scores.items()
    ]
    return sorted(listed)


def first_days(as_of: int) -> dict[str, int | None]:
    """The first day of each period; None = from the beginning."""
    last = day_of(as_of - 1)
    return {
        "all_time": None,
        "month": day_of_date(to_date(last).replace(day=1)),
        "week": last - to_date(last).weekday(),
    }


def boards(
    world: World, accounts: dict[int, Account], rulebook: dict[str, Any]
) -> dict[tuple[str, str], dict[int, int]]:
    """Scores of the ranked producers by (category, period)."""
    result: dict[tuple[str, str], dict[int, int]] = {}

    def board(category: str, period: str, score: Callable[[int], int]) -> None:
        result[category, period] = {
            key: points
            for key, row in world.producers.items()
            if row["status"] == "active" and (points := score(key)) > 0
        }

    for period, first in first_days(world.as_of).items():
        for category, score in _counted_since(first, world, accounts).items():
            board(category, period, score)
    board("quality", "all_time", lambda key: _quality(world, key, rulebook))
    overall = _overall(result, rulebook)
    board("overall", "all_time", lambda key: overall.get(key, 0))
    return result


def _counted_since(
    first: int | None, world: World, accounts: dict[int, Account]
) -> dict[str, Callable[[int], int]]:
    """The scores that exist for every period, as functions of a producer."""
    return {
        "uploads": lambda key: _count(world.deeds[key].uploads, first),
        "plays": lambda key: _count(world.deeds[key].plays, first),
        "collaboration": lambda key: _count(world.deeds[key].collaborations, first),
        "earnings": lambda key: _cents(world.deeds[key].earnings, first),
        "points": lambda key: (
            accounts[key].total_xp if first is None else accounts[key].xp(first=first)
        ),
    }


def _count(times: Iterable[int], first: int | None) -> int:
    return sum(first is None or day_of(time) >= first for time in times)


def _cents(earnings: list[tuple[int, int, int]], first: int | None) -> int:
    return sum(cents for at, _, cents in earnings if first is None or day_of(at) >= first)


def _quality(world: World, producer: int, rulebook: dict[str, Any]) -> int:
    deeds = world.deeds[producer]
    possible = len(rulebook["metadata"]["fields"]) * deeds.live_tracks
    return 10_000 * deeds.filled_fields // possible if possible else 0


def _overall(
    scores: dict[tuple[str, str], dict[int, int]], rulebook: dict[str, Any]
) -> dict[int, int]:
    weights = rulebook["leaderboards"]["overall"]
    weighted: dict[int, int] = {}
    for category in BLENDED:
        board = scores[category, "all_time"]
        for producer, score in board.items():
            at_most = sum(other <= score for other in board.values())
            percentile = 10_000 * at_most // len(board)
            weighted[producer] = weighted.get(producer, 0) + weights.get(category, 0) * percentile
    return {key: points // sum(weights.values()) for key, points in weighted.items()}
