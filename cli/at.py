"""`beatxp at`: what was shown at another moment, or would have been under another rulebook."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.app import Terminal, app
from cli.explain import explain_command
from cli.leaderboard import leaderboard_command
from cli.options import parse_time
from cli.rejects import rejects_command
from cli.show import show_command
from cli.sql import sql_command

_MORE = "More: docs/analysis/what-if.md#any-moment"

at = typer.Typer(no_args_is_help=True, epilog=_MORE)
app.add_typer(at, name="at")


@at.callback()
def at_command(
    context: typer.Context,
    time: Annotated[
        datetime,
        typer.Argument(parser=parse_time, metavar="TIME", help="Count what happened before it."),
    ],
    rulebook: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Other rules than those that the settings name."),
    ] = None,
) -> None:
    """Look at any moment, under any rulebook. What is published stays as it is."""
    terminal: Terminal = context.obj
    settings = terminal.settings()
    from analysis.scenario import Scenario, open_sandbox
    from cli.bars import watched
    from pipelines.rulebook import load_rulebook

    rules = load_rulebook(rulebook or settings.project.rulebook)
    with watched(terminal.err) as watcher:
        sandbox = context.with_resource(open_sandbox(settings, watcher))
        derived = sandbox.derive(Scenario(sandbox.present(), rules, time))
    context.obj = replace(terminal, derived=derived)


for name, command in (
    ("show", show_command),
    ("leaderboard", leaderboard_command),
    ("rejects", rejects_command),
    ("explain", explain_command),
    ("sql", sql_command),
):
    at.command(name, epilog=_MORE)(command)
