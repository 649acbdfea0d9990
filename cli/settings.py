"""`beatxp settings`: what is in force, and where each setting comes from."""

from pathlib import Path

import typer
from rich.text import Text

from cli.app import Terminal, app
from cli.options import JsonOption
from cli.tables import print_hanging
from cli.wording import untrusted
from pipelines.errors import toml_value
from pipelines.settings import Setting, load_with_origins, settings_in_force


@app.command("settings", epilog="More: docs/operations.md#environments")
def settings_command(context: typer.Context, json: JsonOption = False) -> None:
    """List the settings in force, and where each comes from."""
    terminal: Terminal = context.obj
    settings = settings_in_force(load_with_origins(terminal.config))
    if json:
        listed = [one._asdict() for one in settings]
        terminal.json({"settings_file": terminal.config.absolute(), "settings": listed})
        return
    # The tables of exports have ten keys for each entity, of which hardly any is written.
    shown = [s for s in settings if s.source != "default" or not s.key.startswith("exports.")]
    for setting in shown:
        print_hanging(terminal.out, _line(setting, terminal.config), indent=4)
    if len(shown) < len(settings):
        said = "Other keys of [exports.<entity>] have their defaults; --json has all of them."
        terminal.out.print()
        print_hanging(terminal.out, Text(said, style="dim"), indent=0)


def _line(setting: Setting, config: Path) -> Text:
    """A setting as the settings file has it, and behind it where it comes from."""
    value = toml_value("" if setting.value is None else setting.value)
    origin = {
        "default": "default",
        "file": str(config),
        "variable": str(setting.variable),
        "secret_file": f"{setting.file} ({setting.variable})",
    }[setting.source]
    style = "dim" if setting.source == "default" else ""
    said = untrusted(f"{setting.key} = {value}", style)
    return said.append_text(untrusted(f"  # {origin}", "dim"))
