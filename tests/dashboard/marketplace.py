"""Two days of a small marketplace, published by hand: every number on a page is known."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.settings import Settings, load_settings
from tests.published import achievement, board, ledger_row, progress_row, publish_by_hand

RULES = Path(__file__).parents[2] / "rules/beatpass.toml"
#: A name that is markup, a formula and a trick with directions at once.
HOSTILE = "=<script>alert(1)</script>\u202e&amp;"
NOW = datetime(2026, 11, 1, 0, 10)
SCORES = (740, 500, 500, 400, *[300] * 8, 200, 100, 100)

PROGRESS = [
    progress_row(
        1,
        "Ada",
        level=2,
        level_title="Apprentice",
        total_xp=1_290,
        level_min_xp=500,
        next_level_xp=1_500,
        xp_to_next=210,
        progress_percent=79,
        upload_xp=500,
        uploads=5,
        play_xp=700,
        plays=740,
        achievement_xp=100,
        adjustment_xp=-10,
        earnings_cents=123_456,
        achievements_unlocked=1,
        achievements_locked=4,
    ),
    progress_row(2, "Bea"),
    progress_row(3, "Cleo", status="suspended", total_xp=20, play_xp=20, plays=20),
    progress_row(4, HOSTILE, total_xp=5, play_xp=5, plays=5),
    *(progress_row(n, f"Producer {n}") for n in range(5, 16)),
]
TABLES: dict[str, list[dict[str, Any]]] = {
    "progress": PROGRESS,
    "levels": [
        {"level": 1, "title": "Novice", "min_xp": 0},
        {"level": 2, "title": "Apprentice", "min_xp": 500},
        {"level": 3, "title": "Rising", "min_xp": 1_500},
    ],
    "achievements": [
        {**achievement("first-upload", "uploads", "1"), "unlocked_by": 3},
        {**achievement("plays-1000", "plays", "1000"), "rarity": "rare"},
        {**achievement("level-3", "level", "3"), "xp": 0},
        {**achievement("early", "joined_before", "2026-01-01"), "rarity": "legendary"},
        {**achievement("earned-2000", "earnings", "200000"), "rarity": "epic"},
    ],
    "unlocks": [
        {
            "producer_id": 1,
            "achievement_id": "first-upload",
            "unlocked_at": datetime(2026, 9, 3, 4, 5, 6, 7),
            "xp": 100,
        }
    ],
    "xp_ledger": [
        ledger_row(1, date(2026, 9, 3), "upload", 500),
        ledger_row(1, date(2026, 9, 3), "achievement", 100),
        ledger_row(1, date(2026, 10, 20), "play", 693),
        ledger_row(1, date(2026, 10, 31), "adjustment", -10),
        ledger_row(1, date(2026, 10, 31), "play", 7),
        ledger_row(3, date(2026, 10, 31), "play", 20),
    ],
    "level_ups": [{"producer_id": 1, "level": 2, "reached_on": date(2026, 9, 3)}],
    "leaderboard": [
        *board("plays", "all_time", *SCORES),
        *board("points", "all_time", 1_290, 20, 5),
        *board("earnings", "month", 12_345),
        *board("overall", "all_time", 9_900, 5_000),
    ],
}
#: The day before: Ada was third on the board of plays, and producer 15 not on it.
EARLIER = {
    **TABLES,
    "leaderboard": [
        {**row, "producer_id": producer}
        for row, producer in zip(
            board("plays", "all_time", *SCORES[:14]), (2, 3, 1, *range(4, 15)), strict=True
        )
    ],
}


def publish_marketplace(folder: Path) -> Settings:
    """Publish both days; returns the settings that show the later one."""
    publish_by_hand(
        folder,
        "20261031T000500000000-earlier",
        datetime(2026, 10, 31, 0, 5),
        datetime(2026, 10, 31),
        RULES.read_text(),
        **EARLIER,
    )
    publish_by_hand(
        folder,
        "20261101T000500000000-current",
        datetime(2026, 11, 1, 0, 5),
        datetime(2026, 11, 1),
        RULES.read_text(),
        **TABLES,
    )
    return load_settings(folder / "beatxp.toml")


def with_login(settings: Settings, **login: object) -> Settings:
    """The same settings with some of `[login]`."""
    return settings.model_copy(update={"login": settings.login.model_copy(update=login)})
