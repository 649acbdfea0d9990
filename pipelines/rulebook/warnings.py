"""What a rulebook may say, but hardly means: rules without effect, and likely slips of the pen.

None of it keeps a rulebook from being used; mistakes that do are in ``checks`` and ``model``.
"""

import tomllib
from datetime import date

from pipelines.errors import Problem, in_file_order, key_path, shown
from pipelines.rulebook import dated_warnings, proportions
from pipelines.rulebook.checks import Found
from pipelines.rulebook.model import RATED_SOURCES, Rulebook, RulebookFile
from pipelines.rulebook.tables import best_worth
from pipelines.rulebook.wording import ONE, goal
from pipelines.vocabulary import CATEGORIES

_HOUR = 3600


def warnings(rulebook: Rulebook, today: date) -> list[Problem]:
    """Every rule that is surely not meant, with its key path, in the order of the file.

    What begins long after `today` is: its year is likely mistyped.
    """
    tables = tomllib.loads(rulebook.text.removeprefix("\ufeff"))
    # The rulebook's entries are sorted; those of the file have the places that key paths name.
    file = RulebookFile.model_validate(tables)
    found = [
        *_metadata(file),
        *_plays(file),
        *dated_warnings.rates(rulebook, file),
        *dated_warnings.left_out(file),
        *dated_warnings.boosts(rulebook, file),
        *dated_warnings.far_off(file, today),
        *_daily_caps(rulebook),
        *_levels(file),
        *proportions.levels(rulebook, file),
        *_achievements(file),
        *proportions.out_of_order(file),
        *proportions.rarities(file),
        *proportions.awards(rulebook, file),
        *proportions.joining(file),
        *_weights(file),
    ]
    return in_file_order(
        (Problem(key_path(location, tables), problem) for location, problem in found), tables
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


def _daily_caps(rulebook: Rulebook) -> Found:
    for source in RATED_SOURCES:
        cap: int | None = getattr(rulebook.daily_caps, source)
        if cap is None:
            continue
        best = best_worth(rulebook, source)
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
