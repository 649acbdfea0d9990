"""`beatxp sql`: questions to a published snapshot, in SQL."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from cli.answers import document, print_answer
from cli.app import (
    JsonOption,
    Terminal,
    app,
    errors_as_sentences,
    interruptible,
    writable,
)
from cli.folders import CsvOption, ParquetOption
from cli.show import SnapshotOption
from cli.wording import plain
from pipelines.published.result_files import write_csv, write_parquet
from pipelines.published.snapshot import PublishedSnapshot

if TYPE_CHECKING:
    import duckdb

    from analysis.questions import Question


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
    with errors_as_sentences(terminal):
        for file in filter(None, (csv, parquet)):
            writable(file)
        settings = terminal.settings()
        opened = terminal.snapshot(snapshot)
        # Imported here: other commands need no engine.
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


@dataclass(frozen=True)
class Answers:
    """Where questions go, and in which form their answers come."""

    terminal: Terminal
    connection: "duckdb.DuckDBPyConnection"
    snapshot: PublishedSnapshot
    limit: int
    csv: Path | None
    parquet: Path | None
    json: bool

    def answer(self, text: str) -> None:
        """Answer the questions of a text, up to the first mistake.

        Raises NotAQuestion, BadSql, SqlFailed.
        """
        from analysis.questions import NotAQuestion, look_at, questions, understandable

        with interruptible(), understandable():
            asked = questions(self.connection, text)
            if not asked:
                raise NotAQuestion("There is no question; write one, like FROM progress LIMIT 5.")
            if (self.csv or self.parquet) and len(asked) > 1:
                raise NotAQuestion(
                    f"A file takes one answer, and these are {len(asked)} questions."
                )
            for number, one in enumerate(asked):
                question = look_at(self.connection, one)
                if number and not self.json:
                    self.terminal.out.print()
                self._show(question)

    def _show(self, question: "Question") -> None:
        if self.csv or self.parquet:
            rows = question.frame().lazy()
            for file, write in ((self.csv, write_csv), (self.parquet, write_parquet)):
                if file is not None:
                    write(rows, file)
        if self.json:
            row = plain(msgspec.structs.asdict(self.snapshot.row))
            self.terminal.json({"snapshot": row, **document(question)})
            return
        for file in filter(None, (self.csv, self.parquet)):
            self.terminal.out.print(f"Written: {file}", markup=False, soft_wrap=True)
        if not (self.csv or self.parquet):
            print_answer(self.terminal.out, question, self.limit)
