"""Pages from templates: what all of them have in common."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from dashboard.answers import PASSING, answer
from dashboard.context import Context
from dashboard.encoded_slashes import is_as_sent
from dashboard.freshness import Ages, freshness
from dashboard.index.index import Index
from dashboard.problems import LOADING_SECONDS
from dashboard.sign_in import sign_in_link
from dashboard.static_files import address_of
from dashboard.wording import shown_name, wording_for
from pipelines.rulebook.wording import collaboration_rule, metadata_rule, plays_rule
from pipelines.vocabulary import ACTIONS, CATEGORIES, GOALS, PERIODS, SCORES, SOURCES, score_unit

#: How long the end of a refresh is news on the page that followed it.
_NEWS_FOR = timedelta(minutes=5)
#: From when on it is said that exports end before the time up to which things count.
_BEHIND = timedelta(hours=1)
#: From when on a time that is told as "208 days ago" has its date beside it: a number of days, as
#: that is when such a text changes.
_LONG_AGO = timedelta(days=7)
#: What stands in the path of an address as it is.
_SAFE = "/:@!$&'()*+,;=~"


def share(some: int, of_all: int) -> str:
    """What share of the producers have an achievement, in words."""
    if not some or not of_all:
        return "nobody has it yet"
    percent = 100 * some // of_all
    return f"{percent}% have it" if percent else "fewer than 1% have it"


_ENVIRONMENT = Environment(
    loader=PackageLoader("dashboard"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {
    "static": address_of,
    "share": share,
    "shown_name": shown_name,
    "long_ago": _LONG_AGO,
    "loading_seconds": LOADING_SECONDS,
    "categories": CATEGORIES,
    "periods": PERIODS,
    "action_names": ACTIONS,
    "source_names": SOURCES,
    "unit_names": {source: name.removesuffix("s") for source, name in SOURCES.items()},
    "metric_names": GOALS,
    "score_name": SCORES.__getitem__,
    "score_unit": score_unit,
    "metadata_rule": metadata_rule,
    "collaboration_rule": collaboration_rule,
    "plays_rule": plays_rule,
}


def prepare() -> None:
    """Compile all templates, and read how numbers and times are written: a third of a second, which
    the first who asks for a page would wait.
    """
    for name in _ENVIRONMENT.list_templates(extensions=["html"]):
        _ENVIRONMENT.get_template(name)
    wording_for("").moment(datetime(2026, 1, 1))


def page(
    asked: Context,
    template: str,
    index: Index | None,
    status: int = 200,
    me: int | None = None,
    **values: Any,
) -> Response:
    """Render a page of a snapshot. `me` is the producer whose pages are linked at the top."""
    parts, request, viewer = asked.parts, asked.request, asked.viewer
    snapshot = None if index is None else index.row
    fresh, now = freshness(parts), parts.clock()
    checked, ages = fresh.checked, Ages(now)
    is_same = snapshot and checked and checked.snapshot_id == snapshot.snapshot_id
    where = here(request)
    host = request.headers.get("host", "")
    mine = parts.jobs.get(request.query_params.get("job", ""))
    if mine is not None and mine.ended_at is not None and now - mine.ended_at > _NEWS_FOR:
        mine = None
    job = mine or parts.jobs.running
    text = _ENVIRONMENT.get_template(template).render(
        path=request.url.path,
        here=where,
        viewer=viewer,
        sign_in="" if viewer.is_known else sign_in_link(parts.sign_in, host, where),
        boards=asked.disclosure.boards,
        me=viewer.producer_id if me is None else me,
        known_as=asked.known_as,
        shown_id=lambda producer_id: _shown_id(asked.known_as(producer_id), producer_id),
        address_of=asked.address_of,
        say=wording_for(request.headers.get("accept-language", "")),
        now=now,
        ago=ages.ago,
        snapshot=snapshot,
        changed_at=None if index is None else index.manifest.changed_at,
        is_behind=bool(
            snapshot and snapshot.data_through and snapshot.as_of - snapshot.data_through > _BEHIND
        ),
        checked_at=checked.checked_at if is_same and checked else None,
        hold=fresh.hold,
        job=job,
        job_detail=job.detail_for(viewer) if job else "",
        # Without scripts: only those who have asked wait for it.
        comes_again=mine is not None and mine.state == "running",
        **values,
    )
    return answer(
        asked,
        index,
        text,
        "text/html",
        {"vary": "accept-language, authorization, cookie"},
        status,
        fresh,
        ages.until,
    )


def _shown_id(known_as: str, producer_id: int) -> str:
    """A producer's id on a page; a text may be long, and turn what is around it."""
    is_number = known_as == str(producer_id)
    return known_as if is_number else Markup("<bdi>{}</bdi>").format(known_as)


def local(address: str) -> str:
    """An address on this server: its first page instead of one that leads elsewhere."""
    # Browsers leave tabs and line ends out, and take "\\" for "/".
    is_odd = "\\" in address or any(character <= " " for character in address)
    return address if address.startswith("/") and address[1:2] != "/" and not is_odd else "/"


def here(request: Request) -> str:
    """This page's address without what only holds for a moment; that of a form's page."""
    path = request.scope["path"]
    if (request.method, path) == ("POST", "/refresh"):
        return local(request.query_params.get("back", "/"))
    path = path if is_as_sent(request.scope) else quote(path, safe=_SAFE)
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in PASSING]
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{path}{query}"
