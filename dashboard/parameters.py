"""What an address can say: the parameters that the API and the pages take alike."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Path, Query

from dashboard.context import Context, context_of
from dashboard.ids import Id
from dashboard.problems import ProblemError
from pipelines.vocabulary import CATEGORIES, PERIODS

Asked = Annotated[Context, Depends(context_of)]
if TYPE_CHECKING:
    Category = str
    Period = str
else:
    Category, Period = Literal[*CATEGORIES], Literal[*PERIODS]
ProducerId = Annotated[Id, Path()]
#: Analysts look at the boards as a producer does.
As = Annotated[Id | None, Query()]
First = Annotated[int, Query(ge=1, le=2**31, description="Place in the list, from 1.")]
Pinned = Annotated[
    str | None, Query(description="A kept snapshot to page through; none = the newest.")
]

Until = Annotated[
    int | None, Query(ge=1, le=2**31, description="Place before which the page ends.")
]


def check_board(asked: Context, category: str, period: str) -> None:
    """Raise ProblemError if there is no such board, or it is not for the viewer."""
    if period not in asked.disclosure.boards.get(category, ()):
        raise ProblemError(404, f"There is no board of {category} with the period {period}.")
