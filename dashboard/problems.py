"""Errors as RFC 9457 problem details for scripts, and as a page for people."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.models import Problem

MEDIA_TYPE = "application/problem+json"
#: After how long a snapshot that was loading is asked for again.
LOADING_SECONDS = 2


class ProblemError(Exception):
    """Something that the one who asked can be told."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        # It may quote what was sent, such as half of a surrogate pair, which no answer can hold.
        self.detail = detail.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.headers = dict(headers or {})


class NotSignedIn(ProblemError):
    """It has to be known who asks: nobody said so, or the sign-in was refused or has expired."""

    def __init__(self, detail: str, why: Literal["nobody", "refused", "expired"]) -> None:
        super().__init__(401, detail, {"www-authenticate": "Bearer"})
        self.why = why


class SomebodyElses(ProblemError):
    """Who asks is known, and this is another producer's."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, detail)


class NothingPublished(ProblemError):
    """There is no snapshot yet to answer from."""

    def __init__(self) -> None:
        super().__init__(503, "Nothing has been published yet.")


class Loading(ProblemError):
    """There is a snapshot, and the server is making it ready for being looked at."""

    def __init__(self) -> None:
        detail = f"The published snapshot is loading; ask again in {LOADING_SECONDS} s."
        super().__init__(503, detail, {"retry-after": str(LOADING_SECONDS)})


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
