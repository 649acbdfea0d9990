"""The JSON API, under /api/v1: what the pages show, for scripts and for the host platform.

Every answer comes from one snapshot and names it, also as its ETag; a script that sends the ETag
back is told 304 until there is another snapshot.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dashboard.asked import has
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
from dashboard.parameters import Asked, Category, First, Id, Period, Pinned, Until, check_board
from dashboard.problems import MEDIA_TYPE, ProblemError
from dashboard.progress import progress_page
from dashboard.rights import Viewer

Rows = Annotated[int, Query(ge=1, le=200)]

_PROBLEM = Problem.model_json_schema()
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"description": says, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    for status, says in (
        (401, "Nobody said who asks, or it was not accepted."),
        (403, "Who asks must not see this."),
        (404, "There is no such thing in the snapshot."),
        (422, "A parameter is not what it should be."),
        (503, "Nothing has been published yet, or it is loading: then with `Retry-After`."),
    )
}
_SAME: dict[int | str, dict[str, object]] = {
    304: {"description": "Whoever asks has this answer: `If-None-Match` holds its ETag."}
}
_TOO_SOON: dict[int | str, dict[str, object]] = {
    429: {
        "model": Problem,
        "content": {MEDIA_TYPE: {}},
        "description": "It is too soon for another refresh.",
        "headers": {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        },
    }
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


@router.get(
    "/snapshot", summary="The snapshot that is shown", response_model=SnapshotInfo, responses=_SAME
)
async def snapshot(request: Request, asked: Asked) -> Response:
    """The snapshot that is shown now."""
    index = asked.boards().index
    return answer(request, snapshot_info(index), index.row.snapshot_id)


@router.get(
    "/how-xp-works", summary="The rules in force", response_model=HowXpWorks, responses=_SAME
)
async def how(request: Request, asked: Asked) -> Response:
    """The rules in force: rates, boosts, caps, and what counts."""
    snapshot_id = asked.boards().index.row.snapshot_id
    return answer(request, asked.rules(), snapshot_id)


@router.get(
    "/producers/{producer_id}/progress",
    summary="A producer's progress",
    response_model=Progress,
    responses=_SAME,
)
async def progress(request: Request, asked: Asked, producer_id: Id) -> Response:
    """A producer's level, XP, achievements, history and ranks."""
    index, row = asked.producer(producer_id)
    return answer(request, progress_page(index, row), index.row.snapshot_id)


@router.get(
    "/producers/{producer_id}/ledger.csv",
    summary="A producer's XP as CSV",
    response_class=Response,
    responses=_SAME,
)
async def ledger(request: Request, asked: Asked, producer_id: Id) -> Response:
    """A producer's rows of the XP ledger, as a table for spreadsheets."""
    index, _ = asked.producer(producer_id)

    def text() -> str:
        return csv_text(("day", "source", "quantity", "xp"), index.ledger(producer_id))

    return await _download(request, text, f"xp-{producer_id}.csv", index.row.snapshot_id)


@router.get(
    "/leaderboards/{category}/{period}",
    summary="Rows of a board",
    response_model=BoardPage,
    responses=_SAME,
)
async def leaderboard(
    request: Request,
    asked: Asked,
    category: Category,
    period: Period,
    first: First = 1,
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
    responses=_SAME,
)
async def leaderboard_rows(
    request: Request,
    asked: Asked,
    category: Category,
    period: Period,
    first: First = 1,
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
    responses=_SAME,
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


@router.post(
    "/refreshes",
    summary="Ask for a refresh",
    status_code=202,
    response_model=JobInfo,
    responses=_TOO_SOON,
)
async def ask_for_refresh(request: Request, asked: Asked, response: Response) -> JobInfo:
    """Ask for newer data: begins a refresh, or joins the one under way, and returns at once."""
    job = asked.refresh()
    response.headers["location"] = request.url_for("refresh", job_id=job.job_id).path
    return _job_info(job, asked.viewer)


@router.get("/refreshes/{job_id}", summary="How far a refresh has come", response_model=JobInfo)
async def refresh(asked: Asked, job_id: str) -> JobInfo:
    """How far a refresh has come."""
    job = asked.parts.jobs.get(job_id)
    if job is None:
        raise ProblemError(404, f"No refresh {job_id} is known here.")
    return _job_info(job, asked.viewer)


def _job_info(job: Job, viewer: Viewer) -> JobInfo:
    detail = job.detail_for(viewer)
    if job.state == "failed" and not detail:
        detail = "The refresh failed."
    return JobInfo(
        job_id=job.job_id,
        state=job.state,
        detail=detail,
        asked_at=job.asked_at,
        ended_at=job.ended_at,
    )


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
