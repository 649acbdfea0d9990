"""Which browser is taken, and which command would install one where there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.dashboard import browser
from tests.dashboard.browser import chromium

APT = ["apt-get update", "apt-get install"]
PLAYWRIGHT = ["-m playwright install chromium"]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that are run on a machine that has no browser; nothing comes of them."""
    run: list[str] = []
    monkeypatch.setattr(browser, "_MAC_APPLICATIONS", ())
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name == "apt-get" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: run.append(" ".join(command)))
    return run


def ran(commands: list[str], expected: list[str]) -> bool:
    return len(commands) == len(expected) and all(
        part in command for part, command in zip(expected, commands, strict=True)
    )


def test_without_root_playwright_fetches_its_own(commands: list[str], tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="playwright install chromium"):
        chromium(tmp_path / "none")
    assert ran(commands, PLAYWRIGHT)


def test_root_asks_apt_first(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium(tmp_path / "none")
    assert ran(commands, APT + PLAYWRIGHT)


def test_without_apt_playwright_fetches_its_own(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(RuntimeError):
        chromium(tmp_path / "none")
    assert ran(commands, PLAYWRIGHT)


def test_what_a_command_installed_is_taken(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloaded = tmp_path / "chrome"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: downloaded.touch())
    assert chromium(downloaded) == downloaded
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    assert chromium(downloaded) == downloaded
    assert commands == []


def test_the_application_of_a_mac_is_taken(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = tmp_path / "Google Chrome"
    application.touch()
    monkeypatch.setattr(browser, "_MAC_APPLICATIONS", (str(application),))
    assert chromium(tmp_path / "none") == application
    assert commands == []
