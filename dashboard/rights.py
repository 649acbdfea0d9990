"""What each viewer may see and do.

Boards and rules are for everybody; a producer sees their own progress, an analyst that of all;
asking for a refresh needs a right of its own.
"""

from dataclasses import dataclass
from typing import Literal

from dashboard.problems import NotSignedIn, ProblemError, SomebodyElses

Role = Literal["analyst", "refresh"]
ANALYST: Role = "analyst"
REFRESH: Role = "refresh"


@dataclass(frozen=True)
class Viewer:
    """Someone who looks: `name` is what their cool-down is kept under.

    `refused` is why a cookie was not accepted: what it was needed for is then answered with that.
    """

    name: str
    producer_id: int | None = None
    roles: frozenset[str] = frozenset()
    refused: ProblemError | None = None

    @property
    def is_known(self) -> bool:
        """Whether they have said who they are, or nobody has to."""
        return self.name != NOBODY.name

    @property
    def has_expired(self) -> bool:
        """Whether they are only unknown because their sign-in has expired."""
        return isinstance(self.refused, NotSignedIn) and self.refused.why == "expired"

    @property
    def sees_all(self) -> bool:
        """Whether every producer's progress is shown."""
        return ANALYST in self.roles

    @property
    def may_refresh(self) -> bool:
        """Whether they may ask for a refresh."""
        return REFRESH in self.roles

    def sees(self, producer_id: int) -> bool:
        """Whether a producer's progress may be shown."""
        return self.sees_all or self.producer_id == producer_id

    def check_sees(self, producer_id: int) -> None:
        """Raise ProblemError unless a producer's progress may be shown."""
        if not self.sees(producer_id):
            detail = "A producer's progress is for that producer and for analysts."
            raise self._not_allowed(SomebodyElses(detail))

    def check_sees_all(self) -> None:
        """Raise ProblemError unless every producer's progress is shown."""
        if not self.sees_all:
            raise self._not_allowed(ProblemError(403, "Looking producers up is for analysts."))

    def check_refreshes(self) -> None:
        """Raise ProblemError unless a refresh may be asked for."""
        if not self.may_refresh:
            detail = 'Asking for a refresh needs the role "refresh".'
            raise self._not_allowed(ProblemError(403, detail))

    def _not_allowed(self, refusal: ProblemError) -> ProblemError:
        if self.refused is not None:
            return self.refused
        return refusal if self.is_known else NotSignedIn(refusal.detail, "nobody")


#: Someone who has not said who they are.
NOBODY = Viewer("nobody")
#: Whoever reaches a server without a login is on the same machine.
ANYBODY = Viewer("anybody", None, frozenset({ANALYST, REFRESH}))


def unknown(detail: str) -> ProblemError:
    """The answer to someone whose token or key is not accepted."""
    return NotSignedIn(detail, "refused")
