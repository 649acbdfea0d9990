"""`beatxp erase`: somebody's data leaves the store for good."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console

from cli.app import Terminal, app
from cli.files import writable
from cli.options import JsonOption
from cli.tables import print_hanging, print_rows
from cli.wording import for_scripts, plain, plural, untrusted
from pipelines.exports.erased import Kind
from pipelines.publication.manifest import NoSnapshot
from pipelines.published.snapshot import NotFoundError, names_of

if TYPE_CHECKING:
    from pipelines.erasure.receipt import Receipt

#: Export files that are named one by one.
_NAMED = 5


@app.command("erase", epilog="More: docs/operations.md#erasing")
def erase_command(
    context: typer.Context,
    producer: Annotated[
        list[str] | None,
        typer.Option("--producer", metavar="ID", help="A producer's id; may be repeated."),
    ] = None,
    listener: Annotated[
        list[str] | None,
        typer.Option("--listener", metavar="ID", help="A listener's id; may be repeated."),
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(
            "--ids",
            metavar="FILE",
            help="A file with a line for each: `producer ID` or `listener ID`.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed and changed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="Write the receipt as JSON, too."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Erase somebody's data from what is kept, for good."""
    terminal: Terminal = context.obj
    if json and not (dry_run or yes):
        raise typer.BadParameter("With --json nobody is asked: add --yes or --dry-run.")
    writable(receipt)
    settings = terminal.settings()
    asked = [*_asked("producer", producer), *_asked("listener", listener), *_in_file(ids)]
    if not asked:
        raise typer.BadParameter("Name whom: --producer ID, --listener ID, or --ids FILE.")
    from cli.bars import watched
    from pipelines.erasure.erase import erase, survey
    from pipelines.erasure.ids import ids_of
    from pipelines.publication.publish import utc_now
    from pipelines.refresh import LOCK_SECONDS, open_store, workers

    meant: dict[Kind, set[int]] = {"producer": set(), "listener": set()}
    for kind, text in asked:
        meant[kind] |= ids_of(settings.exports, kind, text)
    producers, listeners = meant["producer"], meant["listener"]
    store = open_store(settings)
    if dry_run or not yes:
        with store.lock(LOCK_SECONDS):
            would = survey(settings, store, producers, listeners, utc_now())
        if not json:
            print_names(terminal, producers)
        if dry_run:
            _tell(terminal, would, asked, receipt, json)
            return
        print_receipt(terminal.out, would, asked)
        typer.confirm("Erase this for good?", abort=True)
    with watched(terminal.err) as watcher, store.lock(LOCK_SECONDS, watcher.waiting):
        done = erase(
            settings, store, producers, listeners, workers(settings), utc_now(), watcher.step
        )
    terminal.done()
    _tell(terminal, done, asked, receipt, json)


def _asked(kind: Kind, texts: Iterable[str] | None) -> list[tuple[Kind, str]]:
    return [(kind, text) for text in texts or ()]


def _in_file(path: Path | None) -> list[tuple[Kind, str]]:
    if path is None:
        return []
    from pipelines.erasure.ids import ids_in

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path} with ids to erase.") from None
    return list(ids_in(lines, str(path)))


def _tell(
    terminal: Terminal,
    receipt: "Receipt",
    asked: list[tuple[Kind, str]],
    file: Path | None,
    json: bool,
) -> None:
    document: dict[str, Any] = {
        "producers": [text for kind, text in asked if kind == "producer"],
        "listeners": [text for kind, text in asked if kind == "listener"],
        **msgspec.structs.asdict(receipt),
    }
    if file is not None:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(for_scripts(plain(document)))))
    if json:
        terminal.json(document)
    else:
        print_receipt(terminal.out, receipt, asked)


def print_names(terminal: Terminal, producers: Iterable[int]) -> None:
    """Who the producers are now, so that a slip of the pen is noticed."""
    with suppress(NoSnapshot):
        for producer_id, name in names_of(terminal.snapshot(None), producers).items():
            print_hanging(terminal.out, untrusted(f"Producer {producer_id} is {name}."))


def print_receipt(out: Console, receipt: "Receipt", asked: list[tuple[Kind, str]]) -> None:
    """What an erasure came to, or would."""
    whom = " and ".join(
        plural(count, kind)
        for kind in ("producer", "listener")
        if (count := sum(kind == of for of, _ in asked))
    )
    out.print(f"{'Would erase' if receipt.is_dry_run else 'Erased'}: {whom}.")
    columns = ("Kept rows of", "Removed", "Of an unknown listener")
    rows = sorted(receipt.rows.items())
    print_rows(out, columns, ((name, of.removed, of.made_unknown) for name, of in rows))
    if rows:
        out.print()
    else:
        out.print("No row that is kept holds any of these ids.")
    said = "would be computed again" if receipt.is_dry_run else "computed again"
    for changed in receipt.changed:
        out.print(f"Snapshot {changed.snapshot_id}: {said}.")
    for removed in receipt.removed:
        verb = "would be removed" if receipt.is_dry_run else "removed"
        print_hanging(
            out, untrusted(f"Snapshot {removed.snapshot_id}: {verb}. {removed.reason}"), indent=2
        )
    if receipt.export_files:
        files = receipt.export_files
        out.print(
            f"{plural(len(files), 'export file')} still hold such rows, which are left out "
            "whenever they are read:"
        )
        for name in files[:_NAMED]:
            print_hanging(out, untrusted(f"- {name}"), indent=2)
        if len(files) > _NAMED:
            out.print(f"- and {len(files) - _NAMED:,} more; --json names all.")
    if receipt.user_ids:
        print_hanging(
            out,
            untrusted(
                f"As listeners these producers have other ids: {', '.join(receipt.user_ids)}. "
                "Their plays stay as they are unless these are erased with --listener, too."
            ),
            indent=2,
        )
    if receipt.open_questions:
        print_hanging(
            out,
            untrusted(
                f"{plural(receipt.open_questions, 'command')} still at work on what was there "
                "before: what they hold goes when they end. Run this again then."
            ),
            indent=2,
        )
