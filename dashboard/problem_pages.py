"""What went wrong, as a document for scripts, or as a page in plain words with a way on."""

from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from dashboard.context import Context
from dashboard.metrics import LOG
from dashboard.problems import (
    Loading,
    NothingPublished,
    NotSignedIn,
    ProblemError,
    SomebodyElses,
    problem,
)
from dashboard.rendering import here, local, page
from dashboard.rights import NOBODY

_FOR_SCRIPTS = ("/api/", "/healthz", "/readyz", "/metrics")
_TITLES = {
    403: "You may not do this",
    404: "Not found",
    422: "Something in this address is wrong",
    429: "Too soon",
    500: "Something went wrong",
    503: "Not there at the moment",
}


class _Words(NamedTuple):
    """The heading of a problem's page, and a sentence."""

    title: str
    says: str


def add_problem_pages(app: FastAPI) -> None:
    """Let an application answer so."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    if request.url.path.startswith(_FOR_SCRIPTS):
        return problem(request, error)
    # That it is not known who asks may be what went wrong.
    nobody = Context(NOBODY, request.app.state.parts, request)
    asked: Context = getattr(request.state, "context", nobody)
    if isinstance(error, NothingPublished | Loading):
        template = "loading.html" if isinstance(error, Loading) else "nothing.html"
        answer = page(asked, template, None, error.status)
    else:
        answer = page(
            asked,
            "problem.html",
            None,
            error.status,
            me=_looked_at(request, asked),
            problem=error,
            words=_words(error),
            back=_back(request),
        )
    answer.headers.update(error.headers)
    return answer


def _words(error: ProblemError) -> _Words:
    match error:
        case NotSignedIn(why="nobody"):
            return _Words("Sign in first", error.detail)
        case NotSignedIn(why="expired"):
            return _Words("You were signed out", "Your sign-in has expired.")
        case NotSignedIn():
            return _Words("Sign in again", "Your sign-in is not accepted here.")
        case SomebodyElses():
            return _Words("This is somebody else's progress", error.detail)
    phrase = HTTPStatus(error.status).phrase
    return _Words(_TITLES.get(error.status, phrase), error.detail)


def _back(request: Request) -> str | None:
    """The page of ours that one came from, as the browser itself says; None if it is another's."""
    mine = here(request)
    if request.method == "POST":
        return mine
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    address = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    is_ours = came_from.netloc == request.headers.get("host") and local(address) == address
    return address if is_ours and address != mine else None


def _looked_at(request: Request, asked: Context) -> int | None:
    """The producer as whom an analyst looks around, as far as the address says so."""
    text = request.query_params.get("producer")
    if text is None or not asked.viewer.sees_all:
        return None
    try:
        return asked.named(text).id
    except ValueError:
        return None


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    said = "; ".join(
        f"{'.'.join(str(key) for key in one['loc'])}: {one['msg']}" for one in error.errors()
    )
    is_path = all(one["loc"][0] == "path" for one in error.errors())
    return await _problem(request, ProblemError(404 if is_path else 422, said))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "There is nothing here." if error.status_code == 404 else str(error.detail)
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    return await _problem(request, ProblemError(error.status_code, detail, headers))


async def _fault(request: Request, error: Exception) -> Response:
    LOG.error("fault", path=request.url.path, exc_info=error)
    return await _problem(request, ProblemError(500, "Something went wrong here; it is logged."))
