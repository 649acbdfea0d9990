"""`beatxp rejects`: what of the exports could not be used, and why."""

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.cli.app import JsonOption, Terminal, app, errors_as_sentences
from pipelines.cli.show import SnapshotOption
from pipelines.cli.wording import plain, plural, printable, stranger
from pipelines.publication.rejected import (
    Selection,
    bad_cells,
    counts,
    export_files,
    rejected_files,
    rejects,
    write_csv,
    write_parquet,
)
from pipelines.settings import ENTITIES
from pipelines.snapshot import open_snapshot

#: Lines of each summary; all of them are in --json.
SUMMARY = 20


@app.command("rejects")
def rejects_command(
    context: typer.Context,
    entity: Annotated[
        str | None, typer.Option(metavar="ENTITY", help=f"One of {', '.join(ENTITIES)}.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A path below the exports folder, or a pattern."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Like played_at:type, or a pattern such as 'file:*'."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many rejected rows to print.")] = 20,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write all that are meant as CSV for a spreadsheet: a text that begins with "
            "= + - @, a tab or a line end gets a leading apostrophe.",
        ),
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all that are meant as Parquet.")
    ] = None,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """List rejected rows, cells and files with their reasons."""
    terminal: Terminal = context.obj
    with errors_as_sentences(terminal):
        if entity is not None and entity not in ENTITIES:
            raise typer.BadParameter(
                f"There is no entity {entity!r}. There are: {', '.join(ENTITIES)}."
            )
        opened = open_snapshot(terminal.settings().project.store, snapshot)
        meant = Selection(entity, file, reason)
        export_files(opened, meant)
        found = rejects(opened, meant)
        by_reason = counts(found)
        rows = found.filter(pl.col("row").is_not_null()).head(limit).collect()
        cells = pl.DataFrame() if reason else bad_cells(opened, meant)
        files = rejected_files(opened, meant)
        for path, write in ((csv, write_csv), (parquet, write_parquet)):
            if path is not None:
                write(found, path)
        if json:
            terminal.json(
                plain(
                    {
                        "snapshot": msgspec.structs.asdict(opened.row),
                        "rejected_rows": by_reason["rows"].sum(),
                        "counts": by_reason,
                        "rejected_files": files,
                        "bad_cells": cells,
                        "rows": rows,
                    }
                )
            )
            return
        print_counts(terminal.out, by_reason)
        print_files(terminal.out, files)
        print_bad_cells(terminal.out, cells)
        print_rows(terminal.out, rows, int(by_reason["rows"].sum()))
        for path in (csv, parquet):
            if path is not None:
                terminal.out.print(Text(f"\nWritten: {path}"), soft_wrap=True)


def print_counts(out: Console, by_reason: pl.DataFrame, most: int = SUMMARY) -> None:
    """Rejected rows by entity, file and reason."""
    if by_reason.is_empty():
        out.print("No rejected rows.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Rejected rows", justify="right")
    table.add_column("Reason")
    table.add_column("File", overflow="fold")
    for entity, file, reason, rows in by_reason.head(most).iter_rows():
        table.add_row(f"{rows:,}", stranger(reason), stranger(f"{entity}/{file}"))
    table.add_row(f"{by_reason['rows'].sum():,}", "in all", _more(by_reason.height - most))
    out.print(table)


def print_files(out: Console, files: pl.DataFrame) -> None:
    """Files that were rejected as a whole, each with a sentence."""
    if files.is_empty():
        return
    out.print(f"\n{plural(files.height, 'rejected file')}", style="bold")
    for entity, file, reason, detail in files.head(SUMMARY).iter_rows():
        out.print(
            Text.assemble(
                "- ", stranger(f"{entity}/{file}"), f" ({reason}): ", stranger(detail or "")
            )
        )
    if files.height > SUMMARY:
        out.print(f"- {_more(files.height - SUMMARY)}")


def print_bad_cells(out: Console, cells: pl.DataFrame) -> None:
    """Optional cells of accepted rows that became null."""
    if cells.is_empty():
        return
    out.print()
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Bad cells", justify="right")
    table.add_column("Column")
    table.add_column("File", overflow="fold")
    for entity, file, column, number in cells.head(SUMMARY).iter_rows():
        table.add_row(f"{number:,}", stranger(column), stranger(f"{entity}/{file}"))
    table.add_row(f"{cells['cells'].sum():,}", "in all", _more(cells.height - SUMMARY))
    out.print(table)
    out.print("They count as empty; their rows were accepted.", style="dim")


def print_rows(out: Console, rows: pl.DataFrame, total: int) -> None:
    """Rejected rows with their original values."""
    if rows.is_empty():
        return
    out.print(f"\nThe first {rows.height:,} of {plural(total, 'rejected row')}", style="bold")
    for entity, file, row, reason, original in rows.iter_rows():
        out.print(
            Text.assemble(stranger(f"{entity}/{file}"), f" row {row:,}: ", stranger(reason, "bold"))
        )
        out.print(Text(f"    {readable(original)}", overflow="ellipsis", no_wrap=True))


def readable(original: str | None) -> str:
    """Original values as `column=value`, or the line as it was if it could not be split."""
    try:
        cells = json_text.loads(original or "")
    except ValueError:
        cells = None
    if not isinstance(cells, dict):
        return printable(original or "")
    written: dict[str, Any] = {
        name: value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)
        for name, value in cells.items()
    }
    return "  ".join(f"{printable(name)}={printable(value)}" for name, value in written.items())


def _more(number: int) -> str:
    return f"and {number:,} more (--json has all)" if number > 0 else ""
