"""`beatxp serve` and `beatxp key`: the dashboard, and who may use it."""

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from cli.app import Terminal, app
from pipelines.errors import Problem
from pipelines.settings import SettingsError


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
        int | None, typer.Option(min=1, metavar="ID", help="The producer whose key it is.")
    ] = None,
) -> None:
    """Make an API key for a script; only its hash is kept."""
    terminal: Terminal = context.obj
    path = terminal.settings().login.api_keys
    if path is None:
        said = 'say where hashed keys are kept, like api_keys = "keys.toml".'
        raise SettingsError(str(terminal.config), [Problem("login.api_keys", said)])
    from dashboard.keys import add_key

    key = add_key(path, name, role or [], producer)
    terminal.err.print(f"Its hash is in {path}; restart the server. The key, shown only now:")
    sys.stdout.write(f"{key}\n")
