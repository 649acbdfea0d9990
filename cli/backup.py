"""`beatxp backup`, `beatxp backups` and `beatxp restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.app import FAILED, Terminal, app
from cli.options import JsonOption
from cli.tables import print_hanging, print_rows
from cli.wording import moment, plural, untrusted
from pipelines.published.snapshot import NotFoundError
from pipelines.settings import Settings, load_settings, load_with_origins

if TYPE_CHECKING:
    from backup.target import Backup, Target

_TargetArgument = Annotated[
    Path, typer.Argument(metavar="TARGET", help="The folder of the backups: one for each store.")
]


@app.command("backup", epilog="More: docs/operations.md#backup")
def backup_command(
    context: typer.Context,
    target: _TargetArgument,
    keep: Annotated[
        int, typer.Option(min=1, metavar="N", help="Remove all but the newest N backups.")
    ] = 30,
    json: JsonOption = False,
) -> None:
    """Keep a copy of the store, also while a refresh runs."""
    terminal: Terminal = context.obj
    loaded = load_with_origins(terminal.config, exports_may_come=True)
    opened = _opened(target, loaded.settings)
    from backup.make import back_up
    from cli.bars import watched
    from pipelines.publication.publish import utc_now

    with watched(terminal.err) as watcher:
        watcher.step("copying")
        made = back_up(loaded, opened, keep, utc_now(), watcher.reading)
    terminal.done()
    backup = made.backup
    if json:
        terminal.json(
            {**_described(backup), "copied_bytes": made.copied_bytes, "removed": made.removed}
        )
    else:
        terminal.out.print(
            f"Backup [bold]{backup.backup_id}[/]: {plural(len(backup.snapshots), 'snapshot')}, "
            f"{plural(len(backup.files), 'file')}, {_size(backup.bytes)}; "
            f"{_size(made.copied_bytes)} of it are new."
        )
        if made.removed:
            terminal.out.print(f"Removed: {plural(len(made.removed), 'backup')} beyond {keep}.")
    if backup.settings is None:
        said = "The settings file is not in it: secrets in it are written so that none is masked."
        print_hanging(terminal.err, Text(f"- {said}"), indent=2)
    for said in backup.left_out:
        print_hanging(terminal.err, untrusted(f"- Left out. {said}"), indent=2)
    if backup.left_out:
        said = (
            "- Older backups stay, since they may have what was left out. `beatxp verify --repair` "
            "computes it again if the export files are still there."
        )
        print_hanging(terminal.err, Text(said), indent=2)
        raise typer.Exit(FAILED)


@app.command("backups", epilog="More: docs/operations.md#backup")
def backups_command(
    context: typer.Context,
    target: _TargetArgument,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every copy, and say what is damaged.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the backups in a folder, the oldest first."""
    terminal: Terminal = context.obj
    opened = _opened(target)
    backups, damaged = opened.all_readable()
    if verify:
        from cli.bars import watched

        with watched(terminal.err) as watcher:
            damaged += opened.objects.damaged(
                [file for backup in backups for file in backup.every_file], watcher.reading
            )
    if json:
        terminal.json({"backups": [_described(one) for one in backups], "damaged": damaged})
    elif backups:
        columns = ("Backup (UTC)", "Newest snapshot", "Snapshots", "Files", "MB")
        rows = (
            (
                one.backup_id,
                one.snapshots[-1],
                len(one.snapshots),
                len(one.files),
                round(one.bytes / 1_000_000),
            )
            for one in backups
        )
        print_rows(terminal.out, columns, rows, texts=columns[:2])
    elif not damaged:
        terminal.out.print(Text(f"There is no backup in {target}."))
    for said in damaged:
        print_hanging(terminal.err, untrusted(f"- {said}"), indent=2)
    if damaged:
        raise typer.Exit(FAILED)


@app.command("restore", epilog="More: docs/operations.md#restoring")
def restore_command(
    context: typer.Context,
    target: _TargetArgument,
    backup: Annotated[
        str | None,
        typer.Option("--backup", metavar="ID", help="An id or its beginning (the newest one)."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the snapshots that the store has.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make the store what it was when a backup was made."""
    terminal: Terminal = context.obj
    opened = _opened(target)
    chosen = opened.find(backup)
    from backup.project_files import begin_project
    from backup.restore import restore
    from cli.bars import watched

    begun = begin_project(opened, chosen, terminal.config)
    for path in begun:
        terminal.err.print(Text(f"- Written, as it was not there: {path}"), soft_wrap=True)
    if begun and chosen.masked:
        said = f"- Secrets are in no backup. Write them again: {', '.join(chosen.masked)}."
        print_hanging(terminal.err, untrusted(said), indent=2)
    settings = load_settings(terminal.config, exports_may_come=True)
    with watched(terminal.err) as watcher:
        watcher.step("copying")
        restored = restore(settings, opened, chosen, replace, watcher.reading, watcher.waiting)
    terminal.done()
    if json:
        terminal.json(
            {
                **_described(chosen),
                "store": str(settings.project.store),
                "written": begun,
                "erases_again": restored.erases_again,
            }
        )
    else:
        terminal.out.print(
            f"Restored backup [bold]{chosen.backup_id}[/], made {moment(chosen.made_at)} (UTC): "
            f"{plural(len(chosen.snapshots), 'snapshot')}, the newest {chosen.snapshots[-1]}."
        )
    if restored.erases_again:
        said = (
            "- Ids were erased after this backup: run `beatxp refresh` now, it erases them again."
        )
        print_hanging(terminal.err, Text(said), indent=2)
    for said in chosen.left_out:
        print_hanging(terminal.err, untrusted(f"- Was not in the backup. {said}"), indent=2)


def _opened(folder: Path, settings: Settings | None = None) -> "Target":
    """The folder of the backups, apart from what is backed up. Raises NotFoundError."""
    folder = folder.absolute()
    if not folder.is_dir():
        raise NotFoundError(
            f"There is no folder {folder} for backups. Mount its disk, or make the folder: it is "
            "not made here, where it would hide that a disk is not mounted."
        )
    for other in () if settings is None else (settings.project.store, settings.project.exports):
        if folder.is_relative_to(other) or other.is_relative_to(folder):
            raise typer.BadParameter(
                f"{folder} and {other} lie in one another. Choose a folder on another disk."
            )
    from backup.target import Target

    return Target(folder)


def _described(backup: "Backup") -> dict[str, Any]:
    """A backup for scripts."""
    return {
        "backup_id": backup.backup_id,
        "made_at": backup.made_at,
        "of_store": backup.store,
        "snapshots": backup.snapshots,
        "files": len(backup.files),
        "bytes": backup.bytes,
        "left_out": backup.left_out,
    }


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"
