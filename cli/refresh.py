"""`beatxp refresh` and `beatxp current`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import Terminal, app
from cli.options import JsonOption, time_option
from cli.wording import moment, plural, rules_of
from pipelines.publication.manifest import Manifest
from pipelines.published.snapshot import NotFoundError
from pipelines.settings import Alerts, Metrics, Settings

if TYPE_CHECKING:
    from pipelines.publication.publish import Outcome


@app.command("refresh", epilog="More: docs/operations.md#refreshing")
def refresh_command(
    context: typer.Context,
    as_of: Annotated[
        datetime | None,
        time_option("Count what happened before this time (now)."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Start from nothing: reuse no earlier work.")
    ] = False,
    ignore_guards: Annotated[
        bool, typer.Option("--ignore-guards", help="Publish although a guard objects, once.")
    ] = False,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Publish in a store of its own; the project's stays as it is."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Publish a snapshot of the export files that are present."""
    terminal: Terminal = context.obj
    terminal.publishes = True
    settings = terminal.settings()
    if store is not None:
        settings = in_another_store(settings, store)
    from cli.bars import watched_refresh

    outcome = watched_refresh(terminal.err, settings, as_of, full, ignore_guards)
    terminal.done()
    root = settings.project.store
    if json:
        document = described(root, outcome.manifest, outcome.published)
        terminal.json({**document, "notices": outcome.notices})
    else:
        tell(terminal, outcome)
    for notice in outcome.notices:
        terminal.err.print(f"- {notice}", markup=False)


@app.command("current", epilog="More: docs/tables.md")
def current_command(context: typer.Context, json: JsonOption = False) -> None:
    """Say which snapshot is published, and where its tables are."""
    terminal: Terminal = context.obj
    opened = terminal.snapshot(None)
    root, manifest = opened.root, opened.manifest
    if json:
        terminal.json(described(root, manifest, published=False))
        return
    snapshot = manifest.snapshot
    terminal.out.print(f"Snapshot [bold]{snapshot.snapshot_id}[/]")
    terminal.out.print(f"  published     {moment(snapshot.published_at)} UTC")
    if manifest.changed_at is not None:
        terminal.out.print(f"  changed       {moment(manifest.changed_at)} UTC, by an erasure")
    terminal.out.print(f"  counts before {moment(snapshot.as_of)} UTC")
    terminal.out.print(f"  rulebook      {rules_of(snapshot)}", markup=False)
    terminal.out.print(f"  content       {snapshot.content_sha256}")
    for name, parts in sorted(manifest.tables.items()):
        rows = sum(part.rows for part in parts)
        counted = f"{plural(rows, 'row'):>17} in {plural(len(parts), 'file')}"
        terminal.out.print(f"  {name:<13} {counted}")


def described(root: Path, manifest: Manifest, published: bool) -> dict[str, Any]:
    """What scripts read (specification, section 6)."""
    paths = {
        name: [str(path) for path in manifest.paths(root, name)]
        for name in ("snapshot", *manifest.tables)
    }
    rejects = paths.pop("rejects")
    return {
        "snapshot_id": manifest.snapshot.snapshot_id,
        "content_sha256": manifest.snapshot.content_sha256,
        "published": published,
        "changed_at": manifest.changed_at,
        "tables": paths,
        "rejects": rejects,
    }


def in_another_store(settings: Settings, store: Path) -> Settings:
    """The same settings for another store, which nobody is told of. Raises NotFoundError."""
    if not store.absolute().parent.is_dir():
        raise NotFoundError(f"There is no folder {store.absolute().parent} for a store; create it.")
    project = settings.project.model_copy(update={"store": store.absolute()})
    return settings.model_copy(
        update={"project": project, "alerts": Alerts(), "metrics": Metrics()}
    )


def tell(terminal: Terminal, outcome: "Outcome") -> None:
    """Say what a refresh came to."""
    snapshot = outcome.manifest.snapshot
    if not outcome.published:
        terminal.out.print(
            f"Already up to date: snapshot [bold]{snapshot.snapshot_id}[/], published "
            f"{moment(snapshot.published_at)} UTC."
        )
        return
    terminal.out.print(
        f"Published snapshot [bold]{snapshot.snapshot_id}[/]: "
        f"{plural(snapshot.producers, 'producer')}, activity before "
        f"{moment(snapshot.as_of)} UTC."
    )
