"""What a reader is told of a store: by every command that shows numbers, and from its files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.commands import app
from pipelines.store.checksums import verify_again

Answers = dict[str, Any]
#: Commands by name, of one snapshot.
OF_A_SNAPSHOT = {
    "show": ("show", "1"),
    "leaderboard": ("leaderboard", "plays"),
    "rejects": ("rejects",),
    "explain": ("explain", "1"),
    "ledger": ("sql", "SELECT * FROM xp_ledger ORDER BY ALL"),
    "sums": ("sql", "SELECT sum(xp), sum(quantity), count(*) FROM xp_ledger"),
    "progress": ("sql", "SELECT * FROM progress ORDER BY ALL"),
    "unlocks": ("sql", "SELECT * FROM unlocks ORDER BY ALL"),
    "boards": ("sql", "SELECT * FROM leaderboard ORDER BY ALL"),
}


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str
    crash: str = ""


def command(settings: Path, *arguments: str) -> Told:
    """Run a command in this process, which does not rely on what it verified before."""
    verify_again()
    result = CliRunner().invoke(app, ["--config", str(settings), *arguments])
    crash = ""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        crash = repr(result.exception)
    return Told(result.exit_code, result.stdout, result.stderr, crash)


def answers_of(settings: Path, snapshot_id: str) -> Answers:
    """All answers of a whole store of one kept snapshot."""
    answers = {}
    for name, arguments in OF_A_SNAPSHOT.items():
        told = command(settings, *arguments, "--snapshot", snapshot_id, "--json")
        assert told.status == 0, told
        answers[name] = json.loads(told.out)
    return answers
