"""XP per day and source, levels and unlocks of one producer (section 3, "XP ledger")."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .achievements import unlocked_at
from .activity import Deeds
from .clock import day_of, day_of_date
from .entities import Row

ACTIVITY_SOURCES = ("upload", "play", "metadata", "collaboration")
SOURCES = (*ACTIVITY_SOURCES, "achievement", "adjustment")


@dataclass
class Account:
    """The ledger of one producer: {(day, source): (quantity, xp)}, and what follows from it."""

    ledger: dict[tuple[int, str], tuple[int, int]]
    unlocks: dict[str, int]
    """Achievement id to time."""
    levels: dict[int, int]
    """Level above 1 to the day on which it was first reached."""

    def xp(self, source: str | None = None, first: int | None = None) -> int:
        """The sum of the ledger, of one source or all, from a day on."""
        return sum(
            xp
            for (day, row_source), (_, xp) in self.ledger.items()
            if source in (None, row_source) and (first is None or day >= first)
        )

    @property
    def total_xp(self) -> int:
        """Never below 0, whatever the adjustments took away."""
        return max(0, self.xp())


def xp_per_unit(rulebook: dict[str, Any], source: str, day: int) -> int:
    """What one upload, play, completion or collaboration is worth on a day."""
    xp = rulebook["xp"]
    rates = [rate for rate in xp.get("rates", []) if day_of_date(rate["from"]) <= day]
    if not rates:
        return 0
    rate: int = max(rates, key=lambda rate: day_of_date(rate["from"])).get(source, 0)
    percents = [
        boost["percent"]
        for boost in xp.get("boosts", [])
        if boost["source"] == source
        and day_of_date(boost["from"]) <= day < day_of_date(boost["until"])
    ]
    return rate * max(percents, default=100) // 100


def keep_account(producer: Row, deeds: Deeds, rulebook: dict[str, Any], as_of: int) -> Account:
    """The ledger, unlocks and level-ups of one producer before as_of."""
    account = Account({}, {}, {})
    times = (deeds.uploads, deeds.plays, deeds.metadata, deeds.collaborations)
    for source, moments in zip(ACTIVITY_SOURCES, times, strict=True):
        cap = rulebook["xp"].get("daily_caps", {}).get(source)
        for day, quantity in Counter(day_of(moment) for moment in moments).items():
            xp = quantity * xp_per_unit(rulebook, source, day)
            account.ledger[day, source] = (quantity, xp if cap is None else min(cap, xp))
    for adjusted_at, xp in deeds.adjustments:
        _add(account, adjusted_at, "adjustment", xp)

    def unlock(achievement: dict[str, Any]) -> None:
        time = unlocked_at(achievement, producer, deeds, account.levels, as_of)
        if time is not None:
            account.unlocks[achievement["id"]] = time
            _add(account, time, "achievement", achievement["xp"])

    def is_level(achievement: dict[str, Any]) -> bool:
        return bool(achievement["metric"] == "level")

    # Levels need the XP of all other achievements; level achievements need the levels.
    for achievement in rulebook["achievements"]:
        if not is_level(achievement):
            unlock(achievement)
    account.levels.update(_levels_reached(account, rulebook))
    for achievement in rulebook["achievements"]:
        if is_level(achievement):
            unlock(achievement)
    return account


def _add(account: Account, time: int, source: str, xp: int) -> None:
    key = (day_of(time), source)
    quantity, before = account.ledger.get(key, (0, 0))
    account.ledger[key] = (quantity + 1, before + xp)


def _levels_reached(account: Account, rulebook: dict[str, Any]) -> dict[int, int]:
    reached: dict[int, int] = {}
    total = 0
    for day in sorted({day for day, _ in account.ledger}):
        total += sum(xp for (at, _), (_, xp) in account.ledger.items() if at == day)
        for level in rulebook["levels"]:
            if level["level"] > 1 and total >= level["min_xp"]:
                reached.setdefault(level["level"], day)
    return reached
