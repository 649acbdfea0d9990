"""What a comparison of two snapshots says: the changes, and their reasons.

`analysis.differences` finds them; `analysis.remembered` keeps what was found.
"""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from analysis.comparison import rows_apart
from pipelines.boards.periods import last_day
from pipelines.publication.manifest import Snapshot
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.rulebook.change import Change

#: Why something changed, in the order in which the inputs are exchanged. New activity is what
#: lies between the two times; that another week or month is counted then belongs to it.
REASONS: Final = {
    "corrected": "late or corrected events",
    "time": "new activity",
    "catalogue": "new or changed tracks, credits, profiles",
    "removed": "a removed track",
    "rulebook": "changed rules",
    "version": "another version of the program",
}
#: More differing rows of the ledger than these are told of one producer only: memory is bounded.
MOST_LEDGER_ROWS = 2_000_000


@dataclass(frozen=True)
class SnapshotDifference:
    """Two snapshots and everything that differs.

    `numbers`: table, key (the row's, as text), producer_id (null where the row is nobody's), number
    (the column), before, after (null = no such row, or no value) and a column for each reason: how
    much of the change it made, null counting as 0. `by_reason`: reason, xp (how much it changed
    the XP of all producers together), producers (of how many). `others`: like `numbers` for times,
    days and texts, with `reasons` (a comma between several) in place of amounts. `ranks`: category,
    period, producer_id, rank_before, rank_after, own (places that the own score's change made),
    others (places that those of others made; both null for who entered or left), and the score.
    `files`: entity, file, and whether it is new, changed or gone.
    """

    before: Snapshot
    after: Snapshot
    reasons: tuple[str, ...]
    rules: list[Change]
    is_ledger_told: bool
    by_reason: pl.DataFrame
    numbers: pl.DataFrame
    others: pl.DataFrame
    ranks: pl.DataFrame
    files: pl.DataFrame

    @property
    def told_rules(self) -> list[str]:
        """What differs in the rules, a sentence each, which says what is yet to begin."""
        day = last_day(self.after.as_of)
        return [change.told_on(day) for change in self.rules]

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames by name."""
        return {name: getattr(self, name) for name in TABLES}

    def of_producer(self, producer_id: int) -> "SnapshotDifference":
        """What of it is one producer's; the ledger must be told."""
        mine = pl.col("producer_id") == producer_id
        return replace(
            self,
            numbers=self.numbers.filter(mine),
            others=self.others.filter(mine),
            ranks=self.ranks.filter(mine),
        )


TABLES = ("by_reason", "numbers", "others", "ranks", "files")


def tells_ledger(before: PublishedSnapshot, after: PublishedSnapshot) -> bool:
    """Whether the ledger of all producers is told: no more than MOST_LEDGER_ROWS differ."""
    count = 0
    for mine, theirs in rows_apart(before, after, "xp_ledger", lambda rows: rows):
        count += max(mine.height, theirs.height)
        if count > MOST_LEDGER_ROWS:
            return False
    return True
