"""The pages: they show what the API answers, as HTML that works without scripts."""

import asyncio
from typing import Any, get_args

from fastapi import APIRouter, Request
from starlette.datastructures import URL
from starlette.responses import RedirectResponse, Response

from dashboard.boards import podium
from dashboard.charts import xp_chart
from dashboard.context import Context
from dashboard.ids import Named
from dashboard.models import AchievementOf
from dashboard.parameters import (
    As,
    Asked,
    Category,
    First,
    Period,
    Pinned,
    ProducerId,
    Until,
    check_board,
)
from dashboard.progress import achievements_of, closest_next, nobody, progress_page
from dashboard.rendering import local, page
from dashboard.rules import how_xp_works
from dashboard.wording import shown_name
from pipelines.boards.periods import period_days
from pipelines.published.snapshot import PublishedSnapshot, producers_like
from pipelines.rulebook.model import Rarity

ROWS = 50
AROUND = 11
RARITIES = get_args(Rarity)
STATES = ("unlocked", "locked")
router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(asked: Asked) -> Response:
    """The first page: one's own progress, or what there is to look at."""
    if asked.viewer.producer_id is not None:
        return _on_to(asked.request, _page_of(asked, asked.viewer.producer_id))
    return _on_to(asked.request, "/producers" if asked.viewer.sees_all else "/leaderboards")


@router.get("/producers")
async def producers(asked: Asked, find: str = "") -> Response:
    """For analysts: look a producer up by id or a part of the display name."""
    if not asked.viewer.sees_all:
        if asked.viewer.producer_id is not None:
            return _on_to(asked.request, _page_of(asked, asked.viewer.producer_id))
        asked.viewer.check_sees_all()
    boards = asked.boards()
    found: list[dict[str, Any]] = []
    count = 0
    if find.strip():
        published = PublishedSnapshot(asked.parts.root, boards.index.manifest)
        rows, count = await asyncio.to_thread(producers_like, published, find)
        found = rows.to_dicts()
        if count == 1:
            return RedirectResponse(_page_of(asked, found[0]["producer_id"]))
    first = boards.page("points", "all_time", 0, 10)
    return page(
        asked,
        "producers.html",
        boards.index,
        find=find.strip(),
        found=found,
        count=count,
        board=first,
        are_texts=boards.index.has_texts,
    )


@router.get("/producers/{producer_id}")
async def progress(
    asked: Asked, producer: ProducerId, state: str = "", rarity: str = ""
) -> Response:
    """The Progress page."""
    index, producer_id = asked.boards().index, producer.id
    if producer_id == asked.viewer.producer_id and not index.name(producer_id):
        # They have signed up since: the next snapshot may have them.
        return page(
            asked,
            "newcomer.html",
            index,
            first_steps=_first_steps(achievements_of(index, nobody(producer_id))),
        )
    index, row = asked.producer(producer)
    found = progress_page(index, row, asked.disclosure.boards)
    rules = how_xp_works(index)
    shown = [one for one in found.achievements if _is_shown(one, state, rarity)]
    return page(
        asked,
        "progress.html",
        index,
        me=producer_id,
        progress=found,
        shown=shown,
        name=shown_name(found.display_name, asked.known_as(producer_id)),
        places={(rank.category, rank.period): rank for rank in found.ranks},
        state=state if state in STATES else "",
        rarity=rarity if rarity in RARITIES else "",
        rarities=RARITIES,
        chart=xp_chart(found.months, found.level_ups)
        if any(month.xp for month in found.months)
        else None,
        rates={rate.source: rate for rate in rules.rates} if rules else {},
        boosted={boost.source for boost in rules.past_boosts} if rules else set(),
        closest=closest_next(found.achievements),
        first_steps=_first_steps(found.achievements),
    )


@router.get("/leaderboards")
async def leaderboards(request: Request) -> Response:
    """The overall board."""
    return _on_to(request, "/leaderboards/overall/all_time")


@router.get("/leaderboards/{category}/{period}")
async def leaderboard(
    asked: Asked,
    category: Category,
    period: Period,
    first: First = 1,
    until: Until = None,
    around: bool = False,
    producer: As = None,
    snapshot: Pinned = None,
) -> Response:
    """The Leaderboards page."""
    check_board(asked, category, period)
    me = _me(asked, producer)
    boards = await asked.boards_of(snapshot)
    if around and me is not None:
        found = boards.around(category, period, me, AROUND)
    else:
        end = None if until is None else until - 1
        found = boards.page(category, period, first - 1, ROWS, me, end)
    status = ""
    if me is not None and found.place is None:
        row = asked.boards().index.progress(me)
        if row is None and producer is not None:
            asked.check_known(producer)
        status = row["status"] if row else "unknown"
    rules = how_xp_works(boards.index)
    return page(
        asked,
        "leaderboard.html",
        boards.index,
        me=me,
        board=found,
        podium=podium(found),
        days=period_days(boards.index.row.as_of, period),
        my_status=status,
        weights=rules.weights if rules else [],
    )


@router.get("/how-xp-works")
async def how(asked: Asked, producer: As = None) -> Response:
    """The rules in force."""
    index = asked.boards().index
    return page(asked, "how.html", index, me=_me(asked, producer), rules=asked.rules())


@router.post("/refresh")
async def refresh(asked: Asked, back: str = "/") -> Response:
    """Ask for a refresh, and go back to the page, which shows how far it is."""
    job = asked.refresh()
    there = URL(local(back)).include_query_params(job=job.job_id)
    return RedirectResponse(f"{there.path}?{there.query}", status_code=303)


@router.api_route("/{path:path}/", methods=["GET", "POST"])
async def without_slash(request: Request, path: str) -> Response:
    """An address with a slash too many leads to the one without, on this server."""
    query = request.url.query
    address = "/" + path.strip("/")
    return RedirectResponse(f"{address}?{query}" if query else address)


def _on_to(request: Request, address: str) -> Response:
    """Lead on to another page, which shows the same refresh."""
    job = request.query_params.get("job")
    return RedirectResponse(URL(address).include_query_params(job=job) if job else address)


def _page_of(asked: Context, producer_id: int) -> str:
    """The address of a producer's Progress page."""
    return f"/producers/{asked.address_of(producer_id)}"


def _me(asked: Context, producer: Named | None) -> int | None:
    """Whose place is shown: the viewer's, or that of the producer an analyst looks at."""
    if producer is not None and asked.viewer.sees(producer.id):
        return producer.id
    return asked.viewer.producer_id


def _is_shown(one: AchievementOf, state: str, rarity: str) -> bool:
    is_locked = one.unlocked_at is None
    return (state not in STATES or is_locked == (state == "locked")) and (
        rarity not in RARITIES or one.rarity == rarity
    )


def _first_steps(achievements: list[AchievementOf]) -> list[AchievementOf]:
    """The least achievement of each kind that a producer can do something for at once."""
    steps = []
    for metric in ("uploads", "complete_tracks", "collaborations"):
        of_kind = [one for one in achievements if one.metric == metric and one.needed]
        steps += sorted(of_kind, key=lambda one: one.needed or 0)[:1]
    return steps
