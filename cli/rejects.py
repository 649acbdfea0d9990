"""`beatxp rejects`: what of the exports could not be used, and why."""

from typing import Annotated

import polars as pl
import typer
from rich.text import Text

from cli.app import Terminal, app
from cli.files import tell_written, writable, write_rows
from cli.options import CsvOption, JsonOption, ParquetOption, SnapshotOption
from cli.rejected import (
    print_bad_cells,
    print_counts,
    print_files,
    print_rows,
    print_unmatched,
    unread_sentences,
)
from cli.unmatched import list_unmatched
from cli.wording import plural
from pipelines.published.rejects import (
    Selection,
    bad_cells,
    counts,
    export_files,
    rejected_files,
    rejects,
)
from pipelines.published.snapshot import NotFoundError, PublishedSnapshot
from pipelines.published.unread import unread_files
from pipelines.vocabulary import ENTITIES


@app.command("rejects", epilog="More: docs/analysis/rejects.md")
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
    unmatched: Annotated[
        bool,
        typer.Option(
            "--unmatched", help="Instead, rows that refer to something unknown, such as a track."
        ),
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="How many rows to print.")] = 20,
    csv: CsvOption = None,
    parquet: ParquetOption = None,
    pending: Annotated[
        bool,
        typer.Option("--pending", help="Of the last refresh, which a guard did not let publish."),
    ] = False,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """List what was rejected or not read, with the reasons."""
    terminal: Terminal = context.obj
    if entity is not None and entity not in ENTITIES:
        raise typer.BadParameter(
            f"There is no entity {entity!r}. There are: {', '.join(ENTITIES)}."
        )
    if unmatched and reason is not None:
        raise typer.BadParameter("Unmatched rows have no --reason; --entity and --file do.")
    if pending and snapshot is not None:
        raise typer.BadParameter("Ask for what is pending without --snapshot.")
    opened = terminal.held_back() if pending else terminal.snapshot(snapshot)
    meant = Selection(entity, file, reason)
    settings = terminal.settings()
    unread = unread_files(settings.project.exports, settings.exports, opened, meant)
    try:
        export_files(opened, meant)
    except NotFoundError:
        if unread.is_empty():
            raise
        raise NotFoundError("\n".join(unread_sentences(unread))) from None
    writable(csv, parquet)
    if unmatched:
        list_unmatched(terminal, opened, meant, limit, (csv, parquet), json)
        return
    found = rejects(opened, meant)
    by_reason = counts(found)
    rows = found.filter(pl.col("row").is_not_null()).head(limit).collect()
    cells = pl.DataFrame() if reason else bad_cells(opened, meant)
    files = rejected_files(opened, meant)
    of_unmatched = pl.DataFrame() if reason or file else _unmatched(opened, meant)
    written = write_rows(found, csv, parquet)
    if json:
        terminal.json(
            {
                "rejected_rows": by_reason["rows"].sum(),
                "counts": by_reason,
                "rejected_files": files,
                "bad_cells": cells,
                "unread_files": unread,
                "unmatched": of_unmatched,
                "rows": rows,
            },
            opened.row,
        )
        return
    nothing = by_reason.is_empty() and files.is_empty() and unread.is_empty()
    if reason is not None and nothing:
        terminal.out.print(
            Text(f"Nothing was rejected for the reason {reason!r}; without it, all are listed.")
        )
    else:
        print_counts(terminal.out, by_reason)
        print_files(terminal.out, plural(files.height, "rejected file"), files)
    print_files(terminal.out, f"Files that are not read: {unread.height:,}", unread)
    print_bad_cells(terminal.out, cells)
    print_rows(terminal.out, rows, int(by_reason["rows"].sum()))
    print_unmatched(terminal.out, of_unmatched)
    tell_written(terminal.out, written)


def _unmatched(opened: PublishedSnapshot, meant: Selection) -> pl.DataFrame:
    """How many rows of an entity, or of all, are unmatched: entity, unmatched."""
    inputs = opened.scan("inputs").filter(pl.col("unmatched") > 0)
    if meant.entity is not None:
        inputs = inputs.filter(pl.col("entity") == meant.entity)
    return inputs.select("entity", "unmatched").collect()
