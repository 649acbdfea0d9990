"""Refreshes that viewers ask for: one at a time, followed by its id, and no more than is good.

Where the work is done (a worker process, a Dagster server) is somebody else's: see `workers`.
"""

import asyncio
import math
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dashboard.rights import Viewer

State = Literal["running", "published", "up_to_date", "failed"]
Work = Callable[[], Awaitable["Ended"]]

#: Jobs that can still be asked about.
_KEPT = 200


@dataclass(frozen=True)
class Ended:
    """How a refresh ended.

    `detail` says why it failed, in sentences for those who may refresh: of the server's insides,
    such as paths, they hold nothing. `said` is all that there is to say, for the log alone.
    """

    state: State
    detail: str = ""
    said: str = field(default="", repr=False)


@dataclass
class Job:
    """A refresh that was asked for. Times are UTC."""

    job_id: str
    asked_at: datetime
    state: State = "running"
    detail: str = ""
    said: str = field(default="", repr=False)
    ended_at: datetime | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def detail_for(self, viewer: Viewer) -> str:
        """Why it failed and where to read on, for those who may refresh."""
        if not viewer.may_refresh or not self.detail:
            return ""
        return (
            f"{self.detail} For more, see job {self.job_id} in the server's log, or run beatxp "
            "refresh there."
        )


class CoolDown(Exception):
    """It is too soon for another refresh: `seconds` says how long to wait."""

    def __init__(self, seconds: int, detail: str) -> None:
        super().__init__(detail)
        self.seconds = seconds
        self.detail = detail


class Jobs:
    """All refreshes since the server began. Belongs to one event loop.

    `clock` tells UTC without a zone, for people to read. Cool-downs are counted by `monotonic`, in
    seconds, which nobody sets back.
    """

    def __init__(
        self,
        work: Work,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        viewer_seconds: int,
        overall_seconds: int,
        on_end: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self._work = work
        self._clock = clock
        self._monotonic = monotonic
        self._viewer_seconds = viewer_seconds
        self._overall_seconds = overall_seconds
        self._on_end = on_end
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        #: When viewers last asked, or what they asked for ended.
        self._last: dict[str, float] = {}

    def get(self, job_id: str) -> Job | None:
        """A job by its id, if it is still known."""
        return self._jobs.get(job_id)

    @property
    def running(self) -> Job | None:
        """The refresh under way."""
        last = next(reversed(self._jobs.values()), None)
        return last if last is not None and last.state == "running" else None

    def ask(self, viewer: Viewer) -> Job:
        """Join the refresh under way, or begin one. Raises CoolDown."""
        if self.running is not None:
            return self.running
        now = self._monotonic()
        self._check_cool_downs(viewer, now)
        self._last[viewer.name] = now
        job = Job(secrets.token_hex(8), self._clock())
        self._jobs[job.job_id] = job
        while len(self._jobs) > _KEPT:
            self._jobs.popitem(last=False)
        job.task = asyncio.create_task(self._perform(job, viewer))
        return job

    async def stop(self) -> None:
        """Cancel the refresh under way: the last snapshot stays."""
        if self.running is not None and self.running.task is not None:
            self.running.task.cancel()
            await asyncio.gather(self.running.task, return_exceptions=True)

    def _check_cool_downs(self, viewer: Viewer, now: float) -> None:
        longest = max(self._viewer_seconds, self._overall_seconds)
        self._last = {name: at for name, at in self._last.items() if now - at < longest}
        for last, seconds, whose in (
            (self._last.get(viewer.name), self._viewer_seconds, "You have asked for a refresh"),
            (
                max(self._last.values(), default=None),
                self._overall_seconds,
                "A refresh was asked for",
            ),
        ):
            wait = 0 if last is None else seconds - (now - last)
            if wait > 0:
                left = math.ceil(wait)
                raise CoolDown(left, f"{whose} just before; ask again in {left} s.")

    async def _perform(self, job: Job, viewer: Viewer) -> None:
        try:
            ended = await self._work()
        except asyncio.CancelledError:
            ended = Ended("failed", "The server was stopped.")
        except Exception:
            ended = Ended("failed", "It could not be run.")
            raise
        finally:
            job.state, job.detail, job.said = ended.state, ended.detail, ended.said
            job.ended_at = self._clock()
            self._last[viewer.name] = self._monotonic()
            self._on_end(job)
