"""The Progress page's numbers, from one snapshot (specification, section 5)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate, groupby
from typing import Any

from dashboard.boards import rank_of, snapshot_info
from dashboard.index.index import Index, LedgerRow, Month
from dashboard.models import (
    AchievementOf,
    DayOfXp,
    LevelUp,
    MonthOfXp,
    Progress,
    SourceXp,
)
from pipelines.published.snapshot import has_nothing, towards
from pipelines.tables import PUBLISHED

DAYS = 14
#: What each source counts, as a column of `progress`.
_COUNTED = {
    "upload": "uploads",
    "play": "plays",
    "metadata": "complete_tracks",
    "collaboration": "collaborations",
    "achievement": "achievements_unlocked",
}
_BESTS = (
    "partners",
    "best_track_plays",
    "best_day_plays",
    "best_upload_streak",
    "earnings_cents",
)


def progress_page(
    index: Index, row: dict[str, Any], boards: Mapping[str, Sequence[str]]
) -> Progress:
    """What the page of a producer, whose row of `progress` this is, shows.

    `boards`: the categories, with their periods, in which the rank is told.
    """
    producer_id = row["producer_id"]
    titles = {level["level"]: level["title"] for level in index.levels}
    by_month = index.by_month(producer_id)
    sources = _sources(row, sum(month.adjustments for month in by_month))
    months = _months_of(by_month, index.last_day)
    columns = ("level", "level_title", "total_xp", "level_min_xp", "next_level_xp", "xp_to_next")
    return Progress(
        snapshot=snapshot_info(index),
        **{name: row[name] for name in ("producer_id", "display_name", "status", *columns)},
        text_id=index.text(producer_id),
        next_level_title=titles.get(row["level"] + 1),
        progress_percent=row["progress_percent"],
        nothing_yet=has_nothing(row),
        ledger_xp=sum(source.xp for source in sources),
        sources=sources,
        **{name: row[name] for name in _BESTS},
        achievements_unlocked=row["achievements_unlocked"],
        achievements_locked=row["achievements_locked"],
        achievement_xp=row["achievement_xp"],
        achievements=achievements_of(index, row),
        months=months,
        days=days_of(index, producer_id),
        level_ups=level_ups_of(index, producer_id, titles, months),
        ranks=[
            rank_of(index, producer_id, category, period)
            for category, periods in boards.items()
            for period in periods
        ],
    )


def nobody(producer_id: int) -> dict[str, Any]:
    """The row of `progress` of a producer whom no snapshot has yet, as far as it counts."""
    return dict.fromkeys(PUBLISHED["progress"].schema, 0) | {"producer_id": producer_id}


def achievements_of(index: Index, row: dict[str, Any]) -> list[AchievementOf]:
    """All achievements: the unlocked ones, the latest first; then the locked, the closest first."""
    unlocked = {found.achievement_id: found for found in index.unlocks(row["producer_id"])}
    least_xp = {level["level"]: level["min_xp"] for level in index.levels}
    mine: list[AchievementOf] = []
    others: list[AchievementOf] = []
    for about in index.achievements:
        found = unlocked.get(about["achievement_id"])
        goal = None if found else towards(about["metric"], about["threshold"], row, least_xp)
        done, needed, percent = goal or (None, None, None)
        (mine if found else others).append(
            AchievementOf(
                achievement_id=about["achievement_id"],
                name=about["name"],
                description=about["description"],
                rarity=about["rarity"],
                metric=about["metric"],
                unlocked_by=about["unlocked_by"],
                xp=found.xp if found else about["xp"],
                unlocked_at=found.unlocked_at if found else None,
                done=done,
                needed=needed,
                percent=percent,
            )
        )
    mine.sort(key=lambda one: one.achievement_id)
    mine.sort(key=lambda one: unlocked[one.achievement_id].unlocked_at, reverse=True)
    others.sort(key=_closeness)
    return mine + others


def closest_next(achievements: Sequence[AchievementOf], most: int = 3) -> list[AchievementOf]:
    """The locked achievements that are closest, one of each kind."""
    found: dict[str, AchievementOf] = {}
    for one in achievements:
        if one.unlocked_at is None and one.percent is not None:
            found.setdefault(one.metric, one)
    return list(found.values())[:most]


def _months_of(by_month: Sequence[Month], last_day: date) -> list[MonthOfXp]:
    """XP by month, from the first month with any to the last that counts, without gaps."""
    found = {month.month: (month.gained, month.taken) for month in by_month}
    if not found:
        return []
    months = list(_months(min(found), f"{last_day:%Y-%m}"))
    xp = [found.get(month, (0, 0)) for month in months]
    sums = accumulate(gained + taken for gained, taken in xp)
    return [
        MonthOfXp(month=month, xp=gained + taken, gained=gained, taken=taken, sum=running)
        for month, (gained, taken), running in zip(months, xp, sums, strict=True)
    ]


def level_ups_of(
    index: Index, producer_id: int, titles: Mapping[int, str], months: Sequence[MonthOfXp]
) -> list[LevelUp]:
    """The levels that a producer reached, with the XP up to the end of those days."""
    before = {one.month: one.sum - one.xp for one in months}
    return [
        LevelUp(
            level=level,
            title=titles[level],
            reached_on=day,
            sum=before.get(f"{day:%Y-%m}", 0) + index.xp_of_month_until(producer_id, day),
        )
        for level, day in index.level_ups(producer_id)
    ]


def days_of(index: Index, producer_id: int) -> list[DayOfXp]:
    """The last days that count, the latest first; days without anything too."""
    first = index.last_day - timedelta(days=DAYS - 1)
    rows = [row for row in index.ledger(producer_id, first) if row.day >= first]
    by_day = {day: list(group) for day, group in groupby(rows, key=lambda row: row.day)}
    days = [index.last_day - timedelta(days=ago) for ago in range(DAYS)]
    return [_day(day, by_day.get(day, [])) for day in days]


def _day(day: date, rows: Iterable[LedgerRow]) -> DayOfXp:
    sources = [SourceXp(source=row.source, quantity=row.quantity, xp=row.xp) for row in rows]
    return DayOfXp(day=day, xp=sum(source.xp for source in sources), sources=sources)


def _sources(row: dict[str, Any], adjustments: int) -> list[SourceXp]:
    found = [
        SourceXp(source=source, quantity=row[column], xp=row[f"{source}_xp"])
        for source, column in _COUNTED.items()
    ]
    if adjustments:
        xp = row["adjustment_xp"]
        found.append(SourceXp(source="adjustment", quantity=adjustments, xp=xp))
    return found


def _closeness(locked: AchievementOf) -> tuple[bool, int, int, str]:
    """The closest first; those that nobody gets closer to come last."""
    if locked.percent is None or locked.needed is None:
        return True, 0, 0, locked.achievement_id
    return False, -locked.percent, locked.needed, locked.achievement_id


def _months(first: str, last: str) -> Iterable[str]:
    year, month = int(first[:4]), int(first[5:])
    while (name := f"{year:04}-{month:02}") <= last:
        yield name
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
