"""`beatxp verify`: whether a published snapshot is what it says, and follows from its inputs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from cli.app import FAILED, JsonOption, Terminal, app, errors_as_sentences
from cli.show import SnapshotOption
from cli.tables import number_table, print_hanging, print_table
from cli.wording import plain, plural, printable
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
    with errors_as_sentences(terminal):
        if sample is not None and not recompute:
            raise typer.BadParameter("--sample says what --recompute looks at; add --recompute.")
        opened = terminal.snapshot(snapshot)
        # Imported here: it brings the engines along, and other commands need none.
        from analysis.verification import damaged_files, recompute_and_compare

        damaged = damaged_files(opened)
        tables = None
        if recompute and not damaged:
            tables = list(recompute_and_compare(terminal.settings(), opened, sample))
        agrees = not damaged and not any(table.different for table in tables or ())
        if json:
            terminal.json(document(opened, damaged, tables, sample) | {"agrees": agrees})
        else:
            print_files(terminal.out, opened, damaged)
            if tables is not None:
                print_comparisons(terminal.out, tables, sample)
    if not agrees:
        raise typer.Exit(FAILED)


def document(
    opened: PublishedSnapshot,
    damaged: list[str],
    tables: "Sequence[Comparison] | None",
    sample: int | None,
) -> dict[str, Any]:
    """What was found, for scripts; `tables` is null if nothing was computed."""
    found: dict[str, Any] = plain(
        {
            "snapshot": msgspec.structs.asdict(opened.row),
            "files": _files(opened),
            "damaged": damaged,
            "sample": sample,
            "tables": None
            if tables is None
            else [
                {
                    "table": table.table,
                    "rows": table.rows,
                    "different": table.different,
                    "first": [
                        {"key": d.key, "computed": d.computed, "published": d.published}
                        for d in table.first
                    ],
                }
                for table in tables
            ],
        }
    )
    return found


def print_files(out: Console, opened: PublishedSnapshot, damaged: list[str]) -> None:
    """What became of the files."""
    found = (
        plural(len(damaged), "fault")
        if damaged
        else "each is what was written, and their content is what the snapshot says"
    )
    files = plural(_files(opened), "file")
    print_hanging(out, Text(f"Snapshot {opened.row.snapshot_id}, {files}: {found}."), indent=2)
    for said in damaged:
        print_hanging(out, Text(f"- {printable(said)}"), indent=2)


def print_comparisons(out: Console, tables: "Sequence[Comparison]", sample: int | None) -> None:
    """How many rows of each table differ from what the rules give, and the first ones."""
    of = "" if sample is None else f", for a sample of {plural(sample, 'producer')}"
    table = number_table(f"Computed again by sql/{of}", "Rows compared", "Different")
    for found in tables:
        table.add_row(found.table, f"{found.rows:,}", f"{found.different:,}")
    print_table(out, table)
    for found in tables:
        if not found.different:
            continue
        shown = len(found.first)
        rest = f", the first {shown}" if found.different > shown else ""
        out.print(f"\n {found.table}: {plural(found.different, 'difference')}{rest}", style="bold")
        for difference in found.first:
            key = ", ".join(f"{name} {value}" for name, value in difference.key.items())
            said = f" {key}: {_values(difference.computed)} by the rules, "
            said += f"{_values(difference.published)} published"
            print_hanging(out, Text(printable(said)), indent=4)


def _values(values: Mapping[str, Any] | None) -> str:
    if values is None:
        return "no such row"
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _files(opened: PublishedSnapshot) -> int:
    return sum(len(parts) for parts in opened.manifest.tables.values())
