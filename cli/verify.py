"""`beatxp verify`: whether a store is what was written, and a snapshot follows from its inputs."""

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
    from analysis.repair import Repaired
    from analysis.store_faults import Examined
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
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Compute what is damaged again, from the export files."),
    ] = False,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Check the files of the store, and the values of a snapshot."""
    terminal: Terminal = context.obj
    if sample is not None and not recompute:
        raise typer.BadParameter("--sample says what --recompute looks at; add --recompute.")
    settings = terminal.settings()
    root = settings.project.store
    from analysis.store_faults import faults_of, faults_of_store
    from analysis.verification import content_faults, recompute_and_compare
    from pipelines.refresh import workers

    def examine() -> "Examined":
        if snapshot is None:
            return faults_of_store(root, workers(settings))
        return faults_of([terminal.snapshot(snapshot).manifest], root, workers(settings))

    found = examine()
    repaired = None
    if repair:
        from analysis.repair import repair as mend

        repaired = mend(settings, found.faults)
    faults = examine().faults if repair and found.faults else found.faults
    opened = terminal.snapshot(snapshot)
    damaged = [f"{fault.path} {fault.state}." for fault in faults]
    damaged += content_faults(opened.manifest)
    tables = None
    if recompute and not damaged:
        tables = list(recompute_and_compare(settings, opened, sample))
    agrees = not damaged and not any(table.different for table in tables or ())
    if json:
        terminal.json(
            {
                "files": found.files,
                "damaged": damaged,
                "mended": None if repaired is None else repaired.mended,
                "lost": None if repaired is None else repaired.lost,
                "sample": sample,
                "tables": tables,
                "agrees": agrees,
            },
            opened.row,
        )
    else:
        if repaired is not None:
            print_repaired(terminal.out, repaired)
        of = "The store" if snapshot is None else f"Snapshot {opened.row.snapshot_id}"
        print_files(terminal.out, of, found.files, damaged)
        if tables is not None:
            print_comparisons(terminal.out, opened, tables, sample)
    if not agrees:
        raise typer.Exit(FAILED)


def print_repaired(out: Console, repaired: "Repaired") -> None:
    """What was mended, and what is lost."""
    for title, said in (("Mended", repaired.mended), ("Lost", repaired.lost)):
        if said:
            out.print(f"{title}:", style="bold")
        for line in said:
            print_hanging(out, untrusted(f"- {line}"), indent=2)


def print_files(out: Console, of: str, files: int, damaged: list[str]) -> None:
    """What became of the files."""
    state = plural(len(damaged), "fault") if damaged else "each is what was written"
    print_hanging(out, Text(f"{of}, {plural(files, 'file')}: {state}."), indent=2)
    for fault in damaged:
        print_hanging(out, untrusted(f"- {fault}"), indent=2)


def print_comparisons(
    out: Console, opened: PublishedSnapshot, tables: "Sequence[Comparison]", sample: int | None
) -> None:
    """How many rows of each table differ from what the rules give, and the first ones."""
    out.print(f"Snapshot {opened.row.snapshot_id}, and what follows from its export files:")
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
