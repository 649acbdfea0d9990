"""A rulebook's rules in plain words, for terminals, pages and what is said of differences.

Names and titles in these sentences are the rulebook's own: whoever shows them escapes them.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from pipelines.rulebook.model import Boost, Metric, Source, Weights
from pipelines.vocabulary import SOURCES, amount, money, plural

#: One activity of a source, as the subject of a sentence.
ONE: dict[Source, str] = {
    "upload": "an upload",
    "play": "a play",
    "metadata": "a complete track",
    "collaboration": "a collaboration",
}

#: What a threshold counts, and what qualifies it.
_COUNTED: dict[Metric, tuple[str, str]] = {
    "uploads": ("upload", ""),
    "complete_tracks": ("complete track", ""),
    "collaborations": ("collaboration", ""),
    "plays": ("play", ""),
    "partners": ("partner", ""),
    "track_plays": ("play", " of one track"),
    "day_plays": ("play", " in one day"),
    "upload_streak": ("week", " in a row"),
}

Plural = Callable[[int, str], str]


def metadata_rule(fields: Sequence[str], complete_at_percent: int) -> str:
    """When a track's details are complete."""
    named = ", ".join(field_name(field) for field in fields)
    return (
        f"A track's details are complete when at least {complete_at_percent}% of these are filled "
        f"in: {named}."
    )


def field_name(field: str) -> str:
    """A metadata field as people write it."""
    return field.replace("_", " ")


def collaboration_rule(play_min_profile_completion: int) -> str:
    """What a collaboration is, and who shares in the plays of a track."""
    return (
        "A collaboration counts for everybody on the track. Collaborators share in its plays, from "
        "the day they were credited, on days when their profile was filled in to at least "
        f"{play_min_profile_completion}%."
    )


def plays_rule(
    min_seconds: int,
    count_self_plays: bool,
    max_per_listener_track_day: int,
    plural: Plural = plural,
) -> str:
    """Which plays count; `plural` writes numbers as the reader's language does."""
    sentences = [
        f"A play counts {least_listening(min_seconds, plural)}.",
        "Own plays count too."
        if count_self_plays
        else "Plays by the makers of a track do not count.",
    ]
    if max_per_listener_track_day:
        sentences.append(f"A listener counts {listener_limit(max_per_listener_track_day, plural)}.")
    return " ".join(sentences)


def least_listening(min_seconds: int, plural: Plural = plural) -> str:
    """How long a play is that counts, after "A play counts"."""
    if not min_seconds:
        return "however short it is"
    return f"from {plural(min_seconds, 'second')} of listening"


def listener_limit(most: int, plural: Plural = plural) -> str:
    """How often a listener counts, after "A listener counts"."""
    return f"at most {plural(most, 'time')} for a track in a day" if most else "without a limit"


def boosted(boost: Boost, gives: str = "give") -> str:
    """What a boost does: "plays give 200% of their XP from ... until before ..."."""
    return (
        f"{SOURCES[boost.source]} {gives} {boost.percent:,}% of their XP from {boost.from_day} "
        f"until before {boost.until_day}"
    )


def needed_fields(fields: Sequence[str], complete_at_percent: int) -> int:
    """How many fields must be filled in for a track to be complete (specification, section 2)."""
    return -(-complete_at_percent * len(fields) // 100)


def goal(metric: Metric, threshold: int | date | None) -> str:
    """What unlocks an achievement: "1,000 plays of one track"."""
    if isinstance(threshold, int):
        if metric in _COUNTED:
            thing, rest = _COUNTED[metric]
            return plural(threshold, thing) + rest
        return f"{money(threshold)} earned" if metric == "earnings" else f"level {threshold:,}"
    return "a grant by people" if threshold is None else f"joining before {threshold}"


def how_far(metric: Metric, done: int, needed: int) -> str:
    """How far somebody is: "740 of 1,000 plays", of a level in XP."""
    aim = f"{needed:,} XP" if metric == "level" else goal(metric, needed)
    return f"{amount(metric, done)} of {aim}"


def metric_name(metric: Metric) -> str:
    """What an achievement depends on: "plays of one track"."""
    match metric:
        case "upload_streak":
            return "weeks in a row with an upload"
        case "earnings":
            return "earnings"
        case "joined_before":
            return "the day of joining"
        case "granted":
            return "grants by people"
        case "level":
            return "the level"
        case _:
            thing, rest = _COUNTED[metric]
            return f"{thing}s{rest}"


def share(weights: Weights, category: str) -> str:
    """A board's part of the overall one, to a tenth of a percent."""
    weight: int = getattr(weights, category)
    percent = Decimal(100 * weight) / sum(weights.model_dump().values())
    return f"{percent:.1f}".removesuffix(".0") + "%"
