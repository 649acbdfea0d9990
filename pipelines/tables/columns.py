"""Columns that several tables have: one name means one thing."""

from typing import Final

from pipelines.tables.declaration import Column, count, day, flag, identifier, text, time

PRODUCER_ID: Final = identifier("producer_id", "The producer's id, as in the exports.")
TRACK_ID: Final = identifier("track_id", "The track's id, as in the exports.")
DISPLAY_NAME: Final = text("display_name", "The producer's name.")
STATUS: Final = text("status", "active or suspended; only active producers are ranked.")
LISTED: Final = flag(
    "listed", "Whether public boards show the name; null (an earlier version) is true."
)
DAY: Final = day("day", "The UTC date of the activity.")
PLAYS: Final = count("plays", "Plays that count.")
QUANTITY: Final = count("quantity", "How many there were on that day.")
XP: Final = count("xp", "What they were worth, after boosts and caps.")
METRIC: Final = text("metric", "What is counted: the metric of an achievement.")
K: Final = count("k", "The threshold that was reached.")
REACHED_AT: Final = time("reached_at", "When it was reached.")
#: The achievement's place in the order of ids: quicker than the id itself.
ACHIEVEMENT: Final = count("achievement", "The achievement's place in the order of ids.")
UNLOCKS: Final[tuple[Column, ...]] = (
    PRODUCER_ID,
    ACHIEVEMENT,
    time("unlocked_at", "The moment at which its threshold was reached."),
    count("xp", "The XP that it awarded."),
)
