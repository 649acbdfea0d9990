"""The JSON API, under /api/v1: what the pages show, for scripts and for the host platform.

Every answer comes from one snapshot and names it, also as its ETag; a script that sends the ETag
back is told 304 until there is another snapshot.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from dashboard.asked import Context, context_of, has
from dashboard.boards import snapshot_info
from dashboard.downloads import csv_text
from dashboard.jobs import Job
from dashboard.models import (
    BoardPage,
    HowXpWorks,
    JobInfo,
    Model,
    Problem,
    Progress,
    SnapshotInfo,
)
from dashboard.problems import MEDIA_TYPE, ProblemError
from dashboard.progress import progress_page
from pipelines.boards.standings import BOARDS

Category = Literal["overall", "quality", "uploads", "plays", "points", "earnings", "collaboration"]
Period = Literal["all_time", "month", "week"]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Asked = Annotated[Context, Depends(context_of)]
Pinned = Annotated[
    str | None, Query(description="A snapshot that was shown a moment ago, to page through.")
]
Rows = Annotated[int, Query(ge=1, le=200)]
Until = Annotated[
    int | None, Query(ge=1, le=2**31, description="Place before which the page ends.")
]

_PROBLEM = Problem.model_json_schema()
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"description": says, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    for status, says in (
        (401, "Nobody said who asks, or it was not accepted."),
        (403, "Who asks must not see this."),
        (404, "There is no such thing in the snapshot."),
        (422, "A parameter is not what it should be."),
        (503, "Nothing has been published yet."),
    )
}
router = APIRouter(prefix="/api/v1", responses=_PROBLEMS)


def answer(request: Request, found: Model, snapshot_id: str) -> Response:
    """A model as JSON, or 304 if the one who asks has it."""
    headers = tagged(snapshot_id)
    if has(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(found.model_dump_json(), media_type="application/json", headers=headers)


def tagged(snapshot_id: str) -> dict[str, str]:
    """The headers of an answer from a snapshot: only the one who asked may keep it."""
    return {
        "etag": f'"{snapshot_id}"',
        "cache-control": "private, no-cache",
        "vary": "authorization, cookie",
    }


@router.get("/snapshot", summary="The snapshot that is shown", response_model=SnapshotInfo)
async def snapshot(request: Request, asked: Asked) -> Response:
    """The snapshot that is shown now."""
    index = asked.boards().index
    return answer(request, snapshot_info(index), index.row.snapshot_id)


@router.get("/how-xp-works", summary="The rules in force", response_model=HowXpWorks)
async def how(request: Request, asked: Asked) -> Response:
    """The rules in force: rates, boosts, caps, and what counts."""
    snapshot_id = asked.boards().index.row.snapshot_id
    return answer(request, asked.rules(), snapshot_id)


@router.get(
    "/producers/{producer_id}/progress", summary="A producer's progress", response_model=Progress
)
async def progress(request: Request, asked: Asked, producer_id: Id) -> Response:
    """A producer's level, XP, achievements, history and ranks."""
    index, row = asked.producer(producer_id)
    return answer(request, progress_page(index, row), index.row.snapshot_id)


@router.get(
    "/producers/{producer_id}/ledger.csv", summary="A producer's XP as CSV", response_class=Response
)
async def ledger(request: Request, asked: Asked, producer_id: Id) -> Response:
    """A producer's rows of the XP ledger, as a table for spreadsheets."""
    index, _ = asked.producer(producer_id)

    def text() -> str:
        return csv_text(("day", "source", "quantity", "xp"), index.ledger(producer_id))

    return await _download(request, text, f"xp-{producer_id}.csv", index.row.snapshot_id)


@router.get(
    "/leaderboards/{category}/{period}", summary="Rows of a board", response_model=BoardPage
)
async def leaderboard(
    request: Request,
    asked: Asked,
    category: Category,
    period: Period,
    first: Annotated[int, Query(ge=1, le=2**31, description="Place in the list, from 1.")] = 1,
    rows: Rows = 50,
    until: Until = None,
    snapshot: Pinned = None,
) -> Response:
    """Rows of a board, and the place of the producer who asks."""
    check_board(category, period)
    boards = asked.boards(snapshot)
    end = None if until is None else until - 1
    found = boards.page(category, period, first - 1, rows, asked.viewer.producer_id, end)
    return answer(request, found, boards.index.row.snapshot_id)


@router.get(
    "/leaderboards/{category}/{period}/rows.csv",
    summary="Rows of a board as CSV",
    response_class=Response,
)
async def leaderboard_rows(
    request: Request,
    asked: Asked,
    category: Category,
    period: Period,
    first: Annotated[int, Query(ge=1, le=2**31)] = 1,
    rows: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    snapshot: Pinned = None,
) -> Response:
    """Rows of a board, as a table for spreadsheets."""
    check_board(category, period)
    boards = asked.boards(snapshot)

    def text() -> str:
        columns = ("rank", "producer_id", "display_name", "score")
        return csv_text(columns, boards.table(category, period, first - 1, rows))

    name = f"{category}-{period}.csv"
    return await _download(request, text, name, boards.index.row.snapshot_id)


@router.get(
    "/leaderboards/{category}/{period}/around/{producer_id}",
    summary="The rows around a producer",
    response_model=BoardPage,
)
async def around(
    request: Request,
    asked: Asked,
    category: Category,
    period: Period,
    producer_id: Id,
    rows: Rows = 11,
    snapshot: Pinned = None,
) -> Response:
    """The rows around a producer; the top if the producer is not ranked."""
    check_board(category, period)
    boards = asked.boards(snapshot)
    found = boards.around(category, period, producer_id, rows)
    if found.place is None:
        asked.check_known(producer_id)
    return answer(request, found, boards.index.row.snapshot_id)


@router.post("/refreshes", summary="Ask for a refresh", status_code=202, response_model=JobInfo)
async def ask_for_refresh(request: Request, asked: Asked, response: Response) -> JobInfo:
    """Ask for newer data: begins a refresh, or joins the one under way, and returns at once."""
    job = asked.refresh()
    response.headers["location"] = request.url_for("refresh", job_id=job.job_id).path
    return job_info(job)


@router.get("/refreshes/{job_id}", summary="How far a refresh has come", response_model=JobInfo)
async def refresh(asked: Asked, job_id: str) -> JobInfo:
    """How far a refresh has come."""
    job = asked.parts.jobs.get(job_id)
    if job is None:
        raise ProblemError(404, f"No refresh {job_id} is known here.")
    return job_info(job)


def check_board(category: str, period: str) -> None:
    """Raise ProblemError if there is no such board."""
    if period not in BOARDS.get(category, ()):
        raise ProblemError(404, f"There is no board of {category} with the period {period}.")


def job_info(job: Job) -> JobInfo:
    """A job as it is answered."""
    return JobInfo(**{name: getattr(job, name) for name in JobInfo.model_fields})


async def _download(
    request: Request, text: Callable[[], str], name: str, snapshot_id: str
) -> Response:
    """A file, or 304. Its text may be long: other requests are answered while it is made."""
    headers = tagged(snapshot_id)
    if has(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(
        await asyncio.to_thread(text), media_type="text/csv; charset=utf-8", headers=headers
    )
