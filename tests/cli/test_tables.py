"""Texts that are wider than the terminal."""

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.tables import fitted, number_table, print_hanging


def lines(text: Text, width: int, indent: int) -> list[str]:
    printed = StringIO()
    print_hanging(Console(file=printed, width=width), text, indent)
    return printed.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        # It fits, to the last column.
        ("- one two", 9, ["- one two"]),
        # Further lines have less room, and begin below the text.
        ("- one two three", 9, ["- one two", "  three"]),
        ("- one two three four", 9, ["- one two", "  three", "  four"]),
        # Characters that take two columns.
        ("- 東京 tokyo", 9, ["- 東京", "  tokyo"]),
        # A path is not cut, so that it can be copied: not at the beginning and not below.
        ("/a/long/path.csv row 1", 9, ["/a/long/path.csv", "  row 1"]),
        ("  /a/long/path.csv row 1", 9, ["  /a/long/path.csv", "  row 1"]),
        ("- in /a/long/path.csv", 9, ["- in", "  /a/long/path.csv"]),
        ("", 9, [""]),
    ],
)
def test_further_lines_hang(text: str, width: int, expected: list[str]) -> None:
    assert lines(Text(text), width, indent=2) == expected


def test_styles_stay_where_they_are() -> None:
    printed = StringIO()
    console = Console(file=printed, width=9, force_terminal=True, color_system="standard")
    print_hanging(console, Text.assemble("one two ", ("three", "bold")), indent=2)
    assert printed.getvalue().splitlines() == ["one two", "  \x1b[1mthree\x1b[0m"]


def shown(table: Table, width: int) -> list[str]:
    printed = StringIO()
    console = Console(file=printed, width=width)
    console.print(fitted(console, table))
    return [line.rstrip() for line in printed.getvalue().splitlines()]


def test_a_table_that_does_not_fit_becomes_lines() -> None:
    table = number_table("Producer", "Id", "Score")
    table.add_row("A name that is rather long", "9223372036854775807", "1,234,567")
    table.add_row("Bo", "2", "")
    assert len(shown(table, 80)) == 3
    # Texts are folded first.
    assert shown(table, 50) == [
        " Producer                           Id      Score",
        " A name that is    9223372036854775807  1,234,567",
        " rather long",
        " Bo                                  2",
    ]
    assert shown(table, 40) == [
        "Producer  A name that is rather long",
        "Id        9223372036854775807",
        "Score     1,234,567",
        "",
        "Producer  Bo",
        "Id        2",
    ]
