"""`beatxp rejects`: what of the exports could not be used, and why."""

import json as json_text
from typing import Annotated, Any

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.cli.app import JsonOption, Terminal, app, errors_as_sentences, writable
from pipelines.cli.folders import CsvOption, ParquetOption
from pipelines.cli.show import SnapshotOption
from pipelines.cli.tables import print_hanging
from pipelines.cli.wording import plain, plural, printable, stranger
from pipelines.publication.rejected import (
    Selection,
    bad_cells,
    counts,
    export_files,
    rejected_files,
    rejects,
)
from pipelines.result_files import write_csv, write_parquet
from pipelines.settings import ENTITIES

#: Lines of each summary; all of them are in --json.
SUMMARY = 20
#: Files with the most rejected rows.
WORST = 10
#: Characters of original values.
LONGEST = 500


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
    csv: CsvOption = None,
    parquet: ParquetOption = None,
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
        opened = terminal.snapshot(snapshot)
        meant = Selection(entity, file, reason)
        export_files(opened, meant)
        found = rejects(opened, meant)
        by_reason = counts(found)
        rows = found.filter(pl.col("row").is_not_null()).head(limit).collect()
        cells = pl.DataFrame() if reason else bad_cells(opened, meant)
        files = rejected_files(opened, meant)
        for path, write in ((csv, write_csv), (parquet, write_parquet)):
            if path is not None:
                writable(path)
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
        if reason is not None and by_reason.is_empty() and files.is_empty():
            terminal.out.print(
                Text(f"Nothing was rejected for the reason {reason!r}; without it, all are listed.")
            )
        else:
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
    if by_reason.height <= most:
        out.print(_counted(by_reason.select("rows", "reason", _path()), "Reason", "File"))
        return
    # Too many files to list them with each reason: who is bad, and apart from that what is.
    reasons = by_reason.group_by("entity", "reason").agg(pl.col("rows").sum())
    out.print(_counted(_most(reasons).select("rows", "entity", "reason"), "Entity", "Reason"))
    files = by_reason.group_by("entity", "file").agg(pl.col("rows").sum())
    out.print()
    out.print(_counted(_most(files).select("rows", _path()), "File", most=WORST))
    out.print("--entity, --file and --reason narrow it down; --json lists all.", style="dim")


def _path() -> pl.Expr:
    return pl.concat_str("entity", "file", separator="/").alias("path")


def _most(counted: pl.DataFrame) -> pl.DataFrame:
    return counted.sort(pl.all().exclude("rows")).sort("rows", descending=True, maintain_order=True)


def _counted(
    counted: pl.DataFrame, *columns: str, title: str = "Rejected rows", most: int = SUMMARY
) -> Table:
    """A table whose first column is summed up below the lines that are shown."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(title, justify="right")
    for column in columns:
        table.add_column(column, overflow="fold")
    for number, *texts in counted.head(most).iter_rows():
        table.add_row(f"{number:,}", *(stranger(text) for text in texts))
    more = f" (and {counted.height - most:,} more)" if counted.height > most else ""
    table.add_row(f"{counted.to_series(0).sum():,}", f"in all{more}")
    return table


def print_files(out: Console, files: pl.DataFrame) -> None:
    """Files that were rejected as a whole, each with a sentence."""
    if files.is_empty():
        return
    out.print(f"\n{plural(files.height, 'rejected file')}", style="bold")
    for entity, file, reason, detail in files.head(SUMMARY).iter_rows():
        print_hanging(
            out,
            Text.assemble(
                "- ", stranger(f"{entity}/{file}"), f" ({reason}): ", stranger(detail or "")
            ),
        )
    if files.height > SUMMARY:
        out.print(f"- and {files.height - SUMMARY:,} more (--json has all)")


def print_bad_cells(out: Console, cells: pl.DataFrame) -> None:
    """Optional cells of accepted rows that became null."""
    if cells.is_empty():
        return
    out.print()
    columns = cells.select("cells", "column", _path())
    out.print(_counted(columns, "Column", "File", title="Bad cells", most=WORST))
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
        out.print(Padding(Text(_cut(readable(original))), (0, 0, 0, 4), expand=False))


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


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... (cut; --json has all)"
