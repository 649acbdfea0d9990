"""What an address can say: the parameters that the API and the pages take alike."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError

from dashboard.context import Context, context_of
from dashboard.encoded_slashes import decoded
from dashboard.ids import Named
from dashboard.problems import ProblemError
from pipelines.vocabulary import CATEGORIES, PERIODS

Asked = Annotated[Context, Depends(context_of)]
if TYPE_CHECKING:
    Category = str
    Period = str
else:
    Category, Period = Literal[*CATEGORIES], Literal[*PERIODS]
First = Annotated[int, Query(ge=1, le=2**31, description="Place in the list, from 1.")]
Pinned = Annotated[
    str | None, Query(description="A kept snapshot to page through; none = the newest.")
]

Until = Annotated[
    int | None, Query(ge=1, le=2**31, description="Place before which the page ends.")
]


async def _in_path(
    request: Request,
    asked: Asked,
    producer_id: Annotated[
        str,
        Path(min_length=1, description="The producer's id, or the text that it stands for."),
    ],
) -> Named:
    return _named(asked, decoded(request.scope, producer_id), "path", "producer_id")


async def _in_query(asked: Asked, producer: Annotated[str | None, Query()] = None) -> Named | None:
    return None if producer is None else _named(asked, producer, "query", "producer")


def _named(asked: Context, text: str, *where: str) -> Named:
    try:
        return asked.named(text)
    except ValueError as error:
        mistake = {"type": "value_error", "loc": where, "msg": f"Value error, {error}"}
        raise RequestValidationError([mistake]) from None


ProducerId = Annotated[Named, Depends(_in_path)]
#: Analysts look at the boards as a producer does.
As = Annotated[Named | None, Depends(_in_query)]


def check_board(asked: Context, category: str, period: str) -> None:
    """Raise ProblemError if there is no such board, or it is not for the viewer."""
    if period not in asked.disclosure.boards.get(category, ()):
        raise ProblemError(404, f"There is no board of {category} with the period {period}.")
