"""Refreshes that viewers ask for: joined, cooled down, counted, and never half done."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from dashboard.jobs import CoolDown, Ended, Job, Jobs
from dashboard.rights import Viewer

ADA, BEA = Viewer("ada"), Viewer("bea")


class Clock:
    """Seconds that pass when it is said, and a time of day that anybody may set."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.now = datetime(2026, 11, 1)

    def monotonic(self) -> float:
        return self.seconds

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.seconds += seconds


def jobs_of(
    work: Callable[[], Awaitable[Ended]],
    clock: Clock | None = None,
    viewer_seconds: int = 0,
    overall_seconds: int = 0,
    on_end: Callable[[Job], None] = lambda _: None,
) -> Jobs:
    clock = clock or Clock()
    return Jobs(work, clock, clock.monotonic, viewer_seconds, overall_seconds, on_end)


class Work:
    """Ends when it is told to."""

    def __init__(self) -> None:
        self.times = 0
        self.end: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> Ended:
        self.times += 1
        return await self.end


async def ended(job: Job) -> Job:
    assert job.task is not None
    await asyncio.gather(job.task, return_exceptions=True)
    return job


def test_who_asks_while_one_runs_joins_it() -> None:
    async def scene() -> None:
        work = Work()
        jobs = jobs_of(work, Clock(), 60, 10)
        first = jobs.ask(ADA)
        await asyncio.sleep(0)
        assert jobs.ask(BEA) is jobs.ask(ADA) is first is jobs.running
        assert jobs.get(first.job_id) is first
        work.end.set_result(Ended("published"))
        assert (await ended(first)).state == "published"
        assert first.ended_at is not None
        assert jobs.running is None
        assert work.times == 1

    asyncio.run(scene())


def test_a_viewer_waits_longer_than_everybody_together() -> None:
    async def scene() -> None:
        clock = Clock()
        work = Work()
        work.end.set_result(Ended("up_to_date"))
        jobs = jobs_of(work, clock, 60, 10)
        await ended(jobs.ask(ADA))
        clock.pass_seconds(5)
        with pytest.raises(CoolDown, match=r"A refresh was asked for just before; .* in 5 s"):
            jobs.ask(BEA)
        clock.pass_seconds(5)
        await ended(jobs.ask(BEA))
        clock.pass_seconds(20)
        with pytest.raises(CoolDown, match="You have asked") as refused:
            jobs.ask(ADA)
        assert refused.value.seconds == 30
        clock.pass_seconds(30)
        await ended(jobs.ask(ADA))
        assert work.times == 3

    asyncio.run(scene())


def test_the_wait_begins_when_the_refresh_has_ended() -> None:
    async def scene() -> None:
        clock = Clock()
        work = Work()
        jobs = jobs_of(work, clock, 60, 10)
        job = jobs.ask(ADA)
        clock.pass_seconds(100)
        work.end.set_result(Ended("published"))
        await ended(job)
        with pytest.raises(CoolDown, match=r"A refresh was asked for just before; .* in 10 s"):
            jobs.ask(BEA)
        clock.pass_seconds(30.5)
        with pytest.raises(CoolDown, match=r"You have asked .* in 30 s"):
            jobs.ask(ADA)
        assert jobs.ask(BEA) is not job
        await jobs.stop()

    asyncio.run(scene())


def test_a_clock_that_is_set_back_keeps_nobody_waiting() -> None:
    async def scene() -> None:
        clock = Clock()
        work = Work()
        work.end.set_result(Ended("up_to_date"))
        jobs = jobs_of(work, clock, 60, 10)
        await ended(jobs.ask(ADA))
        clock.now -= timedelta(hours=1)
        clock.pass_seconds(60)
        await ended(jobs.ask(ADA))
        assert work.times == 2

    asyncio.run(scene())


def test_why_it_failed_is_for_those_who_may_refresh() -> None:
    job = Job("1", datetime(2026, 11, 1), "failed", "A file is damaged.", "/srv/plays.csv: gone")
    assert job.detail_for(ADA) == ""
    told = job.detail_for(Viewer("operator", roles=frozenset({"refresh"})))
    more = "For more, see job 1 in the server's log, or run beatxp refresh there."
    assert told == f"A file is damaged. {more}"


def test_a_fault_is_a_failed_job_and_the_next_can_run() -> None:
    async def scene() -> None:
        work = Work()
        work.end.set_exception(OSError("disk"))
        seen: list[Job] = []
        jobs = jobs_of(work, on_end=seen.append)
        job = await ended(jobs.ask(ADA))
        assert job.state == "failed"
        assert job.detail == "It could not be run."
        assert seen == [job]
        assert jobs.ask(ADA) is not job
        await jobs.stop()

    asyncio.run(scene())


def test_a_server_that_stops_ends_the_job() -> None:
    async def scene() -> None:
        jobs = jobs_of(Work())
        job = jobs.ask(ADA)
        await asyncio.sleep(0)
        await jobs.stop()
        assert job.state == "failed"
        assert "stopped" in job.detail

    asyncio.run(scene())


def test_old_jobs_are_forgotten() -> None:
    async def scene() -> None:
        work = Work()
        work.end.set_result(Ended("up_to_date"))
        jobs = jobs_of(work)
        first = await ended(jobs.ask(ADA))
        for _ in range(200):
            await ended(jobs.ask(ADA))
        assert jobs.get(first.job_id) is None

    asyncio.run(scene())
