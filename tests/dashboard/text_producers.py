"""Two days of a small marketplace whose producers' ids are texts, published by hand."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.exports.text_ids import id_of
from pipelines.settings import Settings, load_settings
from tests.dashboard.marketplace import RULES
from tests.published import board, ledger_row, progress_row, publish_by_hand

ADA = "0b1f7c3e-2b1a-4d9e-8a53-0c8f2d1e4a77"
#: Texts that an address can only hold in some way, or not at all: the last three.
ODD = ("a/b", "ä ö", "%2F", "a%2Fb", "?x=1&y#z", '"><script>', "=1+1", "94", "é" * 200)
AWKWARD = ("..", ".", "long" * 100)
HIDDEN = "hidden-4711"
#: The number of Ada, as the text of somebody else.
IMPOSTOR = str(id_of(ADA))
TEXTS = (ADA, HIDDEN, *ODD, *AWKWARD)
EARLIER, CURRENT = "20261031T000500000000-earlier", "20261101T000500000000-current"


def publish_text_producers(folder: Path) -> Settings:
    """Publish both days; returns the settings that show the later one."""
    tables = rows_of(TEXTS)
    for name, day in ((EARLIER, datetime(2026, 10, 31)), (CURRENT, datetime(2026, 11, 1))):
        publish_by_hand(folder, name, day.replace(minute=5), day, RULES.read_text(), **tables)
    return load_settings(folder / "beatxp.toml")


def rows_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """Tables in which each has fewer plays than the one before."""
    ids = [id_of(text) for text in texts]
    listed = [
        {**row, "producer_id": number}
        for row, number in zip(
            board("plays", "all_time", *range(100, 100 - len(ids), -1)), ids, strict=True
        )
    ]
    return {
        "progress": [
            # The second cannot be seen, and is told apart by the id.
            progress_row(number, "\u200b" if text == ODD[1] else f"Name {n}", total_xp=n)
            | {"listed": text != HIDDEN}
            for n, (number, text) in enumerate(zip(ids, texts, strict=True))
        ],
        "leaderboard": [*listed, *({**row, "category": "points"} for row in listed)],
        "xp_ledger": [ledger_row(ids[0], date(2026, 10, 20), "play", 7)],
        "text_ids": [
            *(
                {"entity": "producers", "id": number, "text_id": text}
                for number, text in zip(ids, texts, strict=True)
            ),
            {"entity": "tracks", "id": 5, "text_id": "a track"},
        ],
    }
