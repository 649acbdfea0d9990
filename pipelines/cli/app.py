"""The command's frame: settings, output, and errors as sentences with an exit status.

0 = done or already up to date, 1 = refused or failed (the old snapshot stays), 2 = bad arguments,
settings, rulebook or SQL (specification, section 6). An argument that names what is not there is
bad: a producer, an achievement, a snapshot, a file.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from pipelines.cli.tables import print_hanging
from pipelines.mistakes import MistakesError
from pipelines.publication.manifest import NoSnapshot, UnknownSnapshot
from pipelines.settings import Settings, load_settings
from pipelines.snapshot import NotFoundError, PublishedSnapshot, open_snapshot
from pipelines.store.store import StoreBusy

if TYPE_CHECKING:
    from analysis.laboratory import Derived
    from pipelines.exports.ingest import ExportsChanging
    from pipelines.exports.recall import Forgotten
    from pipelines.publication.publish import Refused, Unbalanced

FAILED = 1
MISTAKEN = 2

app = typer.Typer(
    help="XP, levels, achievements and ranks from a music marketplace's activity exports.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@dataclass
class Terminal:
    """Where a command writes: people read `out`, errors and progress go to `err`."""

    config: Path
    out: Console
    err: Console
    derived: "Derived | None" = None
    """What `beatxp at` computed of another moment, which is not published."""

    def settings(self) -> Settings:
        """The settings file. Raises SettingsError."""
        return load_settings(self.config)

    def snapshot(self, snapshot_id: str | None) -> PublishedSnapshot:
        """The snapshot that is meant: a kept one, or the current one. Raises NoSnapshot."""
        if self.derived is not None:
            if snapshot_id is not None:
                raise typer.BadParameter("After `at TIME` there is one snapshot: no --snapshot.")
            return self.derived.snapshot
        return open_snapshot(self.settings().project.store, snapshot_id)

    def json(self, document: dict[str, Any]) -> None:
        """One JSON object on one line of standard output.

        A snapshot that is not published has neither an id nor a time of publication.
        """
        if self.derived is not None:
            document["snapshot"] |= {"snapshot_id": None, "published_at": None}
        sys.stdout.write(json.dumps(document, default=str) + "\n")


JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]


@app.callback()
def common(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(help="The project's settings file.", metavar="FILE")
    ] = Path("dagster_project.toml"),
) -> None:
    """Options that come before the command."""
    # No emoji codes: ":fire:" in a display name or a path is what it says.
    out = Console(highlight=False, emoji=False)
    err = Console(stderr=True, highlight=False, emoji=False)
    context.obj = Terminal(config, out, err)


def parse_time(text: str) -> datetime:
    """A time as UTC without a zone: an ISO date, or date and time, with or without an offset."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a time; write one like 2026-11-01 or 2026-11-01T06:30:00Z (UTC)."
        ) from None
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def web_page(path: Path) -> None:
    """Refuse a name that is not one of a web page: files of other kinds are not replaced by one.

    Raises BadParameter.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"{path} is no name for a web page; let it end in .html.")


def writable(path: Path) -> None:
    """Refuse a place for a file that is a folder, in none, or not to be written to.

    Asked before anything is computed, since that can take long. Raises NotFoundError.
    """
    if path.is_dir():
        raise NotFoundError(f"{path} is a folder; name a file.")
    if not path.parent.is_dir():
        raise NotFoundError(f"There is no folder {path.parent} for {path.name}; create it.")
    permitted(path.parent)


def permitted(folder: Path) -> None:
    """Refuse a folder in which one may not write. Raises NotFoundError."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotFoundError(f"You may not write in the folder {folder}; choose another one.")


def _refused() -> "type[Refused]":
    # Imported once there is an error: it brings the engines along, and reading needs none.
    from pipelines.publication.publish import Refused

    return Refused


def _unbalanced() -> "type[Unbalanced]":
    from pipelines.publication.publish import Unbalanced

    return Unbalanced


def _forgotten() -> "type[Forgotten]":
    from pipelines.exports.recall import Forgotten

    return Forgotten


def _exports_changing() -> "type[ExportsChanging]":
    from pipelines.exports.ingest import ExportsChanging

    return ExportsChanging


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl+C what it is elsewhere; while DuckDB is at work it comes as another error."""
    try:
        yield
    except RuntimeError as error:
        if "Query interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise


@contextmanager
def errors_as_sentences(terminal: Terminal, publishes: bool = False) -> Iterator[None]:
    """Turn what a user can mend into a message and an exit status.

    `publishes`: whether the command would have published a snapshot, and has not.
    """
    try:
        with interruptible():
            yield
    except (MistakesError, NotFoundError, UnknownSnapshot) as error:
        for line in str(error).splitlines():
            print_hanging(terminal.err, Text(line), indent=4 if line.startswith("  ") else 0)
        raise typer.Exit(MISTAKEN) from None
    except (typer.Exit, typer.BadParameter):
        raise
    except (NoSnapshot, StoreBusy) as error:
        terminal.err.print(str(error), markup=False)
        raise typer.Exit(FAILED) from None
    except _refused() as error:
        terminal.err.print("[bold red]Not published:[/] the last snapshot stays.")
        for complaint in error.complaints:
            terminal.err.print(f"- {complaint}", markup=False)
        terminal.err.print(
            "Look at the files that are named (`beatxp rejects` lists the rejected rows of what is "
            "published). To publish all the same, once: `beatxp refresh --ignore-guards`."
        )
        raise typer.Exit(FAILED) from None
    except (_exports_changing(), _forgotten(), _unbalanced()) as error:
        _fail(terminal, str(error), publishes)
    except OSError as error:
        _fail(terminal, f"{error}.", publishes)


def _fail(terminal: Terminal, said: str, publishes: bool) -> NoReturn:
    """Say what went wrong, and end. Raises Exit."""
    terminal.err.print(said, markup=False)
    if publishes:
        terminal.err.print("Nothing was published: the last snapshot stays.")
    raise typer.Exit(FAILED) from None
