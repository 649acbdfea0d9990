"""Options and arguments that several commands have, and how days and times are read."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.moments import ImpossibleTime, as_of_time

_SAFE = (
    "a text that begins with = + - @, a tab or a line end, also behind spaces, gets a leading "
    "apostrophe."
)
ProducerArgument = Annotated[
    str, typer.Argument(metavar="PRODUCER", help="A producer's id or exact display name.")
]
SnapshotOption = Annotated[
    str | None,
    typer.Option(
        "--snapshot",
        metavar="SNAPSHOT",
        help="A kept one: an id or its beginning, `previous`, or a time when it was current.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]
CsvOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help=f"Write all rows as CSV for a spreadsheet: {_SAFE}"),
]
ParquetOption = Annotated[
    Path | None, typer.Option("--parquet", metavar="FILE", help="Write all rows as Parquet.")
]
CsvFolderOption = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FOLDER", help=f"Write each table as CSV for a spreadsheet: {_SAFE}"
    ),
]
ParquetFolderOption = Annotated[
    Path | None, typer.Option("--parquet", metavar="FOLDER", help="Write each table as Parquet.")
]


def time_option(help: str) -> Any:
    """An option that is a time."""
    return typer.Option(parser=parse_time, metavar="TIME", help=help)


def parse_time(text: str) -> datetime:
    """The time up to which something is to count, as UTC without a zone."""
    try:
        return as_of_time(text)
    except ImpossibleTime as error:
        raise typer.BadParameter(str(error)) from None


def parse_day(text: str) -> date:
    """An ISO date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write one like 2026-11-01.") from None
