"""What an address can say: the parameters that the API and the pages take alike."""

import re
from typing import Annotated, Literal

from fastapi import Depends, Path, Query
from pydantic import BeforeValidator

from dashboard.asked import Context, context_of
from dashboard.problems import ProblemError
from pipelines.boards.standings import BOARDS

Asked = Annotated[Context, Depends(context_of)]
Category = Literal["overall", "quality", "uploads", "plays", "points", "earnings", "collaboration"]
Period = Literal["all_time", "month", "week"]
_LARGEST_ID = 2**63 - 1


def parse_id(text: object) -> int:
    """An id in its one spelling: `int` takes "+94", "9_4" and the digits of every script, too.

    Raises ProblemError.
    """
    if not isinstance(text, str) or not re.fullmatch(r"[1-9][0-9]{0,18}", text):
        raise ProblemError(404, f"{text} is no id of a producer.")
    if int(text) > _LARGEST_ID:
        raise ProblemError(404, f"{text} is no id of a producer: it is too large.")
    return int(text)


Id = Annotated[int, Path(ge=1, le=_LARGEST_ID), BeforeValidator(parse_id)]
#: Analysts look at the boards as a producer does.
As = Annotated[Annotated[int, BeforeValidator(parse_id)] | None, Query(ge=1, le=_LARGEST_ID)]
First = Annotated[int, Query(ge=1, le=2**31, description="Place in the list, from 1.")]
Pinned = Annotated[
    str | None, Query(description="A snapshot that was shown a moment ago, to page through.")
]

Until = Annotated[
    int | None, Query(ge=1, le=2**31, description="Place before which the page ends.")
]


def check_board(category: str, period: str) -> None:
    """Raise ProblemError if there is no such board."""
    if period not in BOARDS.get(category, ()):
        raise ProblemError(404, f"There is no board of {category} with the period {period}.")
