"""Tables without lines, and texts that wrap, as all commands print them."""

import re
from collections.abc import Collection, Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from cli.wording import untrusted

Cell = Text | str | int | None
#: The least that a column of texts is given, and what a column has on both sides.
_NARROWEST = 12
_AROUND = 2
_ENDLESS = 10_000


def number_table(*columns: str, texts: Collection[str] = ("",)) -> Table:
    """A table whose first column is text, and those that are called so; the others are numbers."""
    table = Table(box=None, header_style="bold")
    for place, column in enumerate(columns):
        justify: JustifyMethod = "right" if place and column not in texts else "left"
        table.add_column(column, justify=justify, overflow="fold")
    return table


def print_rows(
    out: Console,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    texts: Collection[str] = ("",),
) -> None:
    """A `number_table` of rows, if there are any. Texts are untrusted; None is a dash."""
    table = number_table(*columns, texts=texts)
    for row in rows:
        table.add_row(*map(_written, row))
    if table.row_count:
        print_table(out, table)


def _written(cell: Cell) -> Text:
    match cell:
        case Text():
            return cell
        case None:
            return Text("-")
        case int():
            return Text(f"{cell:,}")
    return untrusted(cell)


def print_table(out: Console, table: Table) -> None:
    """A table with some air around it."""
    out.print()
    out.print(Padding(fitted(out, table, indent=1), (0, 0, 0, 1), expand=False))


def fitted(out: Console, table: Table, indent: int = 0) -> Table:
    """A table as it fits into the terminal, with everything that is in it.

    Numbers (what is right-aligned) stay in one piece, texts become narrower. Where that is not
    enough there is a line for each cell, one row below the other.
    """
    for column in table.columns:
        column.no_wrap = column.justify == "right"
        column.overflow, column.max_width = "fold", None
    needed = indent + sum(_least(out, column) + _AROUND for column in table.columns)
    return table if needed <= out.width else _records(table)


def print_whole(out: Console, table: Table) -> None:
    """A table of which no number is cut: one that is wider than the terminal is wrapped by that."""
    least = sum(_least(out, column) + _AROUND for column in table.columns) - _AROUND
    if least > out.width:
        table.width = least
    out.print(table, crop=False)


def _least(out: Console, column: Column) -> int:
    """How narrow a column can be: numbers stay in one piece, texts are folded."""
    everything = out.options.update(max_width=_ENDLESS)
    cells = [column.header, *column.cells]
    natural = max(Measurement.get(out, everything, cell).maximum for cell in cells)
    return natural if column.no_wrap else min(natural, _NARROWEST)


def _records(table: Table) -> Table:
    """The cells of a table below each other, each beside the name of its column."""
    records = Table(box=None, show_header=False, pad_edge=False)
    records.add_column(style="bold", no_wrap=True)
    records.add_column(overflow="fold")
    rows = zip(*(column.cells for column in table.columns), strict=True)
    for number, row in enumerate(rows):
        if number:
            records.add_row()
        for column, cell in zip(table.columns, row, strict=True):
            if cell:
                records.add_row(column.header, cell)
    return records


def print_hanging(out: Console, text: Text, indent: int = 2) -> None:
    """A text whose further lines are indented. What has no spaces, like a path, is never cut."""
    breaks = [0]
    for word in re.finditer(r"\S+", text.plain):
        start, room = breaks[-1], out.width - (indent if len(breaks) > 1 else 0)
        is_first = not text.plain[start : word.start()].strip()
        if not is_first and cell_len(text.plain[start : word.end()]) > room:
            breaks.append(word.start())
    for place, line in enumerate(text.divide(breaks[1:])):
        line.rstrip()
        out.print(Text(" " * (indent if place else 0)).append_text(line), soft_wrap=True)
