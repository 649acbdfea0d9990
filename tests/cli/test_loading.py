"""Which modules a command loads."""

import subprocess
import sys

import pytest
import typer

from cli.commands import app
from cli.loading import MODULES


def test_each_command_is_found_in_its_module() -> None:
    found = {}
    for command in app.registered_commands:
        assert command.callback is not None
        found[command.name or command.callback.__name__] = command.callback.__module__
    for group in app.registered_groups:
        assert isinstance(group.typer_instance, typer.Typer)
        assert group.name is not None
        found[group.name] = f"cli.{group.name}"
    assert {name: f"cli.{module}" for name, module in MODULES.items()} == found


@pytest.mark.parametrize(
    ("arguments", "loaded", "is_alone"),
    [
        (["show", "1"], "cli.show", True),
        (["--config", "show.toml", "current"], "cli.refresh", True),
        (["--config=a.toml", "release"], "cli.rollback", True),
        (["at", "2026-01-01", "show", "1"], "cli.at", True),
        (["--help", "show"], "cli.show", False),
        (["shwo"], "cli.show", False),
        ([], "cli.show", False),
    ],
)
def test_only_the_command_that_is_asked_for_is_loaded(
    arguments: list[str], loaded: str, is_alone: bool
) -> None:
    code = (
        "import sys; from cli.loading import load; load(sys.argv[1:])"
        "; print(*(name for name in sys.modules if name.startswith('cli.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    modules = done.stdout.split()
    assert loaded in modules
    assert ("cli.verify" in modules) is not is_alone
