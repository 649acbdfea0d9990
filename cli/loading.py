"""Which module has which command: only the one that is asked for is loaded."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

import typer

#: The module of each command, in this package. A test holds it against what they add.
MODULES: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in (
            "alerts",
            "at",
            "backup",
            "catalog",
            "demo",
            "diff",
            "erase",
            "explain",
            "inspect",
            "leaderboard",
            "refresh",
            "rejects",
            "report",
            "rollback",
            "rules",
            "serve",
            "settings",
            "show",
            "simulate",
            "snapshots",
            "sql",
            "verify",
        )
    },
    "backups": "backup",
    "restore": "backup",
    "current": "refresh",
    "release": "rollback",
    "key": "serve",
}


def load(arguments: Sequence[str]) -> typer.Typer:
    """The application, with the command that the arguments name; with all, if they name none.

    Each module adds its commands to it.
    """
    module = MODULES.get(_command_of(arguments))
    for name in dict.fromkeys(MODULES.values()) if module is None else (module,):
        import_module(f"cli.{name}")
    from cli.app import app

    return app


def _command_of(arguments: Sequence[str]) -> str:
    """The first word that is neither an option nor the settings file; empty if there is none."""
    words = iter(arguments)
    for word in words:
        if word == "--config":
            next(words, None)
        elif not word.startswith("--config="):
            return word
    return ""
