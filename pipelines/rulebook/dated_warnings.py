"""Rates and boosts without effect, and likely slips in their days and percents (``warnings``)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from pipelines.rulebook.checks import Found
from pipelines.rulebook.model import RATED_SOURCES, Boost, Rate, Rulebook, RulebookFile
from pipelines.rulebook.tables import END_DAY, FIRST_DAY, days_of_change, rate_on, rate_steps
from pipelines.rulebook.wording import ONE
from pipelines.vocabulary import SOURCES

#: Whoever writes a percent below this means so many times.
_TIMES = 10
#: Rules are made for years, and boosts for days.
_LONG_YEARS = 10
_LONG = timedelta(days=366 * _LONG_YEARS)

# Rates --------------------------------------------------------------------------------------------


def rates(rulebook: Rulebook, file: RulebookFile) -> Found:
    """Entries without which everything is worth the same.

    Each is judged without those that were found before it: of two equal ones, one is needed.
    """
    needed = rulebook
    for place, rate in reversed(list(enumerate(file.xp.rates))):
        without = replace(needed, rates=tuple(one for one in needed.rates if one != rate))
        changes = {day for source in RATED_SOURCES for day in days_of_change(needed, source)}
        days = changes - {END_DAY}
        if all(
            rate_on(without, source, day) == rate_on(needed, source, day)
            for source in RATED_SOURCES
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


def left_out(file: RulebookFile) -> Found:
    """A source that an entry does not name is worth 0 from then on, whatever it was before."""
    by_day = sorted(enumerate(file.xp.rates), key=lambda placed: placed[1].from_day)
    for (_, before), (place, rate) in pairwise(by_day):
        for source in RATED_SOURCES:
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


def boosts(rulebook: Rulebook, file: RulebookFile) -> Found:
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
        f"{SOURCES[boost.source]} give as much or more on all its days; remove it or raise its "
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


def far_off(file: RulebookFile, today: date) -> Found:
    """Entries that begin or end so much later that a digit of the year is likely wrong."""
    dated: list[tuple[str, int, Rate | Boost]] = [
        *(("rates", place, rate) for place, rate in enumerate(file.xp.rates)),
        *(("boosts", place, boost) for place, boost in enumerate(file.xp.boosts)),
    ]
    for key, place, entry in dated:
        # What begins after all time is found as what has no effect.
        if today + _LONG < entry.from_day < END_DAY:
            yield (
                ("xp", key, place, "from"),
                f"is {entry.from_day}, over {_LONG_YEARS} years from now ({today}); correct the "
                "year if it is not meant.",
            )
        if isinstance(entry, Boost) and entry.until_day - entry.from_day > _LONG:
            yield (
                ("xp", key, place, "until"),
                f"is {entry.until_day}, over {_LONG_YEARS} years after it begins; correct the "
                "year, or change the rate instead.",
            )
