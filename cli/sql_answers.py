"""Where questions in SQL go, from a command or its prompt, and in which form answers come."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.answers import document, print_answer
from cli.app import Terminal, interruptible
from cli.files import write_rows
from pipelines.published.snapshot import PublishedSnapshot

if TYPE_CHECKING:
    import duckdb

    from analysis.questions import Question


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
        written = []
        if self.csv or self.parquet:
            written = write_rows(question.frame().lazy(), self.csv, self.parquet)
        if self.json:
            self.terminal.json(document(question), self.snapshot.row)
        elif written:
            for file in written:
                self.terminal.out.print(f"Written: {file}", markup=False, soft_wrap=True)
        else:
            print_answer(self.terminal.out, question, self.limit)
