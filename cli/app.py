"""The command's frame: settings, output, and errors as sentences with an exit status.

0 = done or already up to date, 1 = refused or failed (the old snapshot stays), 2 = bad arguments,
settings, rulebook or SQL (specification, section 6). An argument that names what is not there is
bad: a producer, an achievement, a snapshot, a file.

Commands import what brings the engines along (DuckDB, Pandera, charts) where they use it: so each
is as quick as what it needs.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from cli.printing import Printing
from cli.tables import print_hanging
from cli.wording import error_document, for_scripts, moment, plain, printable
from pipelines.failures import BAD_USAGE as BAD_USAGE
from pipelines.failures import FAILED as FAILED
from pipelines.failures import Failure
from pipelines.publication.manifest import Snapshot, pending
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.settings import CONFIG_VARIABLE, SETTINGS_FILE, Settings, load_settings

if TYPE_CHECKING:
    from analysis.scenario import Derived

#: The code of mistakes in arguments, which typer tells of.
BAD_ARGUMENTS = "bad_arguments"
STAYS = "the last snapshot stays."


class Commands(TyperGroup):
    """All commands. What a user can mend becomes a message and an exit status.

    After --json the message is an object, also that of a mistake in the arguments.
    """

    def main(self, args: Sequence[str] | None = None, *others: Any, **extra: Any) -> Any:
        """Run the command and exit."""
        asked = list(sys.argv[1:] if args is None else args)
        printing = extra.get("obj") or Printing()
        printing.errors_as_json = "--json" in takewhile(lambda word: word != "--", asked)
        extra["obj"] = printing
        if not printing.errors_as_json:
            return super().main(asked, *others, **extra)
        try:
            status = super().main(asked, *others, **extra | {"standalone_mode": False})
        except typer.TyperException as error:
            sys.stderr.write(error_document(BAD_ARGUMENTS, error.format_message()))
            status = error.exit_code
        sys.exit(status or 0)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Perform the command."""
        try:
            with interruptible():
                return super().invoke(ctx)
        except Failure as error:
            failure = error
        except OSError as error:
            failure = SystemFailed(f"{error}.")
            for note in getattr(error, "__notes__", ()):
                failure.add_note(note)
        ctx.obj.complain(failure)
        raise typer.Exit(failure.status)


app = typer.Typer(
    cls=Commands,
    help="XP, levels, achievements and ranks from a music marketplace's activity exports.",
    epilog="More: README.md",
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
    printing: Printing = field(default_factory=Printing)
    shows_pending: bool = False
    publishes: bool = False
    """Whether the command would have published a snapshot if it had not failed."""
    derived: "Derived | None" = None
    """What `beatxp at` computed of another moment, which is not published."""

    def settings(self) -> Settings:
        """The settings file. Raises SettingsError."""
        return load_settings(self.config)

    def snapshot(self, snapshot_id: str | None) -> PublishedSnapshot:
        """The snapshot that is meant: a kept one by its name, or the current one.

        Says which one it is if the name is not its id. Raises NoSnapshot.
        """
        if self.derived is not None:
            if snapshot_id is not None:
                raise typer.BadParameter("After `at TIME` there is one snapshot: no --snapshot.")
            return self.derived.snapshot
        opened = open_snapshot(self.settings().project.store, snapshot_id)
        row = opened.row
        if opened.fault is not None:
            self.err.print(f"- {opened.fault}", markup=False)
        if snapshot_id not in (None, row.snapshot_id) and not self.printing.errors_as_json:
            said = f"Snapshot {row.snapshot_id}, published {moment(row.published_at)} (UTC)."
            self.err.print(said, style="dim")
        return opened

    def held_back(self) -> PublishedSnapshot:
        """What a guard did not let the last refresh publish. Raises NothingPending."""
        if self.derived is not None:
            raise typer.BadParameter("After `at TIME` nothing is pending.")
        self.shows_pending = True
        root = self.settings().project.store
        return PublishedSnapshot(root, pending(root))

    def json(self, document: Mapping[str, Any], row: Snapshot | None = None) -> None:
        """One JSON object on one line of standard output; `row` is the snapshot it is about.

        A snapshot that is not published has neither an id nor a time of publication.
        """
        found = plain(document if row is None else {"snapshot": row, **document})
        if self.derived is not None or self.shows_pending:
            found["snapshot"] |= {"snapshot_id": None, "published_at": None}
        sys.stdout.write(json.dumps(for_scripts(found)) + "\n")

    def done(self) -> None:
        """What the command was asked for is done: what it prints from now on only tells of it."""
        self.printing.is_done = True

    def complain(self, error: Failure) -> None:
        """Say what went wrong on standard error: as lines, or after --json as an object."""
        if notes := getattr(error, "__notes__", None):
            error.args = ("\n".join([str(error), *(f"- {note}" for note in notes)]),)
        if self.publishes and error.status == FAILED and STAYS not in str(error):
            error.args = (f"{error}\nNothing was published: {STAYS}",)
        if self.printing.errors_as_json:
            sys.stderr.write(error_document(error.code, str(error)))
            return
        # It may quote untrusted text.
        for line in map(printable, str(error).splitlines()):
            if error.is_verbatim:
                self.err.print(Text(line), soft_wrap=True)
            else:
                indent = 4 if line.startswith("  ") else len(line) - len(line.lstrip(" -"))
                print_hanging(self.err, Text(line), indent)


class SystemFailed(Failure):
    """The system did not do something; the message is its own."""

    code = "system"


@app.callback()
def common(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(help="The project's settings file.", metavar="FILE", envvar=CONFIG_VARIABLE),
    ] = SETTINGS_FILE,
) -> None:
    """Options that come before the command."""
    # No emoji codes: ":fire:" in a display name or a path is what it says.
    out = Console(highlight=False, emoji=False)
    err = Console(stderr=True, highlight=False, emoji=False)
    context.obj = Terminal(config, out, err, context.obj)


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl+C what it is elsewhere; while DuckDB is at work it comes as another error."""
    try:
        yield
    except RuntimeError as error:
        if "Query interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise
