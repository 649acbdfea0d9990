"""Which ids are meant by what somebody writes (specification, section 1: `text_ids`)."""

import re
from collections.abc import Iterator
from typing import Final

from pipelines.exports.erased import KINDS, Kind
from pipelines.exports.text_ids import id_of
from pipelines.exports.without_erased import ID_COLUMNS
from pipelines.failures import UsageError
from pipelines.settings import Dialects
from pipelines.vocabulary import COLUMNS

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
_GREATEST: Final = 2**63 - 1


class NoSuchId(UsageError):
    """What is to be erased is no id."""

    code = "no_such_id"


def ids_of(dialects: Dialects, kind: Kind, text: str) -> set[int]:
    """The ids that a text stands for: a number, a text if ids are texts, or both.

    Raises NoSuchId if it is neither.
    """
    columns = {column for column, of in ID_COLUMNS.items() if of == kind}
    found = set()
    if any(columns.intersection(dialects.of(entity).text_ids) for entity in COLUMNS):
        found.add(id_of(text))
    if _NUMBER.fullmatch(text) and int(text) <= _GREATEST:
        found.add(int(text))
    if not found or not text.strip():
        raise NoSuchId(
            f"{text!r} is no id of a {kind}: ids are whole numbers from 1 on, and texts where "
            "`text_ids` in the settings says so."
        )
    return found


def ids_in(lines: Iterator[str] | list[str], name: str) -> Iterator[tuple[Kind, str]]:
    """The ids of a file: on each line `producer ID` or `listener ID`. Raises NoSuchId.

    Empty lines and those that begin with # are passed over.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        said, _, text = line.strip().partition(" ")
        kind = next((kind for kind in KINDS if kind == said), None)
        if kind is None or not text.strip():
            raise NoSuchId(
                f"{name}, line {number}: {line.strip()!r} is neither `producer ID` nor "
                "`listener ID`."
            )
        yield kind, text.strip()
