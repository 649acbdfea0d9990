"""`beatxp rollback` and `beatxp release`: an earlier snapshot is shown, and nothing published."""

from typing import Annotated

import typer

from cli.app import Terminal, app
from cli.options import JsonOption
from cli.wording import moment
from pipelines.failures import Failure
from pipelines.publication.hold import release, roll_back


class NotHeld(Failure):
    """Publication is not held, so that there is nothing to release."""

    code = "not_held"


@app.command("rollback", epilog="More: docs/operations.md#rolling-back")
def rollback_command(
    context: typer.Context,
    snapshot: Annotated[
        str,
        typer.Argument(help="A kept snapshot: an id or its beginning, `previous`, or a time."),
    ],
    reason: Annotated[
        str, typer.Option(help="Why, as it is told to operators.", metavar="TEXT")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Show an earlier snapshot, and hold publication."""
    from pipelines.publication.publish import utc_now
    from pipelines.refresh import LOCK_SECONDS, open_store, workers

    terminal: Terminal = context.obj
    settings = terminal.settings()
    opened = terminal.snapshot(snapshot)
    store = open_store(settings)
    with store.lock(LOCK_SECONDS, lambda: terminal.err.print("Waiting for another refresh.")):
        hold = roll_back(store.root, opened.manifest, utc_now(), reason, workers(settings))
    terminal.done()
    if json:
        terminal.json({"since": hold.since, "reason": hold.reason}, opened.row)
        return
    terminal.out.print(
        f"Snapshot [bold]{hold.snapshot_id}[/] is shown, published "
        f"{moment(opened.row.published_at)} UTC. Refreshes publish nothing until "
        "`beatxp release`."
    )


@app.command("release", epilog="More: docs/operations.md#rolling-back")
def release_command(context: typer.Context, json: JsonOption = False) -> None:
    """Let refreshes publish again after a roll back."""
    from pipelines.refresh import LOCK_SECONDS, open_store

    terminal: Terminal = context.obj
    store = open_store(terminal.settings())
    with store.lock(LOCK_SECONDS, lambda: terminal.err.print("Waiting for another refresh.")):
        hold = release(store.root)
    if hold is None:
        raise NotHeld("Publication is not held: there is nothing to release.")
    terminal.done()
    if json:
        terminal.json({"released": hold})
        return
    terminal.out.print(
        f"Publication is no longer held at {hold.snapshot_id}: the next refresh publishes.",
        markup=False,
    )
