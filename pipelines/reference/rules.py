"""The SQL files that state the rules, in the order in which they can be run.

Each makes one relation, which is named after its file. It reads relations of files before it, and
those of `relations` (specification, sections 1 to 5).
"""

from typing import Final

from pipelines.version import SQL

#: From the accepted rows of the dumps and the small events to who earns the plays of a track.
BEFORE_PLAYS: Final = (
    "exports/visible_dumps",
    "exports/producers_over_time",
    "exports/tracks_over_time",
    "exports/credits_over_time",
    "exports/producers",
    "exports/tracks",
    "exports/credits",
    "exports/profile_history",
    "exports/first_complete",
    "exports/earnings",
    "exports/grants",
    "exports/adjustments",
    "activity/collaborators",
    "activity/uploads",
    "activity/metadata_completions",
    "activity/collaborations",
    "activity/partners",
    "activity/attribution",
    "activity/self_listeners",
)
#: Plays are many: these are run for some days after the others, and what they give is added up.
OF_DAYS: Final = ("exports/deduplicated_plays", "activity/counted_plays")
#: These give a row for each play: they are not kept, but run wherever they are read. Whom a play
#: counts for is kept, since DuckDB would join days of producers to all their tracks before plays.
OF_EACH_PLAY: Final = ("activity/valid_plays",)
#: These give a row for each day and track of a table of plays, and are run for some days after the
#: others: to group all plays at once takes more memory than there may be.
BY_DAYS: Final = ("activity/track_plays",)
UP_TO_SCORES: Final = (
    *OF_EACH_PLAY,
    "activity/play_credits",
    "exports/unmatched",
    "exports/unmatched_plays",
    "exports/accepted_rows",
    "activity/track_plays",
    "activity/producer_plays",
    "achievements/events",
    "achievements/upload_streak_weeks",
    "achievements/upload_streaks",
    "achievements/milestones_of_events",
    "achievements/milestones_of_earnings",
    "achievements/milestones_of_upload_streak",
    "achievements/milestones",
    "achievements/activity_unlocks",
    "achievements/play_threshold_days",
    "achievements/play_milestones",
    "achievements/track_threshold_days",
    "achievements/track_milestones",
    "achievements/play_unlocks",
    "achievements/best_days",
    "ledger/activity_days",
    "ledger/unit_xp",
    "ledger/ledger_before_levels",
    "ledger/levels",
    "ledger/level_ups",
    "ledger/level_unlocks",
    "ledger/xp_ledger",
    "achievements/unlocks",
    "progress/best_tracks",
    "progress/ledger_sums",
    "progress/activity_counts",
    "progress/progress",
    "boards/periods",
    "boards/board_scores",
    "publication/inputs",
)
#: These follow from everybody's unlocks, and from everybody's scores.
HOLDERS: Final = ("achievements/achievements",)
RANKS: Final = ("boards/overall_scores", "boards/leaderboard")
#: All of them.
RULES: Final = (*BEFORE_PLAYS, *OF_DAYS, *UP_TO_SCORES, *HOLDERS, *RANKS)


def relation_of(rule: str) -> str:
    """The name of the relation that a file makes."""
    return rule.rpartition("/")[2]


def select_of(rule: str) -> str:
    """The SELECT of a file."""
    return (SQL / f"{rule}.sql").read_text()
