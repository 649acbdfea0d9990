"""`beatxp serve` and `beatxp key`: the dashboard, and who may use it."""

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from cli.app import Terminal, app
from pipelines.errors import Problem
from pipelines.publication.manifest import NoSnapshot
from pipelines.published.snapshot import names_of, open_snapshot
from pipelines.published.text_ids import id_of_text
from pipelines.settings import Settings, SettingsError


class Role(StrEnum):
    """What a key may do besides looking at boards."""

    ANALYST = "analyst"
    REFRESH = "refresh"


@app.command("serve", epilog="More: docs/dashboard.md")
def serve_command(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where to listen ([dashboard] host).")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, metavar="N", help="On which port.")
    ] = None,
) -> None:
    """Show Progress and Leaderboards in the browser, until stopped."""
    terminal: Terminal = context.obj
    settings = terminal.settings()
    from dashboard.serve import serve
    from pipelines.publication.publish import utc_now

    def tell(address: str) -> None:
        said = f"Progress and Leaderboards are on {address} (Ctrl+C ends it)"
        terminal.done()
        terminal.out.print(Text(said), soft_wrap=True)
        sys.stdout.flush()

    serve(settings, terminal.config, host, port, utc_now, tell)


@app.command("key", epilog="More: docs/dashboard.md#who-may-see-what")
def key_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use the key.")],
    role: Annotated[
        list[Role] | None, typer.Option(help="analyst: sees all. refresh: may ask for one.")
    ] = None,
    producer: Annotated[
        str | None, typer.Option(metavar="ID", help="The producer whose key it is.")
    ] = None,
) -> None:
    """Make an API key for a script; only its hash is kept."""
    terminal: Terminal = context.obj
    settings = terminal.settings()
    path = settings.login.api_keys
    whose = None if producer is None else _whose(settings, producer)
    if path is None:
        said = 'say where hashed keys are kept, like api_keys = "keys.toml".'
        raise SettingsError(str(terminal.config), [Problem("login.api_keys", said)])
    from dashboard.keys import add_key

    key = add_key(path, name, role or [], whose)
    terminal.err.print(f"Its hash is in {path}; restart the server. The key, shown only now:")
    sys.stdout.write(f"{key}\n")


def _whose(settings: Settings, written: str) -> int | str:
    """The producer whom an id means: its number, or the text that one stands for.

    Where the settings say that ids are texts it is a text, except for the number of somebody whom
    the published snapshot has. Raises BadParameter.
    """
    from dashboard.ids import number_of

    are_texts = "producer_id" in settings.exports.producers.text_ids
    try:
        number = number_of(written)
    except ValueError as error:
        if are_texts:
            return written
        raise typer.BadParameter(f"{written!r} is no id: {error}.") from None
    if not are_texts:
        return number
    try:
        opened = open_snapshot(settings.project.store)
    except NoSnapshot:
        return written
    is_text = id_of_text(opened, "producers", written) is not None
    return number if not is_text and names_of(opened, [number]) else written
