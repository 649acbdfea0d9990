"""Refreshes that viewers ask for: one at a time, followed by its id, and no more than is good.

Where the work is done (a worker process, a Dagster server) is somebody else's: see `workers`.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from dashboard.rights import Viewer

State = Literal["running", "published", "up_to_date", "failed"]
Work = Callable[[], Awaitable["Ended"]]

#: Jobs that can still be asked about.
_KEPT = 200


@dataclass(frozen=True)
class Ended:
    """How a refresh ended; `detail` says why it failed, in a sentence for whoever asked."""

    state: State
    detail: str = ""


@dataclass
class Job:
    """A refresh that was asked for. Times are UTC."""

    job_id: str
    asked_at: datetime
    state: State = "running"
    detail: str = ""
    ended_at: datetime | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class CoolDown(Exception):
    """It is too soon for another refresh: `seconds` says how long to wait."""

    def __init__(self, seconds: int, detail: str) -> None:
        super().__init__(detail)
        self.seconds = seconds
        self.detail = detail


class Jobs:
    """All refreshes since the server began. Belongs to one event loop."""

    def __init__(
        self,
        work: Work,
        clock: Callable[[], datetime],
        viewer_seconds: int,
        overall_seconds: int,
        on_end: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self._work = work
        self._clock = clock
        self._viewer_seconds = viewer_seconds
        self._overall_seconds = overall_seconds
        self._on_end = on_end
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._asked: dict[str, datetime] = {}

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
        now = self._clock()
        self._check_cool_downs(viewer, now)
        self._asked[viewer.name] = now
        job = Job(secrets.token_hex(8), now)
        self._jobs[job.job_id] = job
        while len(self._jobs) > _KEPT:
            self._jobs.popitem(last=False)
        job.task = asyncio.create_task(self._perform(job))
        return job

    async def stop(self) -> None:
        """Cancel the refresh under way: the last snapshot stays."""
        if self.running is not None and self.running.task is not None:
            self.running.task.cancel()
            await asyncio.gather(self.running.task, return_exceptions=True)

    def _check_cool_downs(self, viewer: Viewer, now: datetime) -> None:
        longest = timedelta(seconds=max(self._viewer_seconds, self._overall_seconds))
        self._asked = {name: at for name, at in self._asked.items() if now - at < longest}
        mine = self._asked.get(viewer.name)
        last = max(self._asked.values(), default=None)
        for asked, seconds, whose in (
            (mine, self._viewer_seconds, "You have asked for a refresh"),
            (last, self._overall_seconds, "A refresh was asked for"),
        ):
            wait = seconds - (now - asked).total_seconds() if asked is not None else 0
            if wait > 0:
                left = int(-(-wait // 1))
                raise CoolDown(left, f"{whose} just before; ask again in {left} s.")

    async def _perform(self, job: Job) -> None:
        try:
            ended = await self._work()
        except asyncio.CancelledError:
            ended = Ended("failed", "The server was stopped; the last snapshot stays.")
        except Exception:
            ended = Ended("failed", "The refresh could not be run; the last snapshot stays.")
            raise
        finally:
            job.state, job.detail = ended.state, ended.detail
            job.ended_at = self._clock()
            self._on_end(job)
