"""`beatxp catalog`: a database file for tools that open DuckDB files."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli.app import Terminal, app
from cli.files import writable
from cli.options import JsonOption
from cli.wording import plural


@app.command("catalog", epilog="More: docs/analysis/sql.md#a-database-file")
def catalog_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where, like beatxp.duckdb; replaced if there.")
    ],
    json: JsonOption = False,
) -> None:
    """Write a DuckDB database file of all kept snapshots. It has views over their files."""
    terminal: Terminal = context.obj
    store = terminal.settings().project.store
    writable(file)
    from analysis.catalog import write_catalog

    catalog = write_catalog(store, file)
    terminal.done()
    kept = [name for name in catalog.schemas if name.startswith("s_")]
    if json:
        terminal.json({"file": catalog.file, "schemas": catalog.schemas}, catalog.snapshot.row)
        return
    terminal.out.print(Text(f"Written: {file}"), soft_wrap=True)
    terminal.out.print(
        f"  main      snapshot {catalog.snapshot.row.snapshot_id}, the published one"
    )
    if "previous" in catalog.schemas:
        terminal.out.print("  previous  the snapshot that was published before it")
    terminal.out.print(f"  s_...     {plural(len(kept), 'kept snapshot')}, each in a schema")
