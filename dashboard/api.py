"""The JSON API, under /api/v2: what the pages show, for scripts and for the host platform.

Every answer comes from one snapshot and names it; a script that sends its ETag back is told 304 for
as long as the answer is the same.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from dashboard.answers import answer
from dashboard.boards import snapshot_info
from dashboard.context import Context
from dashboard.downloads import csv_text
from dashboard.index.index import Index
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
from dashboard.parameters import (
    Asked,
    Category,
    First,
    Period,
    Pinned,
    ProducerId,
    Until,
    check_board,
)
from dashboard.problems import MEDIA_TYPE, ProblemError
from dashboard.progress import progress_page
from dashboard.rights import Viewer

Rows = Annotated[int, Query(ge=1, le=200)]
#: What a file can be called everywhere.
_FILE_NAME = re.compile(r"[0-9A-Za-z_-]{1,100}")

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
router = APIRouter(prefix="/api/v2", responses=_PROBLEMS)
former = APIRouter(prefix="/api/v1", include_in_schema=False)


def _as_json(asked: Context, found: Model, index: Index) -> Response:
    """A model as JSON, or 304 if the one who asks has it."""
    text = found.model_dump_json()
    return answer(asked, index, text, "application/json")


@router.get(
    "/snapshot", summary="The snapshot that is shown", response_model=SnapshotInfo, responses=_SAME
)
async def snapshot(asked: Asked) -> Response:
    """The snapshot that is shown now."""
    index = asked.boards().index
    return _as_json(asked, snapshot_info(index), index)


@router.get(
    "/how-xp-works", summary="The rules in force", response_model=HowXpWorks, responses=_SAME
)
async def how(asked: Asked) -> Response:
    """The rules in force: rates, boosts, caps, and what counts."""
    return _as_json(asked, asked.rules(), asked.boards().index)


@router.get(
    "/producers/{producer_id}/progress",
    summary="A producer's progress",
    response_model=Progress,
    responses=_SAME,
)
async def progress(asked: Asked, producer: ProducerId) -> Response:
    """A producer's level, XP, achievements, history and ranks."""
    index, row = asked.producer(producer)
    found = progress_page(index, row, asked.disclosure.boards)
    return _as_json(asked, found, index)


@router.get(
    "/producers/{producer_id}/ledger.csv",
    summary="A producer's XP as CSV",
    response_class=Response,
    responses=_SAME,
)
async def ledger(asked: Asked, producer: ProducerId) -> Response:
    """A producer's rows of the XP ledger, as a table for spreadsheets."""
    index, _ = asked.producer(producer)

    def text() -> str:
        return csv_text(("day", "source", "quantity", "xp"), index.ledger(producer.id))

    known = asked.known_as(producer.id)
    name = known if _FILE_NAME.fullmatch(known) else str(producer.id)
    return await _download(asked, text, f"xp-{name}.csv", index)


@router.get(
    "/leaderboards/{category}/{period}",
    summary="Rows of a board",
    response_model=BoardPage,
    responses=_SAME,
)
async def leaderboard(
    asked: Asked,
    category: Category,
    period: Period,
    first: First = 1,
    rows: Rows = 50,
    until: Until = None,
    snapshot: Pinned = None,
) -> Response:
    """Rows of a board, and the place of the producer who asks."""
    check_board(asked, category, period)
    boards = await asked.boards_of(snapshot)
    end = None if until is None else until - 1
    found = boards.page(category, period, first - 1, rows, asked.viewer.producer_id, end)
    return _as_json(asked, found, boards.index)


@router.get(
    "/leaderboards/{category}/{period}/rows.csv",
    summary="Rows of a board as CSV",
    response_class=Response,
    responses=_SAME,
)
async def leaderboard_rows(
    asked: Asked,
    category: Category,
    period: Period,
    first: First = 1,
    rows: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    snapshot: Pinned = None,
) -> Response:
    """Rows of a board, as a table for spreadsheets."""
    check_board(asked, category, period)
    boards = await asked.boards_of(snapshot)
    if boards.snapshot_gone:  # rows of another snapshot could not say so
        raise ProblemError(404, "This snapshot is no longer kept: begin again with the newest.")

    def text() -> str:
        return csv_text(boards.columns(), boards.table(category, period, first - 1, rows))

    return await _download(asked, text, f"{category}-{period}.csv", boards.index)


@router.get(
    "/leaderboards/{category}/{period}/around/{producer_id}",
    summary="The rows around a producer",
    response_model=BoardPage,
    responses=_SAME,
)
async def around(
    asked: Asked,
    category: Category,
    period: Period,
    producer: ProducerId,
    rows: Rows = 11,
    snapshot: Pinned = None,
) -> Response:
    """The rows around a producer; the top if the producer is not ranked."""
    check_board(asked, category, period)
    boards = await asked.boards_of(snapshot)
    found = boards.around(category, period, producer.id, rows)
    if found.place is None:
        asked.check_known(producer)
    return _as_json(asked, found, boards.index)


@router.post(
    "/refreshes",
    summary="Ask for a refresh",
    status_code=202,
    response_model=JobInfo,
    responses=_TOO_SOON,
)
async def ask_for_refresh(asked: Asked, response: Response) -> JobInfo:
    """Ask for newer data: begins a refresh, or joins the one under way, and returns at once."""
    job = asked.refresh()
    response.headers["location"] = asked.request.url_for("refresh", job_id=job.job_id).path
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


async def _download(asked: Context, text: Callable[[], str], name: str, index: Index) -> Response:
    """A file, or 304. Its text may be long: other requests are answered while it is made."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    content = await asyncio.to_thread(text)
    return answer(asked, index, content, "text/csv", headers)


@former.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def gone(rest: str) -> Response:
    """What version 1 answered: scripts that ask for it are told what to ask for."""
    raise ProblemError(
        410,
        "Version 1 of this API is gone: it had ids as numbers, and browsers and other programs "
        f"round those above 2^53. Version 2 has them as texts: ask for /api/v2/{rest} instead.",
    )
