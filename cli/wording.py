"""How numbers, times, names and scores are written, for people and for scripts.

Names and original values are untrusted: they are shown as they are, never as markup, and
what would move the cursor or turn the text around is shown as an escape.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl
from rich.text import Text

from pipelines.publication.manifest import Snapshot
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


def rules_of(row: Snapshot) -> str:
    """What the rulebook of a snapshot is called."""
    return f"{printable(row.rulebook_name)} {printable(row.rulebook_version)}"


def bar(percent: int, width: int = 30) -> Text:
    """A progress bar that can be read without colour."""
    full = width * percent // 100
    return Text.assemble(("█" * full, "green"), ("░" * (width - full), "dim"))


def plain(value: Any) -> Any:
    """A value for JSON, all the way down: times with a Z, frames as lists of objects.

    Decimals are numbers, what is no number is null, and what JSON has no type for is text.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return float(value)
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return value.isoformat() + "Z"
        case date():
            return value.isoformat()
        case pl.DataFrame():
            return plain(value.to_dicts())
        case msgspec.Struct():
            return plain(msgspec.structs.asdict(value))
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            is_record = is_dataclass(value) and not isinstance(value, type)
            return plain(asdict(value)) if is_record else str(value)


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


def error_document(code: str, message: str) -> str:
    """What went wrong, as one line for scripts."""
    return json.dumps({"error": {"code": code, "message": message}}) + "\n"
