"""`beatxp rejects --unmatched`: rows that were read, but refer to something unknown."""

from pathlib import Path

import polars as pl
from rich.text import Text

from cli.app import Terminal
from cli.derived import derived_again, tell_other_version
from cli.files import tell_written, write_rows
from cli.rejected import count_table, print_rows
from pipelines.published.rejects import Selection, export_files
from pipelines.published.snapshot import PublishedSnapshot


def list_unmatched(
    terminal: Terminal,
    opened: PublishedSnapshot,
    meant: Selection,
    limit: int,
    files: tuple[Path | None, Path | None],
    json: bool,
) -> None:
    """Print the unmatched rows that are meant, and write all of them to files (CSV, Parquet)."""
    from analysis.export_rows import ExportRows
    from analysis.unmatched import REFERENCES, unmatched_rows

    entities = [entity for entity in REFERENCES if meant.entity in (None, entity)]
    with derived_again(terminal, opened) as (derived, is_same):
        unmatched = unmatched_rows(ExportRows(derived), entities)
        if meant.file is not None:
            of_files = export_files(opened, meant).select("entity", "file").lazy()
            unmatched = unmatched.join(
                of_files, on=["entity", "file"], how="semi", maintain_order="left"
            )
        counts = (
            unmatched.group_by("entity", "unknown")
            .agg(pl.len().cast(pl.Int64).alias("rows"))
            .sort("rows", "entity", "unknown", descending=[True, False, False])
            .collect(engine="streaming")
        )
        rows = unmatched.head(limit).collect()
        written = write_rows(unmatched, *files)
    total = int(counts["rows"].sum())
    if json:
        terminal.json(
            {"unmatched_rows": total, "counts": counts, "rows": rows, "is_as_published": is_same},
            opened.row,
        )
        return
    if not total:
        terminal.out.print("No unmatched rows.")
    else:
        columns = counts.select("rows", "entity", "unknown")
        terminal.out.print(
            count_table(terminal.out, columns, "Entity", "Unknown", title="Unmatched rows")
        )
        terminal.out.print(
            Text("They count for nobody now, and by themselves once what is unknown arrives."),
            style="dim",
        )
    shown = rows.select("entity", "file", "row", "unknown", "original")
    print_rows(terminal.out, shown, total, "unmatched row")
    tell_other_version(terminal, is_same)
    tell_written(terminal.out, written)
