"""The command with everything that it can do: each module adds its commands to the application."""

from cli import (  # noqa: F401
    alerts,
    at,
    backup,
    catalog,
    demo,
    diff,
    erase,
    explain,
    inspect,
    leaderboard,
    refresh,
    rejects,
    report,
    rollback,
    rules,
    serve,
    settings,
    show,
    simulate,
    snapshots,
    sql,
    verify,
)
from cli.app import app

__all__ = ["app"]
