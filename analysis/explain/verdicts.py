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

#: The SQL file, below `sql/`, by which rows of a table do not count; RULES_OF_VERDICTS has those of
#: some reasons.
RULES_OF_TABLES: Final = {
    "uploads": "activity/uploads",
    "metadata": "activity/metadata_completions",
    "collaborations": "activity/collaborations",
    "plays": "activity/valid_plays",
    "earnings": "progress/activity_counts",
    "grants": "achievements/activity_unlocks",
    "adjustments": "ledger/ledger_before_levels",
}
RULES_OF_VERDICTS: Final = {
    ("uploads", REPLACED): "exports/tracks_over_time",
    ("metadata", REPLACED): "exports/tracks_over_time",
    ("collaborations", REPLACED): "exports/credits_over_time",
    ("plays", REPLACED): "exports/deduplicated_plays",
    ("plays", "too_short"): "activity/counted_plays",
    ("plays", "self_play"): "activity/counted_plays",
    ("plays", "over_limit"): "activity/counted_plays",
    ("plays", "credit_not_yet"): "activity/collaborators",
    ("plays", "credited_later"): "activity/attribution",
    ("plays", "profile_incomplete"): "activity/attribution",
    ("collaborations", "credit_not_yet"): "activity/collaborators",
    ("collaborations", "own_track"): "activity/collaborators",
    ("collaborations", "unknown_producer"): "activity/collaborators",
    ("earnings", REPLACED): "exports/earnings",
    ("grants", REPLACED): "exports/grants",
    ("adjustments", REPLACED): "exports/adjustments",
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


def rule_of(table: str, verdict: str) -> str:
    """The SQL file that states the rule by which rows of a table have a verdict."""
    return f"sql/{RULES_OF_VERDICTS.get((table, verdict), RULES_OF_TABLES[table])}.sql"
