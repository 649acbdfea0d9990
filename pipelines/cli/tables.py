"""Tables without lines, as all commands print them."""

from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table


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


def amounts(before: int, after: int, change: int) -> tuple[str, str, str]:
    """Two numbers and their difference with its sign; nothing where there is none."""
    return f"{before:,}", f"{after:,}", f"{change:+,}" if change else ""
