"""What differs in the parts of two rulebooks that apply to some days: rates and boosts."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from pipelines.rulebook.change import Change, changed_entry, changed_keys, sentence
from pipelines.rulebook.model import RATED_SOURCES, Boost, Rulebook, Source
from pipelines.rulebook.tables import rate_on
from pipelines.rulebook.wording import ONE, boosted
from pipelines.vocabulary import SOURCES


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days, up to `until` (exclusive; None = for good), on which one activity is worth other XP."""

    source: Source
    was: int
    now: int
    until: date | None

    def __str__(self) -> str:
        return f"{ONE[self.source]} is worth {self.now:,} XP instead of {self.was:,}"


def rate_changes(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    """Changed rates, by first day. Entries are matched by it."""
    was, now = ({rate.from_day: rate for rate in book.rates} for book in (before, after))
    stretches = {source: _stretches(before, after, source) for source in RATED_SOURCES}
    for day in sorted(was.keys() | now.keys()):
        path = f"xp.rates (from {day})"
        here = [stretches[source][day] for source in RATED_SOURCES if day in stretches[source]]
        if day in was and day in now:
            said: dict[str, str] = {
                one.source: sentence(f"{one}, {_days(day, one.until)}") for one in here
            }
            days: dict[str, date] = dict.fromkeys(RATED_SOURCES, day)
            yield from changed_keys("rates", path, was[day], now[day], said, days)
            continue
        what = "new rates" if day in now else "removed rates"
        effects = [f"{one}{f' until before {one.until}' if one.until else ''}" for one in here]
        effect = "; ".join(effects) or "everything is worth what it was"
        text = sentence(f"{what} from {day} on: {effect}")
        yield changed_entry("rates", path, was.get(day), now.get(day), text, day)


def _stretches(before: Rulebook, after: Rulebook, source: Source) -> dict[date, _Stretch]:
    """By first day, the stretches on which one activity of a source is worth other XP.

    A stretch begins where an entry's own rate was changed, or else with an entry that only one of
    the two has. So each belongs to one entry, and together they hold every day that differs.
    """
    own = [
        {rate.from_day: getattr(rate, source) for rate in book.rates} for book in (before, after)
    ]
    starts: list[tuple[date, int, int]] = []
    last = (0, 0)
    for day in sorted(own[0].keys() | own[1].keys()):
        pair = (rate_on(before, source, day)[0], rate_on(after, source, day)[0])
        is_changed_here = all(day in rates for rates in own) and pair[0] != pair[1]
        if pair != last or is_changed_here:
            starts.append((day, *pair))
        last = pair
    ends = [*(day for day, _, _ in starts), None][1:]
    return {
        day: _Stretch(source, was, now, end)
        for (day, was, now), end in zip(starts, ends, strict=True)
        if was != now
    }


def _days(first: date, until: date | None) -> str:
    return f"from {first} on" if until is None else f"from {first} until before {until}"


#: Boosts that are alike in one of these are the same one, changed; the earlier likeness wins.
_LIKENESS: tuple[Callable[[Boost], object], ...] = (
    lambda boost: (boost.source, boost.from_day, boost.until_day),
    lambda boost: (boost.source, boost.from_day),
    lambda boost: (boost.source, boost.until_day),
)


def boost_changes(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    """Changed boosts, then removed and new ones, each by source and days."""
    was, now = Counter(before.boosts), Counter(after.boosts)
    removed, added = list((was - now).elements()), list((now - was).elements())
    pairs: list[tuple[Boost, Boost]] = []
    for likeness in _LIKENESS:
        for old in tuple(removed):
            new = next((one for one in added if likeness(one) == likeness(old)), None)
            if new is not None:
                removed.remove(old)
                added.remove(new)
                pairs.append((old, new))
    for old, new in sorted(pairs, key=lambda pair: before.boosts.index(pair[0])):
        first, end = min(old.from_day, new.from_day), min(old.until_day, new.until_day)
        days = {"percent": first, "from_day": first, "until_day": end}
        yield from changed_keys("boosts", _path(old), old, new, _boost_sentences(old, new), days)
    for old in removed:
        text = sentence(f"removed boost: {boosted(old, 'gave')}")
        yield changed_entry("boosts", _path(old), old, None, text, old.from_day)
    for new in added:
        text = sentence(f"new boost: {boosted(new)}")
        yield changed_entry("boosts", _path(new), None, new, text, new.from_day)


def _path(boost: Boost) -> str:
    return f"xp.boosts ({boost.source} from {boost.from_day} until {boost.until_day})"


def _boost_sentences(old: Boost, new: Boost) -> dict[str, str]:
    what = f"The boost of {SOURCES[new.source]}"
    return {
        "percent": f"{what} {_days(new.from_day, new.until_day)} is {new.percent:,}% instead of "
        f"{old.percent:,}%.",
        "from_day": f"{what} until before {new.until_day} begins on {new.from_day} instead of "
        f"{old.from_day}.",
        "until_day": f"{what} from {new.from_day} on ends before {new.until_day} instead of "
        f"{old.until_day}.",
    }
