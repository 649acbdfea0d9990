"""`beatxp inspect`: how export files would be read, and which settings would cure what is not."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cli.app import Terminal, app
from cli.options import JsonOption
from cli.tables import print_hanging, print_rows
from cli.wording import plural, printable
from pipelines.errors import toml_table

if TYPE_CHECKING:
    from analysis.inspection.entity import EntityReport
    from analysis.inspection.inspection import Inspection

#: Columns of the first rows that are printed side by side; JSON has all.
_MOST_COLUMNS = 6
_LONGEST = 40


@app.command("inspect", epilog="More: docs/exports.md")
def inspect_command(
    context: typer.Context,
    asked: Annotated[
        str | None,
        typer.Argument(metavar="ENTITY|FILE", help="One entity or one export file; else all."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show how export files would be read, and what would cure them. Nothing is published."""
    terminal: Terminal = context.obj
    settings = terminal.settings()
    from analysis.inspection.inspection import inspect
    from pipelines.publication.publish import utc_now

    found = inspect(settings, asked, utc_now())
    if json:
        terminal.json(document(found))
        return
    print_inspection(terminal.out, found, str(terminal.config))


def document(found: "Inspection") -> dict[str, Any]:
    """What was found, for scripts."""
    return {
        "exports": str(found.exports),
        "problems": found.problems,
        "entities": [_entity_document(one) for one in found.entities],
        "settings": _lines(found),
    }


def _entity_document(one: "EntityReport") -> dict[str, Any]:
    from analysis.inspection.entity import read_rows

    rows_read, accepted, rejected_files = read_rows(one.looks)
    cured_read, cured_accepted, cured_files = read_rows(one.cured)
    files = [
        {
            "file": look.file.path,
            "format": look.file.format,
            "compression": look.file.compression or None,
            "stamp": look.file.stamp,
            "is_whole": look.is_whole,
            "rows_read": look.account.rows_read,
            "rejected": look.account.rejected,
            "reasons": look.account.reasons,
            "bad_cells": look.account.bad_cells,
            "examples": look.account.examples,
            "unknown_columns": look.account.unknown_columns,
            "reason": look.account.file_reason,
            "detail": look.account.file_detail,
        }
        for look in one.looks
    ]
    columns = [
        {
            "column": column.column,
            "required": column.is_required,
            "source": column.source,
            "type": column.kind,
            "written": column.written,
            "example": column.example,
        }
        for column in one.columns
    ]
    return {
        "entity": one.entity,
        "folder": one.folder,
        "files": one.files,
        "looked_at": files,
        "rows_read": rows_read,
        "accepted": accepted,
        "rejected_files": rejected_files,
        "columns": columns,
        "first_rows": one.rows,
        "problems": one.problems,
        "hints": one.hints,
        "proposed": one.table if one.changed else None,
        "with_proposed": {
            "rows_read": cured_read,
            "accepted": cured_accepted,
            "rejected_files": cured_files,
        }
        if one.cured
        else None,
    }


def print_inspection(out: Console, found: "Inspection", config: str) -> None:
    """Entity by entity, and at the end the lines to paste."""
    for problem in found.problems:
        print_hanging(out, Text(f"- {printable(problem)}"), 2)
    for one in found.entities:
        if one.files:
            print_entity(out, one)
    absent = [one.entity for one in found.entities if not one.files]
    if absent:
        out.print(f"\nNo files: {', '.join(absent)}.")
    lines = _lines(found)
    if lines:
        out.print(f"\n[bold]Lines for {printable(config)}[/] that would cure what they can:\n")
        out.print(Text(lines), soft_wrap=True)
        for one in found.entities:
            if one.cured:
                out.print(f"With them, {one.entity}: {_counted(one.cured)}.")
    elif any(one.problems for one in found.entities):
        out.print("\nNo settings are known that would cure this: mend the files.")
    else:
        out.print("\nNothing looks like a mistake. `beatxp refresh` publishes.")


def print_entity(out: Console, one: "EntityReport") -> None:
    """Its files, columns and first rows, what is wrong, and what nobody can tell."""
    whole = all(look.is_whole for look in one.looks) and len(one.looks) == one.files
    some = "" if whole else f"; looked at the beginning of {plural(len(one.looks), 'file')}"
    formats = sorted({f"{k.file.format} {k.file.compression}".strip() for k in one.looks})
    out.print(
        Text.assemble(
            (f"\n{one.entity}", "bold"),
            (f"  {plural(one.files, 'file')} in {one.folder}/, {', '.join(formats)}{some}", "dim"),
        )
    )
    out.print(f"  {_counted(one.looks)}.")
    stamps = sorted({k.file.stamp for k in one.looks if k.file.stamp})
    if stamps:
        out.print(f"  Stamps: {', '.join(f'{stamp:%Y-%m-%d %H:%M}' for stamp in stamps)} (UTC).")
    texts = ("In the files", "Type", "First value")
    rows = (
        (
            column.column,
            column.source or Text("is missing" if column.is_required else "none", style="dim"),
            column.kind.replace("_", " "),
            column.written,
            (column.example or "")[:_LONGEST],
        )
        for column in one.columns
    )
    print_rows(out, ("Column", *texts[:2], "Written", texts[2]), rows, texts)
    if one.rows.height:
        out.print("\n  First rows as read:")
        for row in one.rows.iter_rows(named=True):
            cells = [f"{name} {_shown(value)}" for name, value in row.items() if value is not None]
            out.print(Padding(Text(", ".join(cells)), (0, 0, 0, 4)))
    for sentence in (*one.problems, *one.hints):
        print_hanging(out, Text(f"  - {printable(sentence)}"), 4)


def _shown(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _counted(looks: list[Any]) -> str:
    from analysis.inspection.entity import read_rows

    rows_read, accepted, rejected_files = read_rows(looks)
    files = f", {plural(rejected_files, 'file')} rejected" if rejected_files else ""
    return f"{accepted:,} of {plural(rows_read, 'row')} would be accepted{files}"


def _lines(found: "Inspection") -> str:
    """The tables of the settings that are proposed."""
    return "\n".join(
        toml_table(f"exports.{one.entity}", one.table) for one in found.entities if one.changed
    )
