"""Rewards out of proportion: what is harder gives less, or one step leads through many levels.

A rulebook may say so, but hardly means it; see ``warnings``.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import get_args

from pipelines.rulebook.checks import Found
from pipelines.rulebook.model import (
    RATED_SOURCES,
    Achievement,
    Metric,
    Rarity,
    Rulebook,
    RulebookFile,
    Source,
)
from pipelines.rulebook.tables import END_DAY, FIRST_DAY, best_worth, rate_steps
from pipelines.rulebook.wording import ONE, goal

#: One step may lead through fewer levels than this without a warning.
_MANY_LEVELS = 3
#: An award from so much on, and of more than so many times what is done for it, dwarfs it.
_GREAT_AWARD, _TIMES = 1_000, 10
_CENTURY_DAYS = (END_DAY - FIRST_DAY) // timedelta(days=1)
_RARITIES: tuple[Rarity, ...] = get_args(Rarity)
#: What one of a metric's threshold surely is, in activities.
_ACTIVITIES: dict[Metric, tuple[Source, ...]] = {
    "uploads": ("upload",),
    "complete_tracks": ("upload", "metadata"),
    "collaborations": ("collaboration",),
    "plays": ("play",),
    "track_plays": ("play",),
    "day_plays": ("play",),
    "upload_streak": ("upload",),
}

Placed = tuple[int, Achievement]


def out_of_order(file: RulebookFile) -> Found:
    """Achievements of one metric of which a harder one awards less XP, or is commoner.

    Those that award 0 XP are marks of honour, and left out of the first. Found are the fewest that
    stand against the most others, not everything that one slip puts into the wrong order.
    """
    for (place, odd), other in _odd_awards(file):
        yield (
            ("achievements", place, "xp"),
            f"is {odd.xp:,} for {_goal(odd)}, but {other.id} awards {other.xp:,} for "
            f"{_goal(other)}; the harder one is to award no less, change one of them.",
        )
    for entries in _by_metric(file).values():
        for (place, odd), other in _odd(entries, lambda entry: _RARITIES.index(entry.rarity)):
            yield (
                ("achievements", place, "rarity"),
                f"is {odd.rarity} for {_goal(odd)}, but {other.id} is {other.rarity} for "
                f"{_goal(other)}; the harder one is to be no commoner, change one of them.",
            )


def _by_metric(file: RulebookFile) -> dict[Metric, list[Placed]]:
    by_metric: dict[Metric, list[Placed]] = defaultdict(list)
    for place, entry in enumerate(file.achievements):
        if entry.threshold is not None:
            by_metric[entry.metric].append((place, entry))
    return by_metric


def _odd_awards(file: RulebookFile) -> Iterator[tuple[Placed, Achievement]]:
    for entries in _by_metric(file).values():
        awarding = [placed for placed in entries if placed[1].xp]
        yield from _odd(awarding, lambda entry: entry.xp)


def _odd(
    entries: Sequence[Placed], reward: Callable[[Achievement], int]
) -> Iterator[tuple[Placed, Achievement]]:
    """The entries that keep the reward from rising with the threshold, each with one that does."""
    ordered = sorted(entries, key=lambda placed: _hardness(placed[1]))
    against: dict[int, set[int]] = {number: set() for number in range(len(ordered))}
    for easier, (_, one) in enumerate(ordered):
        for harder in range(easier + 1, len(ordered)):
            other = ordered[harder][1]
            if _hardness(other) > _hardness(one) and reward(other) < reward(one):
                against[easier].add(harder)
                against[harder].add(easier)
    while against:
        worst = max(against, key=lambda number: (len(against[number]), number))
        if not against[worst]:
            return
        nearest = min(against[worst], key=lambda number: abs(number - worst))
        yield ordered[worst], ordered[nearest][1]
        for number in against.pop(worst):
            against[number].remove(worst)


def _hardness(entry: Achievement) -> int:
    """A number that is greater for a threshold that is harder to reach; an earlier day is."""
    if isinstance(entry.threshold, date):
        return -entry.threshold.toordinal()
    return entry.threshold or 0


def _goal(entry: Achievement) -> str:
    return goal(entry.metric, entry.threshold)


def rarities(file: RulebookFile) -> Found:
    """Rarities of which the best achievement awards more than all of a rarer one.

    Only what is counted is compared: a day of joining or a grant may be an honour of few XP. What
    is out of order within its metric is found by that.
    """
    odd = {place for (place, _), _ in _odd_awards(file)}
    best: dict[Rarity, Placed] = {}
    for place, entry in enumerate(file.achievements):
        is_counted = isinstance(entry.threshold, int) and place not in odd
        if is_counted and entry.xp > (best[entry.rarity][1].xp if entry.rarity in best else 0):
            best[entry.rarity] = (place, entry)
    for number, rarity in enumerate(_RARITIES):
        if rarity not in best:
            continue
        place, entry = best[rarity]
        for rarer in _RARITIES[number + 1 :]:
            most = best[rarer][1].xp if rarer in best else entry.xp
            if entry.xp > most:
                yield (
                    ("achievements", place, "xp"),
                    f"is {entry.xp:,} though it is {rarity}: no {rarer} achievement that is "
                    f"counted awards more than {most:,}; change the XP or the rarity.",
                )
                break


def awards(rulebook: Rulebook, file: RulebookFile) -> Found:
    """Great awards beside which what is done for them is worth next to nothing."""
    for place, entry in enumerate(file.achievements):
        sources = _ACTIVITIES.get(entry.metric, ())
        if not sources or not isinstance(entry.threshold, int):
            continue
        own = entry.threshold * sum(_best_rate(rulebook, source) for source in sources)
        if own and entry.xp >= _GREAT_AWARD and entry.xp > _TIMES * own:
            yield (
                ("achievements", place, "xp"),
                f"is {entry.xp:,} for {_goal(entry)}, {entry.xp // own:,} times the {own:,} XP "
                "that this gives by itself; lower it, or raise the rate.",
            )


def _best_rate(rulebook: Rulebook, source: Source) -> int:
    return max((xp for _, xp in rate_steps(rulebook, source)), default=0)


def joining(file: RulebookFile) -> Found:
    """Days of joining before which nobody, or everybody, has joined."""
    for place, entry in enumerate(file.achievements):
        day = entry.threshold
        if isinstance(day, date) and not FIRST_DAY < day < END_DAY:
            who = "nobody can have joined" if day <= FIRST_DAY else "everybody joins"
            yield (
                ("achievements", place, "threshold"),
                f"is {day}, before which {who}; correct the day.",
            )


def levels(rulebook: Rulebook, file: RulebookFile) -> Found:
    """Levels that lie too close together, and those that nobody can reach."""
    places = {entry.level: place for place, entry in enumerate(file.levels)}
    least = [entry.min_xp for entry in rulebook.levels]
    yield from _one_step(rulebook, places, least)
    yield from _one_award(rulebook, places)
    yield from _never(rulebook, places)


def _one_step(rulebook: Rulebook, places: dict[int, int], least: Sequence[int]) -> Found:
    source = max(RATED_SOURCES, key=lambda one: _best_rate(rulebook, one))
    unit = _best_rate(rulebook, source)
    # From one XP below a level, how many of those from there on are reached with one activity.
    passed = [
        bisect_right(least, least[number] - 1 + unit) - number for number in range(1, len(least))
    ]
    if (most := max(passed, default=0)) >= _MANY_LEVELS:
        first = passed.index(most) + 2
        yield (
            ("levels", places[first], "min_xp"),
            f"is {least[first - 1]:,}, and that of level {first + most - 1} is "
            f"{least[first + most - 2]:,}: {ONE[source]}, worth {unit:,} XP, can lead through "
            f"{most:,} levels at once; set them farther apart, or lower the rate.",
        )


def _one_award(rulebook: Rulebook, places: dict[int, int]) -> Found:
    top = rulebook.levels[-1]
    greatest = max(rulebook.achievements, key=lambda entry: entry.xp, default=None)
    if top.level > _MANY_LEVELS and greatest is not None and greatest.xp >= top.min_xp:
        yield (
            ("levels", places[top.level], "min_xp"),
            f"is {top.min_xp:,}, no more than the {greatest.xp:,} XP of {greatest.id} alone, with "
            "which everybody is at the top at once; raise it, or lower that award.",
        )


def _never(rulebook: Rulebook, places: dict[int, int]) -> Found:
    """The lowest level that is above all that can be earned, where there is a limit to it."""
    in_a_day = 0
    for source in RATED_SOURCES:
        cap: int | None = getattr(rulebook.daily_caps, source)
        if best_worth(rulebook, source):
            if cap is None:
                return
            in_a_day += cap
    reachable = sum(entry.xp for entry in rulebook.achievements) + in_a_day * _CENTURY_DAYS
    for entry in rulebook.levels:
        if entry.min_xp > reachable:
            activity = f"a century at the daily caps of {in_a_day:,} XP in all gives no more"
            yield (
                ("levels", places[entry.level], "min_xp"),
                f"is {entry.min_xp:,}, which nobody can reach: "
                f"{activity if in_a_day else 'no activity is worth any XP'}, and with all "
                f"achievements that is {reachable:,}; lower it, or let activity be worth more.",
            )
            return
