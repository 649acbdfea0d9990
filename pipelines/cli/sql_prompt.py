"""The prompt of `beatxp sql` on a terminal: statements over lines, with a history."""

import os
import readline
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.show import would_be
from pipelines.cli.wording import moment

if TYPE_CHECKING:
    from pipelines.cli.sql import Answers

FIRST = "beatxp> "
FURTHER = "   ...> "
REMEMBERED = 1_000


def prompt(answers: "Answers") -> None:
    """Answer one question after the other until Ctrl+D or .quit; a mistake ends nothing."""
    out = answers.terminal.out
    row = answers.snapshot.row
    if answers.terminal.derived is not None:
        out.print(would_be(row))
    else:
        out.print(f"Snapshot {row.snapshot_id}, published {moment(row.published_at)}.")
    out.print("A question ends with a semicolon; SHOW TABLES; lists the tables; .quit ends.")
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
            if not lines and line.strip() == ".quit":
                return
            lines.append(line)
            text = "\n".join(lines)
            if not text.strip():
                lines.clear()
            elif is_complete(text):
                lines.clear()
                try:
                    answers.answer(text)
                except KeyboardInterrupt:
                    out.print("Stopped.")


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
