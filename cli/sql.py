"""`beatxp sql`: questions to a published snapshot, in SQL."""

import sys
from typing import Annotated

import typer

from cli.app import Terminal, app
from cli.files import writable
from cli.options import CsvOption, JsonOption, ParquetOption, SnapshotOption
from cli.sql_answers import Answers


@app.command("sql", epilog="More: docs/analysis/sql.md")
def sql_command(
    context: typer.Context,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="DuckDB's SQL; without it from standard input, or from a prompt on a terminal.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many rows to print.")] = 40,
    csv: CsvOption = None,
    parquet: ParquetOption = None,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Ask a snapshot in SQL. Its tables are progress, xp_ledger, unlocks, ..."""
    terminal: Terminal = context.obj
    writable(csv, parquet)
    settings = terminal.settings()
    opened = terminal.snapshot(snapshot)
    from analysis.database import connect

    with connect(
        opened.root,
        opened.row.snapshot_id,
        memory_limit=settings.engine.sql_memory_limit,
        threads=settings.engine.threads,
        locked=True,
    ) as connection:
        answers = Answers(terminal, connection, opened, limit, csv, parquet, json)
        if query is None and sys.stdin.isatty():
            from cli.sql_prompt import prompt

            prompt(answers)
            return
        answers.answer(sys.stdin.read() if query is None else query)
