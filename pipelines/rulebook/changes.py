"""What differs between two rulebooks: every changed key, with a sentence (section 3).

Entries are matched by what they are known by: rates by their first day, levels by their number,
achievements by their id, boosts by source and days. Key paths name them so, as in
`xp.rates (from 2026-01-01).upload`, since their places in the two files need not be the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pipelines.rulebook.change import Change, changed_entry, changed_keys
from pipelines.rulebook.dated_changes import boost_changes, rate_changes
from pipelines.rulebook.model import (
    RATED_SOURCES,
    Achievement,
    Level,
    Rulebook,
    RulebookName,
    Weights,
)
from pipelines.rulebook.tables import rate_steps
from pipelines.rulebook.wording import (
    field_name,
    goal,
    least_listening,
    listener_limit,
    metric_name,
    needed_fields,
    share,
)
from pipelines.vocabulary import CATEGORIES, SOURCES


def changes(before: Rulebook, after: Rulebook) -> list[Change]:
    """Every difference, in the order of the sections; empty if all rules are the same.

    Comments, the order of entries and defaults that are written out are no differences: only
    `sha256` tells of those.
    """
    sections = (
        _identity,
        _metadata,
        _collaboration,
        _plays,
        rate_changes,
        boost_changes,
        _daily_caps,
        _levels,
        _achievements,
        _weights,
    )
    return [change for differing in sections for change in differing(before, after)]


def _identity(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = (RulebookName(name=book.name, version=book.version) for book in (before, after))
    said = {
        "name": f'The rulebook is called "{now.name}" instead of "{was.name}".',
        "version": f'The version is "{now.version}" instead of "{was.version}".',
    }
    return changed_keys("rulebook", "rulebook", was, now, said)


def _metadata(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = before.metadata, after.metadata
    needed = [needed_fields(one.fields, one.complete_at_percent) for one in (now, was)]
    counts = f"{needed[0]} of {len(now.fields)} instead of {needed[1]} of {len(was.fields)}"
    said = {
        "fields": f"A track's details {_fields_changed(was.fields, now.fields)}: complete with "
        f"{counts}."
        if set(was.fields) != set(now.fields)
        else "The fields of a track's details are listed in another order, which changes nothing.",
        "complete_at_percent": (
            f"A track's details are complete with {now.complete_at_percent}% of the fields filled "
            f"in instead of {was.complete_at_percent}%: {counts}."
        ),
    }
    return changed_keys("metadata", "metadata", was, now, said)


def _fields_changed(was: Sequence[str], now: Sequence[str]) -> str:
    new = [field_name(field) for field in now if field not in was]
    gone = [field_name(field) for field in was if field not in now]
    said = [f"now also ask for {', '.join(new)}"] if new else []
    said += [f"no longer ask for {', '.join(gone)}"] if gone else []
    return " and ".join(said)


def _collaboration(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = before.collaboration, after.collaboration
    text = (
        "Collaborators share in plays on days when their profile was filled in to at least "
        f"{now.play_min_profile_completion}% instead of {was.play_min_profile_completion}%."
    )
    said = {"play_min_profile_completion": text}
    return changed_keys("collaboration", "collaboration", was, now, said)


def _plays(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = before.plays, after.plays
    said = {
        "min_seconds": f"A play counts {least_listening(now.min_seconds)} instead of "
        f"{least_listening(was.min_seconds)}.",
        "count_self_plays": "Plays by the makers of a track now count."
        if now.count_self_plays
        else "Plays by the makers of a track no longer count.",
        "max_per_listener_track_day": (
            f"A listener counts {listener_limit(now.max_per_listener_track_day)} instead of "
            f"{listener_limit(was.max_per_listener_track_day)}."
        ),
    }
    return changed_keys("plays", "plays", was, now, said)


def _daily_caps(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = before.daily_caps, after.daily_caps

    def limit(most: int | None) -> str:
        return "any amount" if most is None else f"at most {most:,} XP"

    said: dict[str, str] = {
        source: f"{SOURCES[source].capitalize()} give a producer {limit(getattr(now, source))} a "
        f"day instead of {limit(getattr(was, source))}."
        for source in RATED_SOURCES
    }
    # A cap makes no difference before what it limits is worth something.
    days: dict[str, date] = {}
    for source in RATED_SOURCES:
        worth = [day for book in (before, after) for day, xp in rate_steps(book, source) if xp]
        if worth:
            days[source] = min(worth)
    return changed_keys("daily_caps", "xp.daily_caps", was, now, said, days)


def _levels(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = ({level.level: level for level in book.levels} for book in (before, after))
    for number in sorted(was.keys() | now.keys()):
        old, new, path = was.get(number), now.get(number), f"levels (level {number})"
        if old and new:
            yield from changed_keys("levels", path, old, new, _level_sentences(old, new))
        elif new:
            text = f"New level {number}, {new.title}, which takes {new.min_xp:,} XP."
            yield changed_entry("levels", path, None, new, text)
        elif old:
            text = f"Removed level {number}, {old.title}, which took {old.min_xp:,} XP."
            yield changed_entry("levels", path, old, None, text)


def _level_sentences(old: Level, new: Level) -> Mapping[str, str]:
    return {
        "title": f'Renamed level {new.level} from "{old.title}" to "{new.title}".',
        "min_xp": f"Level {new.level}, {new.title}, now takes {new.min_xp:,} XP instead of "
        f"{old.min_xp:,}.",
    }


def _achievements(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = ({entry.id: entry for entry in book.achievements} for book in (before, after))
    for which in sorted(was.keys() | now.keys()):
        old, new, path = was.get(which), now.get(which), f"achievements ({which})"
        if old and new:
            said = _achievement_sentences(old, new)
            yield from changed_keys("achievements", path, old, new, said)
        elif new:
            yield changed_entry("achievements", path, None, new, f"New {_described(new)}")
        elif old:
            yield changed_entry("achievements", path, old, None, f"Removed {_described(old)}")


def _described(entry: Achievement) -> str:
    return (
        f'achievement "{entry.name}" ({entry.id}), {entry.rarity}: '
        f"{goal(entry.metric, entry.threshold)}, {entry.xp:,} XP."
    )


def _achievement_sentences(old: Achievement, new: Achievement) -> Mapping[str, str]:
    named = f'"{new.name}" ({new.id})'
    return {
        "name": f'Renamed achievement {new.id} from "{old.name}" to "{new.name}".',
        "description": f'{named} is described as "{new.description}" instead of '
        f'"{old.description}".',
        "rarity": f"{named} is {new.rarity} instead of {old.rarity}.",
        "xp": f"{named} awards {new.xp:,} XP instead of {old.xp:,}.",
        "metric": f"{named} depends on {metric_name(new.metric)} instead of "
        f"{metric_name(old.metric)}.",
        "threshold": f"{named} takes {goal(new.metric, new.threshold)} instead of "
        f"{goal(old.metric, old.threshold)}.",
    }


def _weights(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    was, now = before.weights, after.weights

    def sentence(category: str) -> str:
        weights = [getattr(one, category) for one in (now, was)]
        percents = [share(one, category) for one in (now, was)]
        return (
            f"The board {CATEGORIES[category]} weighs {weights[0]:,} instead of {weights[1]:,} in "
            f"the overall board: {percents[0]} of it instead of {percents[1]}."
        )

    said = {category: sentence(category) for category in Weights.model_fields}
    return changed_keys("weights", "leaderboards.overall", was, now, said)
