"""The prompt of `beatxp sql` on a terminal: statements over lines, with a history."""

import os
import readline
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from cli.show import would_be
from cli.wording import moment
from pipelines.failures import Failure

if TYPE_CHECKING:
    from cli.sql_answers import Answers

FIRST = "beatxp> "
FURTHER = "   ...> "
REMEMBERED = 1_000
#: What ends the prompt, as in DuckDB and SQLite.
END = (".quit", ".exit", "quit", "exit")
#: Commands that are short for a question.
COMMANDS = {".tables": "SHOW TABLES;"}
HELP = """\
.tables                lists the tables
DESCRIBE progress;     lists the columns of one
SUMMARIZE progress;    says what is in each column
EXPLAIN SELECT ...;    says how a question would be answered
.quit, exit, Ctrl+D    ends
Ctrl+C                 stops a question, or forgets what was typed"""


def prompt(answers: "Answers") -> None:
    """Answer one question after the other until Ctrl+D or a word of END; a mistake ends nothing."""
    out = answers.terminal.out
    row = answers.snapshot.row
    if answers.terminal.derived is not None:
        out.print(would_be(row))
    else:
        out.print(f"Snapshot {row.snapshot_id}, published {moment(row.published_at)}.")
    out.print("A question ends with a semicolon; .tables lists the tables; .help says more.")
    with history():
        lines: list[str] = []
        while True:
            try:
                line = input(FURTHER if lines else FIRST)
            except KeyboardInterrupt:
                out.print()
                lines.clear()
                continue
            except EOFError:
                out.print()
                return
            command = "" if lines else line.strip().rstrip(";").strip().lower()
            if command in END:
                return
            lines.append(COMMANDS.get(command, line))
            text = "\n".join(lines)
            if command in (".help", "help"):
                out.print(HELP)
            elif command.startswith(".") and command not in COMMANDS:
                out.print(Text(f"There is no command {command}; .help lists what there is."))
            elif is_complete(text):
                try:
                    answers.answer(text)
                except Failure as error:
                    answers.terminal.complain(error)
                except KeyboardInterrupt:
                    out.print("Stopped.")
            elif text.strip():
                continue
            lines.clear()


def is_complete(text: str) -> bool:
    """Whether a text ends with the semicolon of a statement, not one in quotes or a comment."""
    import duckdb

    data = text.encode()
    tokens = [t for t in duckdb.tokenize(text) if t[1] != duckdb.token_type.comment]
    if not tokens:
        return False
    start, kind = tokens[-1]
    return kind == duckdb.token_type.operator and data[start : start + 1] == b";"


@contextmanager
def history() -> Iterator[None]:
    """The lines of earlier prompts under the arrow keys; those of this one are added to them."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    file = Path(state) / "beatxp" / "sql_history"
    # No history, or none that can be kept, is no reason not to answer.
    with suppress(OSError):
        readline.read_history_file(file)
    readline.set_history_length(REMEMBERED)
    try:
        yield
    finally:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(file)
