"""`beatxp alerts`: what is wrong since when, whether alerts arrive, and a look from cron."""

import msgspec
import typer
from rich.text import Text

from cli.app import Terminal, app
from cli.options import JsonOption
from cli.tables import print_hanging
from cli.wording import moment, printable
from pipelines.failures import Failure, UsageError
from pipelines.settings import Settings

alerts = typer.Typer(
    help="List what alerts are open, test them, and look for more.",
    rich_markup_mode=None,
    epilog="More: docs/operations.md#alerts",
)
app.add_typer(alerts, name="alerts", invoke_without_command=True)


class NobodyToTell(UsageError):
    """The settings name nobody to tell."""

    code = "nobody_to_tell"


class AlertNotSent(Failure):
    """Somebody could not be told; the message says who, and why."""

    code = "alert_not_sent"


@alerts.callback()
def alerts_command(context: typer.Context, json: JsonOption = False) -> None:
    """List what alerts are open, test them, and look for more."""
    if context.invoked_subcommand is None:
        list_open(context.obj, json)


@alerts.command("check", epilog="More: docs/operations.md#alerts")
def check_command(context: typer.Context, json: JsonOption = False) -> None:
    """Tell if nothing is refreshed any more, or nothing comes; for cron."""
    from monitoring.alerts.notify import tell_the_time
    from pipelines.publication.publish import utc_now

    terminal: Terminal = context.obj
    notices = tell_the_time(_with_channels(terminal), utc_now)
    if notices:
        raise AlertNotSent("\n".join(notices))
    list_open(terminal, json)


@alerts.command("test", epilog="More: docs/operations.md#alerts")
def test_command(context: typer.Context) -> None:
    """Send a test to all whom the settings name."""
    from monitoring.alerts.notify import tell_a_test
    from pipelines.publication.publish import utc_now

    terminal: Terminal = context.obj
    results = tell_a_test(_with_channels(terminal), utc_now)
    for name, problem in results:
        said = "sent" if problem is None else f"not sent: {problem}"
        print_hanging(terminal.out, Text(printable(f"{name}  {said}")), indent=2)
    failed = [name for name, problem in results if problem is not None]
    if failed:
        raise AlertNotSent(
            f"{len(failed)} of {len(results)} did not take the test; correct [alerts] in the "
            "settings, or see why they are not there."
        )


def list_open(terminal: Terminal, json: bool) -> None:
    """Print the open alerts, the oldest first."""
    from monitoring.alerts.alert import open_alerts

    settings = terminal.settings()
    found = open_alerts(settings.project.store)
    if json:
        shown = ("kind", "subject", "since", "headline", "message")
        terminal.json(
            {
                "open": [
                    {name: value for name, value in each.items() if name in shown}
                    for each in map(msgspec.structs.asdict, found)
                ]
            }
        )
        return
    if not settings.alerts.is_configured:
        said = "Nobody is told: the settings name nobody in [alerts]."
        terminal.out.print(said, markup=False)
    if not found:
        terminal.out.print("No alert is open.")
    for alert in found:
        terminal.out.print(
            Text.assemble((alert.headline, "bold"), f", since {moment(alert.since)} (UTC)")
        )
        for line in alert.message.splitlines():
            print_hanging(terminal.out, Text(f"  {printable(line)}"), indent=4)


def _with_channels(terminal: Terminal) -> Settings:
    settings = terminal.settings()
    if not settings.alerts.is_configured:
        raise NobodyToTell(
            f"{terminal.config} names nobody to tell; write `urls` or `webhook` in [alerts], as "
            "docs/operations.md#alerts shows."
        )
    return settings
