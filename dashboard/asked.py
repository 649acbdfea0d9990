"""What a request is answered with: who asks, and the parts of the application."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request

from dashboard.boards import Boards
from dashboard.index.index import Index
from dashboard.jobs import CoolDown, Job, Jobs
from dashboard.models import HowXpWorks
from dashboard.problems import Loading, NothingPublished, ProblemError
from dashboard.rights import NOBODY, Viewer
from dashboard.rules import how_xp_works
from dashboard.served import Served
from dashboard.viewers import Viewers
from pipelines.publication.manifest import NoSnapshot


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


@dataclass(frozen=True)
class Context:
    """The parts, and who asks."""

    viewer: Viewer
    parts: Parts

    def boards(self, snapshot: str | None = None) -> Boards:
        """The current snapshot, or one that was a moment ago. Raises ProblemError."""
        try:
            return self.parts.served.get(snapshot)
        except NoSnapshot as error:
            match self.parts.served.state:
                case "loading":
                    raise Loading from None
                case "nothing published":
                    raise NothingPublished from None
            raise ProblemError(404, str(error)) from None

    def producer(self, producer_id: int) -> tuple[Index, dict[str, Any]]:
        """The current snapshot, and a producer's row of `progress` in it.

        Raises ProblemError if there is none, or the viewer must not see it.
        """
        self.viewer.check_sees(producer_id)
        index = self.boards().index
        row = index.progress(producer_id)
        if row is None:
            raise ProblemError(404, f"No producer has the id {producer_id} in this snapshot.")
        return index, row

    def check_known(self, producer_id: int) -> None:
        """Raise ProblemError if no producer of the current snapshot has an id."""
        if not self.boards().index.name(producer_id):
            raise ProblemError(404, f"No producer has the id {producer_id} in this snapshot.")

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
    context = Context(viewer, parts)
    request.state.viewer = viewer.name
    request.state.context = context
    return context


async def _with_cookie(parts: Parts, cookie: str | None) -> Viewer:
    """Browsers send a cookie with everything, also one that has expired: boards stay public."""
    try:
        return await parts.viewers.of(cookie)
    except ProblemError as error:
        return replace(NOBODY, refused=error)


def has(request: Request, tag: str) -> bool:
    """Whether the one who asks has the answer with this ETag."""
    known = request.headers.get("if-none-match", "")
    return tag in (part.strip().removeprefix("W/") for part in known.split(","))
