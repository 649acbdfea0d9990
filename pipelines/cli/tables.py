"""Tables without lines, and texts that wrap, as all commands print them."""

import re

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


def number_table(*columns: str) -> Table:
    """A table whose first column is text; the others are numbers, unless their names are empty."""
    table = Table(box=None, header_style="bold")
    for place, column in enumerate(columns):
        justify: JustifyMethod = "right" if place and column else "left"
        table.add_column(column, justify=justify, overflow="fold")
    return table


def print_table(out: Console, table: Table) -> None:
    """A table with some air around it."""
    out.print()
    out.print(Padding(table, (0, 0, 0, 1), expand=False))


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


def amounts(before: int, after: int, change: int) -> tuple[str, str, str]:
    """Two numbers and their difference with its sign; nothing where there is none."""
    return f"{before:,}", f"{after:,}", f"{change:+,}" if change else ""
