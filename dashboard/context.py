"""What a request is answered with: who asks, and the parts of the application."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request

from dashboard.boards import Boards
from dashboard.disclosure import Disclosure
from dashboard.ids import Named, id_in_address
from dashboard.index.index import Index
from dashboard.jobs import CoolDown, Job, Jobs
from dashboard.models import HowXpWorks
from dashboard.problems import Loading, NothingPublished, ProblemError
from dashboard.rights import NOBODY, Viewer
from dashboard.rules import how_xp_works
from dashboard.snapshots import Served
from dashboard.viewers import Viewers
from pipelines.publication.manifest import NoSnapshot
from pipelines.settings import EarningsShown

#: The longest id that an address has as a text: others are told by their numbers.
_LONGEST = 200
#: What no segment of a path can be: browsers take it for this folder, or the one above.
_NO_SEGMENTS = (".", "..")


@dataclass(frozen=True)
class Parts:
    """The application's parts, made once. The clock tells UTC without a zone."""

    root: Path
    served: Served
    jobs: Jobs
    viewers: Viewers
    cookie: str
    sign_in: str
    clock: Callable[[], datetime]
    earnings: EarningsShown


@dataclass(frozen=True)
class Context:
    """The parts, who asks, and the request."""

    viewer: Viewer
    parts: Parts
    request: Request

    def boards(self) -> Boards:
        """The current snapshot, as it is told to the viewer. Raises ProblemError."""
        try:
            return self._told(self.parts.served.current)
        except NoSnapshot:
            if self.parts.served.state == "loading":
                raise Loading from None
            raise NothingPublished from None

    async def boards_of(self, snapshot: str | None) -> Boards:
        """A kept snapshot to page through, or the current one in its place. Raises ProblemError."""
        if snapshot is None:
            return self.boards()
        found = await self.parts.served.boards_of(snapshot)
        return self._told(found) if found else self.boards().in_place_of_one_that_is_gone()

    @property
    def disclosure(self) -> Disclosure:
        """What the viewer is told, whoever is listed."""
        return Disclosure(self.viewer, self.parts.earnings)

    def _told(self, boards: Boards) -> Boards:
        indexes = (boards.index, self.parts.served.current.index)
        unlisted = tuple(index.unlisted for index in indexes if index.unlisted)
        return boards.told(Disclosure(self.viewer, self.parts.earnings, unlisted))

    def named(self, text: str) -> Named:
        """The producer whom a text of an address names. Raises ValueError if it can be none."""
        return Named(id_in_address(text, self.parts.served.index), text)

    def known_as(self, producer_id: int) -> str:
        """A producer's id as people know it: the text that it stands for, or the number."""
        index = self.parts.served.index
        text = None if index is None else index.text(producer_id)
        return str(producer_id) if text is None else text

    def address_of(self, producer_id: int) -> str:
        """A producer's id for an address: as it is known, if addresses can hold that."""
        text = self.known_as(producer_id)
        can_stand = len(text) <= _LONGEST and text not in _NO_SEGMENTS
        return quote(text if can_stand else str(producer_id), safe="")

    def producer(self, named: Named) -> tuple[Index, dict[str, Any]]:
        """The current snapshot, and a producer's row of `progress` in it.

        Raises ProblemError if there is none, or the viewer must not see it.
        """
        self.viewer.check_sees(named.id)
        index = self.boards().index
        row = index.progress(named.id)
        if row is None:
            raise ProblemError(404, f"No producer has the id {named.text} in this snapshot.")
        return index, row

    def check_known(self, named: Named) -> None:
        """Raise ProblemError unless a producer of the current snapshot has an id, and is told."""
        boards = self.boards()
        if boards.hides(named.id) or not boards.index.name(named.id):
            raise ProblemError(404, f"No producer has the id {named.text} in this snapshot.")

    def rules(self) -> HowXpWorks:
        """How XP works in the current snapshot. Raises ProblemError."""
        found = how_xp_works(self.boards().index)
        if found is None:
            raise ProblemError(404, "This snapshot does not say how it was computed.")
        return found

    def refresh(self) -> Job:
        """Begin a refresh, or join the one under way. Raises ProblemError."""
        self.viewer.check_refreshes()
        try:
            return self.parts.jobs.ask(self.viewer)
        except CoolDown as error:
            raise ProblemError(429, error.detail, {"retry-after": str(error.seconds)}) from None


async def context_of(request: Request) -> Context:
    """Find out who asks. Raises ProblemError."""
    parts: Parts = request.app.state.parts
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        viewer = await parts.viewers.of(credential.strip())
    else:
        viewer = await _with_cookie(parts, request.cookies.get(parts.cookie))
    context = Context(viewer, parts, request)
    request.state.viewer = viewer.name
    request.state.context = context
    return context


async def _with_cookie(parts: Parts, cookie: str | None) -> Viewer:
    """Browsers send a cookie with everything, also one that has expired: boards stay public."""
    try:
        return await parts.viewers.of(cookie)
    except ProblemError as error:
        return replace(NOBODY, refused=error)
