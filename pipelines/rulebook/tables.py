"""The rulebook as Polars frames, which SQL uses as relations (specification, sections 3 and 5)."""

from datetime import date
from itertools import pairwise

import polars as pl

from pipelines.rulebook.model import RATED_SOURCES, Rulebook, Source
from pipelines.tables import COUNT, DAY, METADATA_FIELDS, TEXT

FIRST_DAY = date(2000, 1, 1)
END_DAY = date(2100, 1, 1)  # exclusive: times in export files lie before it


def unit_xp(rulebook: Rulebook) -> pl.DataFrame:
    """XP for one activity by source and day, and the day's cap (specification, section 3).

    Columns source (String), from_day (Date), until_day (Date, exclusive), unit_xp (Int64),
    daily_cap (Int64, null = none). For each of the four sources the ranges are disjoint and
    together cover 2000-01-01 up to 2100-01-01; sorted by (source, from_day).
    """
    rows: list[tuple[str, date, date, int, int | None]] = []
    for source in sorted(RATED_SOURCES):
        cap: int | None = getattr(rulebook.daily_caps, source)
        for from_day, until_day in pairwise(days_of_change(rulebook, source)):
            unit = _unit_xp_on(rulebook, source, from_day)
            if rows and rows[-1][0] == source and rows[-1][3] == unit:
                from_day = rows.pop()[1]
            rows.append((source, from_day, until_day, unit, cap))
    schema = {
        "source": pl.String,
        "from_day": pl.Date,
        "until_day": pl.Date,
        "unit_xp": pl.Int64,
        "daily_cap": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def days_of_change(rulebook: Rulebook, source: Source) -> list[date]:
    """The days on which a source's rate or boost may change, with both ends of all time."""
    days = {FIRST_DAY, END_DAY} | {rate.from_day for rate in rulebook.rates}
    for boost in rulebook.boosts:
        if boost.source == source:
            days |= {boost.from_day, boost.until_day}
    return sorted(day for day in days if FIRST_DAY <= day <= END_DAY)


def _unit_xp_on(rulebook: Rulebook, source: Source, day: date) -> int:
    rate, percent = rate_on(rulebook, source, day)
    return rate * percent // 100


def rate_on(rulebook: Rulebook, source: Source, day: date) -> tuple[int, int]:
    """XP for one activity on a day before any boost, and the boost's percent: 100 without one."""
    started = [rate for rate in rulebook.rates if rate.from_day <= day]
    rate: int = getattr(started[-1], source) if started else 0
    percents = [
        boost.percent
        for boost in rulebook.boosts
        if boost.source == source and boost.from_day <= day < boost.until_day
    ]
    return rate, max(percents, default=100)


def rate_steps(rulebook: Rulebook, source: Source) -> list[tuple[date, int]]:
    """What one activity is worth without boosts: each day on which that changed, and the XP.

    Empty for a source that was never worth anything; before the first day it is worth 0.
    """
    steps: list[tuple[date, int]] = []
    for rate in rulebook.rates:
        xp: int = getattr(rate, source)
        if xp != (steps[-1][1] if steps else 0):
            steps.append((rate.from_day, xp))
    return steps


def best_worth(rulebook: Rulebook, source: Source) -> int:
    """The most that one activity is ever worth, boosts included."""
    return max(_unit_xp_on(rulebook, source, day) for day in days_of_change(rulebook, source)[:-1])


def levels(rulebook: Rulebook) -> pl.DataFrame:
    """The published table ``levels``: level (Int64), title (String), min_xp (Int64), by level."""
    rows = [(entry.level, entry.title, entry.min_xp) for entry in rulebook.levels]
    schema = {"level": pl.Int64, "title": pl.String, "min_xp": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def achievements(rulebook: Rulebook) -> pl.DataFrame:
    """The published table ``achievements`` without ``unlocked_by``, sorted by achievement_id.

    All String but xp (Int64); threshold is text (dates as YYYY-MM-DD), null for ``granted``.
    """
    rows = [
        (
            entry.id,
            entry.name,
            entry.description,
            entry.rarity,
            entry.xp,
            entry.metric,
            None if entry.threshold is None else str(entry.threshold),
        )
        for entry in rulebook.achievements
    ]
    schema = {
        "achievement_id": pl.String,
        "name": pl.String,
        "description": pl.String,
        "rarity": pl.String,
        "xp": pl.Int64,
        "metric": pl.String,
        "threshold": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def thresholds(rulebook: Rulebook) -> pl.DataFrame:
    """What unlocks each achievement, typed for comparison, sorted by achievement_id.

    Columns achievement_id, metric (String), k (Int64, null for ``joined_before`` and ``granted``;
    cents for ``earnings``), before_day (Date, ``joined_before`` only), xp (Int64), and achievement
    (Int64): the place in this order, which stands for the id in working tables.
    """
    rows = [
        (
            entry.id,
            entry.metric,
            entry.threshold if isinstance(entry.threshold, int) else None,
            entry.threshold if isinstance(entry.threshold, date) else None,
            entry.xp,
            number,
        )
        for number, entry in enumerate(rulebook.achievements)
    ]
    schema = {
        "achievement_id": pl.String,
        "metric": pl.String,
        "k": pl.Int64,
        "before_day": pl.Date,
        "xp": pl.Int64,
        "achievement": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def weights(rulebook: Rulebook) -> pl.DataFrame:
    """Weights of the blended board: category (String), weight (Int64), one row per category."""
    rows = sorted(rulebook.weights.model_dump().items())
    return pl.DataFrame(rows, schema={"category": pl.String, "weight": pl.Int64}, orient="row")


def metadata_rule(rulebook: Rulebook) -> pl.DataFrame:
    """When a track is complete: 1 for each field that counts, else 0, their number `fields`, and
    `complete_at_percent`; one row.
    """
    rule = rulebook.metadata
    counts = {field: int(field in rule.fields) for field in METADATA_FIELDS}
    return pl.DataFrame(
        {**counts, "fields": len(rule.fields), "complete_at_percent": rule.complete_at_percent}
    )


def collaboration_rule(rulebook: Rulebook) -> pl.DataFrame:
    """`play_min_profile_completion`, in one row."""
    return pl.DataFrame(rulebook.collaboration.model_dump())


def play_rules(rulebook: Rulebook) -> pl.DataFrame:
    """`min_seconds`, `count_self_plays` and `max_per_listener_track_day`, in one row."""
    return pl.DataFrame(rulebook.plays.model_dump())


def rates(rulebook: Rulebook) -> pl.DataFrame:
    """The rates as they are written: source (String), from_day (Date), xp (Int64)."""
    rows = [
        (source, rate.from_day, getattr(rate, source))
        for source in RATED_SOURCES
        for rate in rulebook.rates
    ]
    return pl.DataFrame(rows, schema={"source": TEXT, "from_day": DAY, "xp": COUNT}, orient="row")


def boosts(rulebook: Rulebook) -> pl.DataFrame:
    """The boosts as they are written: source (String), from_day and until_day (Date, exclusive),
    percent (Int64).
    """
    rows = [(b.source, b.from_day, b.until_day, b.percent) for b in rulebook.boosts]
    schema = {"source": TEXT, "from_day": DAY, "until_day": DAY, "percent": COUNT}
    return pl.DataFrame(rows, schema=schema, orient="row")


def daily_caps(rulebook: Rulebook) -> pl.DataFrame:
    """The most XP a day by source (String): xp (Int64); only of sources with a cap."""
    rows = [(s, cap) for s, cap in rulebook.daily_caps.model_dump().items() if cap is not None]
    return pl.DataFrame(rows, schema={"source": TEXT, "xp": COUNT}, orient="row")
