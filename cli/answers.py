"""How answers to SQL are printed: as a table for people, as one object for scripts."""

import json
import math
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.tables import print_whole
from cli.wording import plain, plural, printable

if TYPE_CHECKING:
    from analysis.questions import AnswerColumn, Question

#: How wide a text beside others is at most, and the most characters of one: beside others, and in a
#: list of its own.
WIDEST = 40
LONG = 200
LONGEST = 2_000
_BETWEEN = 2


def print_answer(out: Console, question: "Question", limit: int) -> None:
    """Print the first rows, or the plan.

    A table that is too wide becomes several with all rows, one below the other; a single row a
    list.
    """
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
    widths = _widths(question.columns, shown)
    is_list = len(shown) == 1 and _together(widths) > out.width
    if is_list:
        _print_list(out, question.columns, shown[0])
    else:
        _print_tables(out, question.columns, shown, widths)
    most = LONGEST if is_list else LONG
    if any(len(cell(value)) > most for row in shown for value in row):
        out.print(
            Text(
                f"Texts of more than {most:,} characters are cut. --csv, --parquet and --json have "
                "all of them.",
                style="dim",
            )
        )
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
        "rows": [dict(zip(names, row, strict=True)) for row in question.rows()],
    }


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
            return printable(json.dumps(plain(value), ensure_ascii=False))
        case _:
            return printable(str(value))


def _float(value: float) -> str:
    """A number with at most four decimals, or as it is if that would hide what it is."""
    if not math.isfinite(value) or (value != 0 and not 1e-3 <= abs(value) < 1e15):
        return str(value)
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _widths(columns: "Sequence[AnswerColumn]", rows: list[tuple[Any, ...]]) -> list[int]:
    """How wide each column would like to be; texts are folded to WIDEST."""
    widths = []
    for place, name in enumerate(_names(columns)):
        widest = max(cell_len(cell(row[place])) for row in rows)
        if not columns[place].is_number:
            widest = min(widest, WIDEST)
        widths.append(max(widest, cell_len(name)))
    return widths


def _together(widths: list[int]) -> int:
    return sum(widths) + _BETWEEN * (len(widths) - 1)


def _print_tables(
    out: Console, columns: "Sequence[AnswerColumn]", rows: list[tuple[Any, ...]], widths: list[int]
) -> None:
    """All columns, in as many tables below each other as it takes.

    The first column is repeated in each, so that one sees which row is which; where it is too wide
    for that, rows have numbers.
    """
    if _together(widths) <= out.width:
        _print_table(out, columns, rows, range(len(columns)))
        return
    is_repeated = widths[0] <= out.width // 2
    label = widths[0] if is_repeated else len(str(len(rows)))
    blocks: list[list[int]] = []
    taken = out.width
    for place in range(1 if is_repeated else 0, len(columns)):
        taken += _BETWEEN + widths[place]
        if taken > out.width:
            blocks.append([0] if is_repeated else [])
            taken = label + _BETWEEN + widths[place]
        blocks[-1].append(place)
    for number, places in enumerate(blocks):
        if number:
            out.print()
        _print_table(out, columns, rows, places, are_numbered=not is_repeated)


def _print_table(
    out: Console,
    columns: "Sequence[AnswerColumn]",
    rows: list[tuple[Any, ...]],
    places: Sequence[int],
    are_numbered: bool = False,
) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    if are_numbered:
        table.add_column("#", justify="right", style="dim", no_wrap=True)
    names = _names(columns)
    for place in places:
        is_number = columns[place].is_number
        table.add_column(
            Text(names[place]),
            justify="right" if is_number else "left",
            max_width=None if is_number else max(WIDEST, cell_len(names[place])),
            overflow="fold",
            no_wrap=is_number,
        )
    for number, row in enumerate(rows, 1):
        cells = [_shown(row[place], LONG) for place in places]
        table.add_row(*([str(number)] if are_numbered else []), *cells)
    print_whole(out, table)


def _print_list(out: Console, columns: "Sequence[AnswerColumn]", row: tuple[Any, ...]) -> None:
    """One row with a line for each column."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", overflow="fold", max_width=WIDEST)
    table.add_column(overflow="fold")
    for name, value in zip(_names(columns), row, strict=True):
        table.add_row(Text(name), _shown(value, LONGEST))
    out.print(table)


def _shown(value: Any, most: int) -> Text:
    text = cell(value)
    cut = text if len(text) <= most else f"{text[:most]}..."
    return Text(cut, style="dim" if value is None else "")


def _names(columns: "Sequence[AnswerColumn]") -> list[str]:
    return [printable(column.name) for column in columns]
