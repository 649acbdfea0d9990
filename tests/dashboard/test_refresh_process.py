"""The process that refreshes for viewers: what it tells them, and what is for the log alone."""

import asyncio
import errno
import sys
from pathlib import Path

import pytest

from dashboard.reasons import SENTENCES
from dashboard.refresh_process import sentence_of
from dashboard.workers import Worker, refresh_command
from pipelines.engine import OutOfMemory
from pipelines.errors import Problem
from pipelines.exports.ingest import ExportsChanging
from pipelines.publication.guards import Complaint
from pipelines.publication.hold import Held
from pipelines.publication.publish import Refused, Unbalanced
from pipelines.rulebook import RulebookError
from pipelines.settings import SettingsError
from pipelines.store.checksums import Damaged
from pipelines.store.store import StoreBusy

PATH = "/srv/beatxp/dagster_project.toml"
MISTAKE = Problem("project.exports", f"{PATH} does not exist.")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (SettingsError(PATH, [MISTAKE]), "The server's settings have 1 mistake."),
        (RulebookError(PATH, [MISTAKE, MISTAKE]), "The rulebook has 2 mistakes."),
        (
            Refused(
                [
                    Complaint("50 of 50 new rows of plays were rejected.", f"Worst file: {PATH}."),
                    Complaint("The current dump of tracks has 1 row."),
                ]
            ),
            "A guard stopped it: 50 of 50 new rows of plays were rejected. "
            "The current dump of tracks has 1 row.",
        ),
        (Unbalanced([PATH]), "What was computed does not add up: a fault of the program."),
        (ExportsChanging(PATH), "Export files were changed while they were read: ask again later."),
        (Held(PATH), SENTENCES["held"]),
        (OutOfMemory("1GiB", PATH), "The server has too little memory for it."),
        (Damaged(Path(PATH), "is gone"), "A file of the store is damaged."),
        (StoreBusy(PATH), "Another refresh is at work: ask again later."),
        (OSError(errno.ENOSPC, "No space left", PATH), "The server's disk is full."),
        (PermissionError(errno.EACCES, "No", PATH), "The server cannot read or write a file."),
        (ValueError(PATH), "Something went wrong in the program."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_sentence_for_viewers_has_a_path(error: Exception, says: str) -> None:
    assert sentence_of(error) == says


def test_each_code_with_a_sentence_is_one_of_the_documents() -> None:
    documented = Path("docs/operations.md").read_text()
    assert not [code for code in SENTENCES if f"| `{code}` |" not in documented]


def test_the_log_has_what_viewers_are_not_told(tmp_path: Path) -> None:
    file = tmp_path / "beatxp.toml"
    file.write_text('[project]\nexports = "gone"\nstore = "store"\nrulebook = "gone.toml"\n')
    failed = asyncio.run(Worker(refresh_command(file)).refresh())
    assert failed.state == "failed"
    assert failed.detail == "The server's settings have 2 mistakes."
    assert f"{tmp_path}/gone" in failed.said
    assert "Traceback" not in failed.said


def test_it_has_the_environment_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "beatxp.toml"
    file.write_text('[project]\nexports = "gone"\nstore = "store"\nrulebook = "gone.toml"\n')
    monkeypatch.setenv("BEATXP_PROJECT__EXPORTS", str(tmp_path))
    monkeypatch.setenv("BEATXP_SNAPSHOTS__KEEP", "1")
    failed = asyncio.run(Worker(refresh_command(file)).refresh())
    assert failed.detail == "The server's settings have 2 mistakes."
    assert "project.rulebook: " in failed.said
    assert "BEATXP_SNAPSHOTS__KEEP: is 1" in failed.said


def test_the_program_can_be_started_as_it_is(tmp_path: Path) -> None:
    command = refresh_command(tmp_path / "gone.toml")
    assert command[:3] == [sys.executable, "-m", "dashboard.refresh_process"]
