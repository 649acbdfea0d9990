"""Errors as RFC 9457 problem details for scripts, and as a page for people."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.models import Problem

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """Something that the one who asked can be told."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        # It may quote what was sent, such as half of a surrogate pair, which no answer can hold.
        self.detail = detail.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.headers = dict(headers or {})


class NothingPublished(ProblemError):
    """There is no snapshot yet to answer from."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, detail)


def problem(request: Request, error: ProblemError) -> Response:
    """The answer to a script."""
    document = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.detail,
        instance=request.url.path,
    )
    return JSONResponse(
        document.model_dump(), error.status, headers=error.headers, media_type=MEDIA_TYPE
    )
