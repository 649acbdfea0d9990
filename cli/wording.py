"""How numbers, times, names and scores are written, for people and for scripts.

Names and original values are untrusted: they are shown as they are, never as markup, and
what would move the cursor or turn the text around is shown as an escape.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from rich.text import Text

from pipelines.published.text_ids import spelled
from pipelines.vocabulary import gap as gap
from pipelines.vocabulary import money as money
from pipelines.vocabulary import plural as plural
from pipelines.vocabulary import printable as printable
from pipelines.vocabulary import score as score

#: Up to this number a double holds every integer.
_EXACT = 2**53 - 1


def untrusted(text: str, style: str = "") -> Text:
    """Untrusted text for rich: no markup, no emoji codes, no control characters."""
    return Text(printable(text), style=style)


def id_of_row(row: Mapping[str, Any], column: str = "producer_id") -> str:
    """The id of a producer or track in a row, or the text that it stands for."""
    return printable(spelled(row, column))


def moment(time: datetime | None) -> str:
    """A UTC time to the second."""
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M:%S}"


def bar(percent: int, width: int = 30) -> Text:
    """A progress bar that can be read without colour."""
    full = width * percent // 100
    return Text.assemble(("█" * full, "green"), ("░" * (width - full), "dim"))


def for_scripts(value: Any) -> Any:
    """A document in which no number is another one to jq or a browser, which have doubles only.

    Ids (keys that end in `_id`) are always texts, whatever number they are; any other integer is
    one where a double cannot hold it.
    """
    match value:
        case dict():
            return {
                key: str(item) if _is_id(key, item) else for_scripts(item)
                for key, item in value.items()
            }
        case list() | tuple():
            return [for_scripts(item) for item in value]
        case int() if abs(value) > _EXACT:
            return str(value)
        case _:
            return value


def _is_id(key: str, value: Any) -> bool:
    return key.endswith("_id") and isinstance(value, int) and not isinstance(value, bool)


def error_document(code: str, said: str) -> str:
    """What went wrong, as one line for scripts."""
    return json.dumps({"error": {"code": code, "message": said}}) + "\n"


def plain(value: Any) -> Any:
    """A value for JSON: times with a Z, frames as lists of objects, all the way down."""
    match value:
        case pl.DataFrame():
            return plain(value.to_dicts())
        case datetime():
            return value.isoformat() + "Z"
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value
