"""What a board does not tell everybody: what others earn, and who is not listed.

Ranks are for everybody. A producer and analysts see the producer's name and amount all the same.
Every way to read a board goes through this: rows, places, downloads, earlier snapshots.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from dashboard.rights import ANYBODY, Viewer
from pipelines.published.standings import BOARDS
from pipelines.settings import EarningsShown

_EARNINGS = "earnings"


@dataclass(frozen=True)
class Disclosure:
    """What one viewer is told.

    `unlisted`: the producers that some snapshots do not list: the one that is read, and the newest,
    so that whoever is taken off the boards is not found on earlier ones either.
    """

    viewer: Viewer
    earnings: EarningsShown
    unlisted: tuple[Collection[int], ...] = field(default=(), repr=False)

    @cached_property
    def boards(self) -> dict[str, tuple[str, ...]]:
        """The categories that are offered, with their periods."""
        if self.earnings != "off" or self.viewer.sees_all:
            return BOARDS
        return {name: periods for name, periods in BOARDS.items() if name != _EARNINGS}

    def hides(self, producer_id: int) -> bool:
        """Whether it is not said who a producer is."""
        for unlisted in self.unlisted:
            if producer_id in unlisted:
                return not self.viewer.sees(producer_id)
        return False

    def tells_score(self, category: str, producer_id: int) -> bool:
        """Whether a producer's score is said."""
        return self._tells_all(category) or self.viewer.sees(producer_id)

    def tells_gaps(self, category: str) -> bool:
        """Whether it is said how far scores are apart: with one's own, it gives another's away."""
        return self._tells_all(category) or self.viewer.sees_all

    def _tells_all(self, category: str) -> bool:
        return category != _EARNINGS or self.earnings == "amounts"


#: For who may see everything.
EVERYTHING = Disclosure(ANYBODY, "amounts")
