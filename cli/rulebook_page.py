"""A rulebook as a page: what everything is worth on a day, in plain words."""

from datetime import date
from typing import Any, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.tables import number_table, print_hanging, print_rows, print_table
from cli.wording import printable, untrusted
from pipelines.rulebook import RATED_SOURCES, Rulebook
from pipelines.rulebook.model import Achievement, Boost, Metric, Source
from pipelines.rulebook.tables import rate_on, rate_steps
from pipelines.rulebook.wording import (
    boosted,
    collaboration_rule,
    goal,
    metadata_rule,
    metric_name,
    plays_rule,
    share,
)
from pipelines.vocabulary import ACTIONS, CATEGORIES


def page_document(rulebook: Rulebook, day: date) -> dict[str, Any]:
    """The page for scripts: every rule, and what applies on a day."""
    return {
        "name": rulebook.name,
        "version": rulebook.version,
        "sha256": rulebook.sha256,
        "on": day,
        "rates": [_rate(rulebook, source, day) for source in RATED_SOURCES],
        "boosts": [
            {**boost.model_dump(by_alias=True), "state": _state(boost, day)}
            for boost in _by_day(rulebook)
        ],
        "metadata": rulebook.metadata.model_dump(),
        "collaboration": rulebook.collaboration.model_dump(),
        "plays": rulebook.plays.model_dump(),
        "levels": [level.model_dump() for level in rulebook.levels],
        "achievements": [
            entry.model_dump() for _, entries in _by_metric(rulebook) for entry in entries
        ],
        "weights": rulebook.weights.model_dump(),
    }


def _rate(rulebook: Rulebook, source: Source, day: date) -> dict[str, Any]:
    xp, percent = rate_on(rulebook, source, day)
    return {
        "source": source,
        "xp": xp,
        "percent": percent,
        "xp_now": xp * percent // 100,
        "daily_cap": getattr(rulebook.daily_caps, source),
        "steps": [{"from": start, "xp": worth} for start, worth in rate_steps(rulebook, source)],
    }


def print_rulebook(out: Console, source: str, rulebook: Rulebook, day: date) -> None:
    """The whole page."""
    out.print(untrusted(f"{rulebook.name} {rulebook.version}", "bold"))
    print_hanging(
        out,
        Text(
            f"{printable(source)}, sha256 {rulebook.sha256[:12]}, as it applies on {day}. Days are "
            "UTC."
        ),
    )
    print_worth(out, rulebook, day)
    print_boosts(out, rulebook, day)
    print_what_counts(out, rulebook)
    print_levels(out, rulebook)
    print_achievements(out, rulebook)
    print_weights(out, rulebook)


def print_worth(out: Console, rulebook: Rulebook, day: date) -> None:
    """What one of each activity is worth on a day, and when that changed."""
    rows = []
    for source in RATED_SOURCES:
        xp, percent = rate_on(rulebook, source, day)
        cap: int | None = getattr(rulebook.daily_caps, source)
        now = f"{xp * percent // 100:,}"
        steps = [f"{worth:,} from {start}" for start, worth in rate_steps(rulebook, source)]
        rows.append(
            (
                ACTIONS[source],
                now if percent == 100 else f"{now} ({percent:,}% of {xp:,})",
                "no limit" if cap is None else cap,
                ", ".join(steps) or "always 0",
            )
        )
    columns = ("For", "XP each", "Most in a day", "Without boosts")
    print_rows(out, columns, rows, texts=["Without boosts"])


def print_boosts(out: Console, rulebook: Rulebook, day: date) -> None:
    """Boosts by first day."""
    if not rulebook.boosts:
        return
    out.print("\nBoosts", style="bold")
    for boost in _by_day(rulebook):
        text = boosted(boost)
        print_hanging(out, Text(f"- {text[0].upper()}{text[1:]} ({_state(boost, day)})."))


def _by_day(rulebook: Rulebook) -> list[Boost]:
    return sorted(rulebook.boosts, key=lambda boost: boost.from_day)


def _state(boost: Boost, day: date) -> str:
    if boost.until_day <= day:
        return "over"
    return "on now" if boost.from_day <= day else "to come"


def print_what_counts(out: Console, rulebook: Rulebook) -> None:
    """The rules of metadata, collaborations and plays."""
    metadata, plays = rulebook.metadata, rulebook.plays
    out.print("\nWhat counts", style="bold")
    for text in (
        metadata_rule(metadata.fields, metadata.complete_at_percent),
        collaboration_rule(rulebook.collaboration.play_min_profile_completion),
        plays_rule(plays.min_seconds, plays.count_self_plays, plays.max_per_listener_track_day),
    ):
        print_hanging(out, Text(f"- {text}"))


def print_levels(out: Console, rulebook: Rulebook) -> None:
    """The levels, and how much each takes."""
    table = number_table("Level", "Title", "From XP", texts=["Title"])
    table.columns[0].justify = "right"
    for level in rulebook.levels:
        table.add_row(f"{level.level:,}", untrusted(level.title), f"{level.min_xp:,}")
    print_table(out, table)


def print_achievements(out: Console, rulebook: Rulebook) -> None:
    """The achievements by what they count, the nearest first."""
    if not rulebook.achievements:
        return
    table = Table("Achievements", "For", "Rarity", "XP", "Id", box=None, header_style="bold")
    table.columns[3].justify, table.columns[4].style = "right", "dim"
    for metric, entries in _by_metric(rulebook):
        name = metric_name(metric)
        table.add_row(Text(f"{name[0].upper()}{name[1:]}", style="italic"))
        for entry in entries:
            table.add_row(
                untrusted(f"  {entry.name}"),
                goal(metric, entry.threshold),
                entry.rarity,
                f"{entry.xp:,}",
                untrusted(entry.id),
            )
    print_table(out, table)


def _by_metric(rulebook: Rulebook) -> list[tuple[Metric, list[Achievement]]]:
    """Achievements by metric, in order of threshold; those that are granted by XP."""
    grouped: list[tuple[Metric, list[Achievement]]] = []
    for metric in get_args(Metric):
        mine = [entry for entry in rulebook.achievements if entry.metric == metric]
        # Thresholds of one metric are all numbers, all days or all missing.
        mine.sort(key=lambda entry: entry.xp if entry.threshold is None else entry.threshold)
        if mine:
            grouped.append((metric, mine))
    return grouped


def print_weights(out: Console, rulebook: Rulebook) -> None:
    """The share of each board in the overall one."""
    rows = (
        (CATEGORIES[category], share(rulebook.weights, category), weight)
        for category, weight in rulebook.weights.model_dump().items()
        if weight
    )
    print_rows(out, ("Overall leaderboard", "Share", "Weight"), rows)
