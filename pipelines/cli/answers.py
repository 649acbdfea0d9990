"""How answers to SQL are printed: as a table for people, as one object for scripts."""

import json
import math
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.cli.wording import plain, plural, printable

if TYPE_CHECKING:
    from analysis.questions import Column, Question

#: Most characters of a cell beside others, and of one in a list of its own.
WIDEST = 40
LONGEST = 2_000
_BETWEEN = 2


def print_answer(out: Console, question: "Question", limit: int) -> None:
    """Print the first rows: as a table, or a single row that is too wide as a list; or the plan."""
    with closing(question.rows()) as answer:
        rows = list(islice(answer, limit + 1))
    if question.explain:
        for _, plan in rows:
            for line in plan.splitlines():
                out.print(Text(printable(line)), soft_wrap=True)
        return
    shown = rows[:limit]
    if not shown:
        out.print(Text(f"No rows. Columns: {', '.join(_names(question.columns))}"))
        return
    fitting = _fitting(question.columns, shown, out.width)
    if fitting < len(question.columns) and len(shown) == 1:
        _print_list(out, question.columns, shown[0])
        return
    _print_table(out, question.columns[:fitting], shown)
    if fitting < len(question.columns):
        left_out = ", ".join(_names(question.columns[fitting:]))
        columns = plural(len(question.columns) - fitting, "more column")
        out.print(Text(f"{columns} would not fit: {left_out}", style="dim"))
    if len(rows) > limit:
        out.print(
            Text(
                f"There are more: these are the first {plural(limit, 'row')}. --limit shows more; "
                "--csv, --parquet and --json have all.",
                style="dim",
            )
        )


def document(question: "Question") -> dict[str, Any]:
    """The whole answer for scripts: its columns with DuckDB's types, and its rows as objects."""
    names = [column.name for column in question.columns]
    return {
        "columns": [{"name": c.name, "type": c.type} for c in question.columns],
        "rows": [dict(zip(names, map(json_value, row), strict=True)) for row in question.rows()],
    }


def json_value(value: Any) -> Any:
    """A value for JSON: decimals as numbers, what is no number as null, what is else as text."""
    match value:
        case Decimal():
            return float(value)
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(key): json_value(item) for key, item in value.items()}
        case list() | tuple():
            return [json_value(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            found = plain(value)
            return found if isinstance(found, str) else str(value)


def cell(value: Any) -> str:
    """A value for people, on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case datetime():
            return str(value)
        case dict() | list():
            return printable(json.dumps(json_value(value), ensure_ascii=False))
        case _:
            return printable(str(value))


def _float(value: float) -> str:
    """A number with at most four decimals, or as it is if that would hide what it is."""
    if not math.isfinite(value) or (value != 0 and not 1e-3 <= abs(value) < 1e15):
        return str(value)
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _fitting(columns: "Sequence[Column]", rows: list[tuple[Any, ...]], width: int) -> int:
    """How many of the columns fit beside each other, at least one."""
    taken = -_BETWEEN
    for place, name in enumerate(_names(columns)):
        widest = max(cell_len(name), *(cell_len(cell(row[place])) for row in rows))
        taken += _BETWEEN + min(widest, max(WIDEST, cell_len(name)))
        if taken > width:
            return max(place, 1)
    return len(columns)


def _print_table(out: Console, columns: "Sequence[Column]", rows: list[tuple[Any, ...]]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column, name in zip(columns, _names(columns), strict=True):
        table.add_column(
            Text(name),
            justify="right" if column.is_number else "left",
            max_width=max(WIDEST, cell_len(name)),
            overflow="ellipsis",
            no_wrap=True,
        )
    for row in rows:
        table.add_row(*(_shown(value) for value in row[: len(columns)]))
    out.print(table)


def _print_list(out: Console, columns: "Sequence[Column]", row: tuple[Any, ...]) -> None:
    """One row with a line for each column."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True, max_width=WIDEST, overflow="ellipsis")
    table.add_column(overflow="fold")
    for name, value in zip(_names(columns), row, strict=True):
        table.add_row(Text(name), _shown(value, LONGEST))
    out.print(table)


def _shown(value: Any, most: int = 200) -> Text:
    text = cell(value)
    cut = text if len(text) <= most else f"{text[:most]}..."
    return Text(cut, style="dim" if value is None else "")


def _names(columns: "Sequence[Column]") -> list[str]:
    return [printable(column.name) for column in columns]
