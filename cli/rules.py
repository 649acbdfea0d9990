"""`beatxp rules`: whether a rulebook is right, what it says, and how two of them differ."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from cli.app import BAD_USAGE, Terminal, app
from cli.options import JsonOption, parse_day
from cli.rulebook_page import page_document, print_rulebook
from cli.tables import print_hanging
from cli.wording import plural, printable, untrusted
from pipelines.boards.periods import last_day
from pipelines.errors import Problem
from pipelines.publication.manifest import UnknownSnapshot
from pipelines.published.named import AmbiguousSnapshot
from pipelines.rulebook import Rulebook, RulebookError, load_rulebook, parse_rulebook
from pipelines.rulebook.change import Change
from pipelines.rulebook.changes import changes
from pipelines.rulebook.warnings import warnings
from pipelines.vocabulary import RULE_SECTIONS

rules = typer.Typer(
    help="Check, show and compare rulebooks.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="More: docs/analysis/rulebooks.md",
)
app.add_typer(rules, name="rules")


@dataclass(frozen=True)
class Named:
    """A rulebook and what its user calls it; `day` is the last one a snapshot counts."""

    name: str
    rulebook: Rulebook
    day: date | None = None


@rules.command("check", epilog="More: docs/analysis/rulebooks.md#is-it-right")
def check_command(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A rulebook; else that of the settings.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List a rulebook's mistakes, and what is hardly meant."""
    terminal: Terminal = context.obj
    path = _file_of_settings(terminal) if file is None else file
    if not _is_file(path):
        raise typer.BadParameter(f"There is no file {path}.")
    try:
        rulebook = load_rulebook(path)
    except RulebookError as error:
        if not json:
            raise
        terminal.json(check_document(str(path), None, error.mistakes))
        raise typer.Exit(BAD_USAGE) from None
    doubts = warnings(rulebook, datetime.now(UTC).date())
    if json:
        terminal.json(check_document(str(path), rulebook, (), doubts))
    else:
        print_check(terminal.out, str(path), rulebook, doubts)


@rules.command("show", epilog="More: docs/analysis/rulebooks.md#what-does-it-say")
def show_command(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE", help="A rulebook or a kept snapshot; else that of the settings."
        ),
    ] = None,
    on: Annotated[
        date | None,
        typer.Option(
            parser=parse_day,
            metavar="DAY",
            help="As it applies on this day (today; for a snapshot, its last day).",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show a rulebook in plain words."""
    terminal: Terminal = context.obj
    meant = _meant(terminal, file)
    day = on or meant.day or datetime.now(UTC).date()
    if json:
        terminal.json({"source": meant.name, **page_document(meant.rulebook, day)})
    else:
        print_rulebook(terminal.out, meant.name, meant.rulebook, day)


@rules.command("diff", epilog="More: docs/analysis/rulebooks.md#what-is-different")
def diff_command(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A rulebook or a kept snapshot.")],
    after: Annotated[str, typer.Argument(metavar="B", help="What it is compared with.")],
    json: JsonOption = False,
) -> None:
    """Say what B changes, compared with A, rule by rule."""
    terminal: Terminal = context.obj
    was, now = _meant(terminal, before), _meant(terminal, after)
    found = changes(was.rulebook, now.rulebook)
    if json:
        terminal.json(diff_document(was, now, found))
    else:
        print_diff(terminal.out, was, now, found)


def _meant(terminal: Terminal, argument: str | None) -> Named:
    """The rulebook that an argument names: a file, or the id of a kept snapshot.

    Raises RulebookError, SettingsError, BadParameter, and ExportFilesGone for a snapshot that
    does not know its rulebook.
    """
    path = _file_of_settings(terminal) if argument is None else Path(argument)
    if argument is None or _is_file(path):
        return Named(str(path), load_rulebook(path))
    if path.suffix == ".toml" or len(path.parts) != 1:
        raise typer.BadParameter(f"There is no file {argument}.")
    try:
        manifest = terminal.snapshot(argument).manifest
    except AmbiguousSnapshot:
        raise
    except UnknownSnapshot:
        raise UnknownSnapshot(
            f"{argument} is neither a file nor a snapshot that is kept; `beatxp snapshots` lists "
            "those."
        ) from None
    row = manifest.snapshot
    name = f"snapshot {row.snapshot_id}"
    if not manifest.rulebook:
        from pipelines.exports.restore import ExportFilesGone

        raise ExportFilesGone(
            f"An early version published {name} without the text of its rulebook. If you still "
            f"have that file, name it instead: its SHA-256 is {row.rulebook_sha256}."
        )
    rulebook = parse_rulebook(manifest.rulebook.encode(), f"The rulebook of {name}")
    return Named(name, rulebook, last_day(row.as_of))


def _is_file(path: Path) -> bool:
    """Whether it can be read as one: a pipe can, too."""
    return path.exists() and not path.is_dir()


def _file_of_settings(terminal: Terminal) -> Path:
    """The rulebook of the settings, as somebody in the current folder would write it."""
    path = terminal.settings().project.rulebook
    return Path(os.path.relpath(path)) if path.is_relative_to(Path.cwd()) else path


# check ----------------------------------------------------------------------------------------


def check_document(
    source: str,
    rulebook: Rulebook | None,
    mistakes: Sequence[Problem],
    doubts: Sequence[Problem] = (),
) -> dict[str, Any]:
    """The result of a check for scripts; only a rulebook without mistakes has an identity."""
    result = {
        "source": source,
        "ok": rulebook is not None,
        "mistakes": mistakes,
        "warnings": doubts,
    }
    if rulebook is None:
        return result
    return result | {
        **_identity(rulebook),
        "levels": len(rulebook.levels),
        "achievements": len(rulebook.achievements),
        "rates": len(rulebook.rates),
        "boosts": len(rulebook.boosts),
    }


def print_check(out: Console, source: str, rulebook: Rulebook, doubts: list[Problem]) -> None:
    """One line of what it is, and the warnings."""
    counted = [
        plural(len(rulebook.levels), "level"),
        plural(len(rulebook.achievements), "achievement"),
        f"{plural(len(rulebook.rates), 'set')} of rates",
        plural(len(rulebook.boosts), "boost"),
    ]
    print_hanging(
        out,
        Text.assemble(
            f"{printable(source)} {'can be used' if doubts else 'is fine'}: ",
            (_title(rulebook), "bold"),
            f", {', '.join(counted)}, sha256 {rulebook.sha256[:12]}.",
        ),
    )
    print_warnings(out, doubts)


def print_warnings(out: Console, doubts: Sequence[Problem]) -> None:
    """What a rulebook hardly means, if there is anything."""
    if doubts:
        count = plural(len(doubts), "warning")
        out.print(f"\n{count}: this is hardly meant (entries are counted from 1)", style="bold")
    for doubt in doubts:
        print_hanging(out, untrusted(f"- {doubt}"))


# diff -----------------------------------------------------------------------------------------


def diff_document(was: Named, now: Named, found: list[Change]) -> dict[str, Any]:
    """The differences for scripts."""
    return {
        "before": {"source": was.name, **_identity(was.rulebook)},
        "after": {"source": now.name, **_identity(now.rulebook)},
        "same_file": was.rulebook.sha256 == now.rulebook.sha256,
        "same_rules": not found,
        "changes": found,
    }


def print_diff(out: Console, was: Named, now: Named, found: list[Change]) -> None:
    """Each difference as a sentence, by section."""
    names = [f"{printable(one.name)} ({_title(one.rulebook)})" for one in (was, now)]
    if not found:
        same = (
            "the same text."
            if was.rulebook.sha256 == now.rulebook.sha256
            else "the same rules: only comments, spacing, the order of entries or defaults that "
            "are written out differ."
        )
        out.print(Text(f"{names[0]} and {names[1]} have {same}"))
        return
    print_hanging(out, Text(f"{plural(len(found), 'change')} from {names[0]} to {names[1]}"))
    for section, title in RULE_SECTIONS.items():
        here = [change for change in found if change.section == section]
        if here:
            out.print(f"\n{title}", style="bold")
        for change in here:
            print_hanging(out, untrusted(f"- {change.sentence}"))
    if not any(change.section == "rulebook" for change in found):
        out.print("\nBoth have one name and version: raise the version with each change.")


def _identity(rulebook: Rulebook) -> dict[str, Any]:
    return {"name": rulebook.name, "version": rulebook.version, "sha256": rulebook.sha256}


def _title(rulebook: Rulebook) -> str:
    return f"{printable(rulebook.name)} {printable(rulebook.version)}"
