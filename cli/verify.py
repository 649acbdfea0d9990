"""`beatxp verify`: whether a published snapshot is what it says, and follows from its inputs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from cli.app import FAILED, Terminal, app
from cli.options import JsonOption, SnapshotOption
from cli.tables import print_hanging, print_rows
from cli.wording import plural, untrusted
from pipelines.published.snapshot import PublishedSnapshot

if TYPE_CHECKING:
    from pipelines.reference.comparison import Comparison


@app.command("verify", epilog="More: docs/operations.md#verifying-a-snapshot")
def verify_command(
    context: typer.Context,
    recompute: Annotated[
        bool,
        typer.Option(
            "--recompute",
            help="Compute every table from the export files by the SQL files alone, and compare.",
        ),
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="With --recompute: only N producers, by hash."),
    ] = None,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Check the files of a snapshot, and all values in them."""
    terminal: Terminal = context.obj
    if sample is not None and not recompute:
        raise typer.BadParameter("--sample says what --recompute looks at; add --recompute.")
    opened = terminal.snapshot(snapshot)
    from analysis.verification import damaged_files, recompute_and_compare

    damaged = damaged_files(opened)
    tables = None
    if recompute and not damaged:
        tables = list(recompute_and_compare(terminal.settings(), opened, sample))
    agrees = not damaged and not any(table.different for table in tables or ())
    if json:
        terminal.json(
            {
                "files": _files(opened),
                "damaged": damaged,
                "sample": sample,
                "tables": tables,
                "agrees": agrees,
            },
            opened.row,
        )
    else:
        print_files(terminal.out, opened, damaged)
        if tables is not None:
            print_comparisons(terminal.out, tables, sample)
    if not agrees:
        raise typer.Exit(FAILED)


def print_files(out: Console, opened: PublishedSnapshot, damaged: list[str]) -> None:
    """What became of the files."""
    state = (
        plural(len(damaged), "fault")
        if damaged
        else "each is what was written, and their content is what the snapshot says"
    )
    files = plural(_files(opened), "file")
    print_hanging(out, Text(f"Snapshot {opened.row.snapshot_id}, {files}: {state}."), indent=2)
    for fault in damaged:
        print_hanging(out, untrusted(f"- {fault}"), indent=2)


def print_comparisons(out: Console, tables: "Sequence[Comparison]", sample: int | None) -> None:
    """How many rows of each table differ from what the rules give, and the first ones."""
    of = "" if sample is None else f", for a sample of {plural(sample, 'producer')}"
    columns = (f"Computed again by sql/{of}", "Rows compared", "Different")
    print_rows(out, columns, ((table.table, table.rows, table.different) for table in tables))
    for table in tables:
        if not table.different:
            continue
        shown = len(table.first)
        rest = f", the first {shown}" if table.different > shown else ""
        out.print(f"\n {table.table}: {plural(table.different, 'difference')}{rest}", style="bold")
        for row in table.first:
            key = ", ".join(f"{name} {value}" for name, value in row.key.items())
            both = f"{_values(row.computed)} by the rules, {_values(row.published)} published"
            print_hanging(out, untrusted(f" {key}: {both}"), indent=4)


def _values(values: Mapping[str, Any] | None) -> str:
    if values is None:
        return "no such row"
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _files(opened: PublishedSnapshot) -> int:
    return sum(len(parts) for parts in opened.manifest.tables.values())
