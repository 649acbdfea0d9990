"""What a rulebook may say, but hardly means: rules without effect, and likely slips of the pen.

None of it keeps a rulebook from being used; mistakes that do are in ``checks`` and ``model``.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipelines.mistakes import Location, Mistake, in_file_order, key_path, shown
from pipelines.rulebook.model import SOURCES, Boost, Rate, Rulebook, RulebookFile, Source
from pipelines.rulebook.tables import END_DAY, FIRST_DAY, days_of_change, rate_on, rate_steps
from pipelines.rulebook.wording import ONE, goal
from pipelines.words import CATEGORIES
from pipelines.words import SOURCES as COUNTED

Found = Iterator[tuple[Location, str]]

#: Whoever writes a percent below this means so many times.
_TIMES = 10
_HOUR = 3600


def warnings(rulebook: Rulebook) -> list[Mistake]:
    """Every rule that is surely not meant, with its key path, in the order of the file."""
    tables = tomllib.loads(rulebook.text.removeprefix("\ufeff"))
    # The rulebook's entries are sorted; those of the file have the places that key paths name.
    file = RulebookFile.model_validate(tables)
    found = [
        *_metadata(file),
        *_plays(file),
        *_rates(rulebook, file),
        *_left_out(file),
        *_boosts(rulebook, file),
        *_daily_caps(rulebook),
        *_levels(file),
        *_achievements(file),
        *_weights(file),
    ]
    return in_file_order(
        (Mistake(key_path(location, tables), problem) for location, problem in found), tables
    )


def _metadata(file: RulebookFile) -> Found:
    if file.metadata.complete_at_percent == 0:
        yield (
            ("metadata", "complete_at_percent"),
            "is 0, so that every published track is complete with nothing filled in; write at "
            "least 1.",
        )


def _plays(file: RulebookFile) -> Found:
    seconds = file.plays.min_seconds
    if seconds > _HOUR:
        yield (
            ("plays", "min_seconds"),
            f"is {seconds:,} seconds, over an hour, which hardly a play reaches; write seconds.",
        )


# Rates --------------------------------------------------------------------------------------------


def _rates(rulebook: Rulebook, file: RulebookFile) -> Found:
    """Entries without which everything is worth the same.

    Each is judged without those that were found before it: of two equal ones, one is needed.
    """
    needed = rulebook
    for place, rate in reversed(list(enumerate(file.xp.rates))):
        without = replace(needed, rates=tuple(one for one in needed.rates if one != rate))
        days = {day for source in SOURCES for day in days_of_change(needed, source)} - {END_DAY}
        if all(
            rate_on(without, source, day) == rate_on(needed, source, day)
            for source in SOURCES
            for day in days
        ):
            needed = without
            yield ("xp", "rates", place), f"{_why_no_effect(rate, without)}; remove it."


def _why_no_effect(rate: Rate, without: Rulebook) -> str:
    before = [one for one in without.rates if one.from_day < rate.from_day]
    after = [one for one in without.rates if one.from_day > rate.from_day]
    if rate.from_day >= END_DAY:
        return f"begins after {END_DAY.year - 1}, when nothing can happen"
    if after and after[0].from_day <= FIRST_DAY:
        return f"ends before {FIRST_DAY.year}, when nothing can happen yet"
    if before:
        return f"changes nothing: the rates from {before[-1].from_day} on are the same"
    return "gives 0 XP for everything, as without it"


def _left_out(file: RulebookFile) -> Found:
    """A source that an entry does not name is worth 0 from then on, whatever it was before."""
    by_day = sorted(enumerate(file.xp.rates), key=lambda placed: placed[1].from_day)
    for (_, before), (place, rate) in pairwise(by_day):
        for source in SOURCES:
            was: int = getattr(before, source)
            if was and source not in rate.model_fields_set:
                yield (
                    ("xp", "rates", place),
                    f"leaves out {source}, so that {ONE[source]} is worth 0 XP from then on; write "
                    f"{source} = {was} to keep what it was, or {source} = 0 if it is meant.",
                )


# Boosts -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a boost does from a day on: the rate, and its percent without and with the boost."""

    day: date
    rate: int
    without: int
    percent: int

    @property
    def is_none(self) -> bool:
        return self.rate * self.without // 100 == self.rate * self.percent // 100


def _boosts(rulebook: Rulebook, file: RulebookFile) -> Found:
    """Boosts without which everything is worth the same, and those that give next to nothing.

    As with rates, of two equal ones one is needed.
    """
    needed = rulebook
    for place, boost in reversed(list(enumerate(file.xp.boosts))):
        others = list(needed.boosts)
        others.remove(boost)
        without = replace(needed, boosts=tuple(others))
        effects = _effects(boost, needed, without)
        if all(effect.is_none for effect in effects):
            needed = without
            yield ("xp", "boosts", place), _why_never(boost, effects, rulebook)
        elif problem := _next_to_nothing(boost, effects):
            yield ("xp", "boosts", place), problem


def _effects(boost: Boost, rulebook: Rulebook, without: Rulebook) -> list[_Effect]:
    """One for each day of the boost on which anything about it changes."""
    source = boost.source
    days = days_of_change(rulebook, source)[:-1]
    return [
        _Effect(day, *rate_on(without, source, day), rate_on(rulebook, source, day)[1])
        for day in days
        if boost.from_day <= day < boost.until_day
    ]


def _why_never(boost: Boost, effects: list[_Effect], rulebook: Rulebook) -> str:
    if not effects:
        return f"lies outside {FIRST_DAY} to {END_DAY}, when nothing can happen; correct its days."
    one, best = ONE[boost.source], max(effect.rate for effect in effects)
    if best == 0:
        steps = rate_steps(rulebook, boost.source)
        later = [day for day, xp in steps if xp and day >= boost.until_day]
        hint = f" (but from {later[0]} on)" if later else ""
        return (
            f"never takes effect: {one} is worth 0 XP on its days{hint}; remove it or correct its "
            "days."
        )
    if any(effect.percent != effect.without for effect in effects):
        return (
            f"never takes effect: {boost.percent:,}% of {best:,} XP, rounded down, is what it is "
            "without it; raise the percent, remove the boost, or raise the rate."
        )
    if boost.percent == 100:
        return "is 100 percent, which changes nothing; write 200 for twice the XP, or remove it."
    return (
        f"never takes effect: only the greatest percent applies, and other boosts of "
        f"{COUNTED[boost.source]} give as much or more on all its days; remove it or raise its "
        "percent."
    )


def _next_to_nothing(boost: Boost, effects: list[_Effect]) -> str | None:
    if 0 < boost.percent < _TIMES:
        return (
            f"is {boost.percent} percent of the rate, next to nothing; write {100 * boost.percent} "
            f"for {boost.percent} times the XP."
        )
    lost = [one.rate for one in effects if one.rate and one.rate * one.percent < 100]
    if boost.percent and lost:
        return (
            f"gives nothing: {boost.percent} percent of {lost[0]:,} XP, rounded down, is 0 XP; "
            "write 0 if it is meant, or raise the percent or the rate."
        )
    return None


# The rest -----------------------------------------------------------------------------------------


def _daily_caps(rulebook: Rulebook) -> Found:
    for source in SOURCES:
        cap: int | None = getattr(rulebook.daily_caps, source)
        if cap is None:
            continue
        best = max(_worth(rulebook, source))
        if best == 0:
            yield (
                ("xp", "daily_caps", source),
                f"limits what is worth 0 XP on every day; remove it, or give {source} a rate.",
            )
        elif cap < best:
            yield (
                ("xp", "daily_caps", source),
                f"is {cap:,}, but {ONE[source]} is worth up to {best:,} XP, of which nobody gets "
                f"more than {cap:,}; write at least {best}, or lower the rate.",
            )


def _worth(rulebook: Rulebook, source: Source) -> Iterator[int]:
    for day in days_of_change(rulebook, source)[:-1]:
        rate, percent = rate_on(rulebook, source, day)
        yield rate * percent // 100


def _levels(file: RulebookFile) -> Found:
    first: dict[str, int] = {}
    for place, level in enumerate(file.levels):
        if level.title in first:
            yield (
                ("levels", place, "title"),
                f"{shown(level.title)} is also the title of level {first[level.title]}; nobody can "
                "tell them apart, give one another.",
            )
        first.setdefault(level.title, level.level)


def _achievements(file: RulebookFile) -> Found:
    goals: dict[tuple[str, object], str] = {}
    names: dict[str, str] = {}
    for place, entry in enumerate(file.achievements):
        same = (entry.metric, entry.threshold)
        if same in goals and entry.threshold is not None:
            yield (
                ("achievements", place, "threshold"),
                f"is reached with {goal(entry.metric, entry.threshold)}, just as that of "
                f"{goals[same]}; change one of them.",
            )
        if entry.name in names:
            yield (
                ("achievements", place, "name"),
                f"{shown(entry.name)} is also the name of {names[entry.name]}; nobody can tell "
                "them apart, give one another.",
            )
        goals.setdefault(same, entry.id)
        names.setdefault(entry.name, entry.id)


def _weights(file: RulebookFile) -> Found:
    weights = file.leaderboards.overall
    for category in type(weights).model_fields:
        if category in weights.model_fields_set and getattr(weights, category) == 0:
            yield (
                ("leaderboards", "overall", category),
                f"is 0, so that the board {CATEGORIES[category]} does not matter in the overall "
                "one; raise it, or remove the line.",
            )
