"""What can become of an export row, in words; all but `counted` are reasons why it does not count.

The first one that applies is given. What it means for whom: the row may count for others.
"""

from typing import Final

COUNTED: Final = "counted"
REPLACED: Final = "replaced"
VERDICTS: Final = {
    COUNTED: "counts",
    REPLACED: "replaced by a later row",
    "not_yet": "not before the snapshot's time",
    "unknown_track": "of a track that is not in the dump in force",
    "draft": "of a draft",
    "removed": "of a track that was removed",
    "too_short": "too short",
    "self_play": "self play",
    "over_limit": "over the limit of a listener's plays",
    "credit_not_yet": "credited not before the snapshot's time",
    "credited_later": "before the day of the credit",
    "profile_incomplete": "profile not complete enough on that day",
    "incomplete": "details incomplete",
    "completed_later": "details complete not before the snapshot's time",
    "own_track": "credited on a track of their own",
    "unknown_producer": "of a producer who is not in the dump in force",
    "one_per_track": "one collaboration for each track of one's own",
    "unknown_achievement": "of an achievement that is not granted",
    "granted_before": "granted before",
    "incomplete_dump": "a file of the dump was rejected",
}

#: What replaced a row, if that names another producer or a track of another one.
ANOTHER: Final = "another_producer"


def in_words(verdict: str, replacement: str | None) -> str:
    """A verdict in words; of a row that was replaced, with what became of the later row."""
    said = VERDICTS[verdict]
    match replacement:
        case None:
            return said
        case "counted":
            return f"{said} that counts here"
        case "another_producer":
            return f"{said} that is another producer's"
        case _:
            return f"{said} that does not count: {VERDICTS[replacement]}"
