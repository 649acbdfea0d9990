"""A real browser, and a server of the command line that it looks at."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

_SECONDS = 240
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_APT = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-qq", "--yes", "--no-install-recommends", "chromium"),
)
_PLAYWRIGHT = (sys.executable, "-m", "playwright", "install", "chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = (
    "The tests of the pages need Chromium or Chrome, and none could be installed: run "
    "`apt-get install chromium` as root, or `.venv/bin/playwright install chromium`, or install "
    "Google Chrome."
)


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium, or Chrome, without windows. Raises RuntimeError if there is none."""
    with sync_playwright() as playwright:
        path = chromium(Path(playwright.chromium.executable_path))
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


def chromium(downloaded: Path) -> Path:
    """The path of a Chromium or Chrome; installs one if there is none.

    `downloaded` is where Playwright puts its own. Raises RuntimeError.
    """
    with FileLock(Path(sys.prefix, ".browser.lock")):
        for commands in ((), *_installations()):
            for command in commands:
                subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
            if found := _installed(downloaded):
                return found
    raise RuntimeError(MISSING)


def _installed(downloaded: Path) -> Path | None:
    named = [Path(path) for name in _NAMES if (path := shutil.which(name))]
    there = [path for path in (*map(Path, _MAC_APPLICATIONS), downloaded) if path.exists()]
    return next(iter(named + there), None)


def _installations() -> list[tuple[tuple[str, ...], ...]]:
    """Commands that install one, in the order in which to try them."""
    has_apt = shutil.which("apt-get") is not None and os.geteuid() == 0
    return [*([_APT] if has_apt else []), (_PLAYWRIGHT,)]


@contextmanager
def served(
    config: Path,
    ready: str = "/readyz",
    beatxp: Sequence[str | Path] = (sys.executable, "-m", "cli"),
    folder: Path | None = None,
) -> Iterator[str]:
    """Run `beatxp serve` on a free port, in a folder; gives its address once it is ready."""
    command = [*beatxp, "--config", config, "serve", "--port", "0"]
    # Its log is nobody's file: beside the settings it would end up in the project's folder.
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=folder) as server,
    ):
        assert server.stdout is not None
        try:
            said = server.stdout.readline().decode()
            found = re.search(r"http://[^ ]+(?=/ )", said)
            if found is None:
                log.seek(0)
                raise RuntimeError(f"The server said {said!r} and {log.read().decode()}")
            wait_for(f"{found[0]}{ready}")
            yield found[0]
        finally:
            server.terminate()
            server.wait(_SECONDS)


def wait_for(address: str) -> None:
    """Wait until an address answers with 200. Raises RuntimeError."""
    deadline = time.monotonic() + _SECONDS
    while not _answers(address):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{address} is not there after {_SECONDS} s.")
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(address).status_code == 200
    except httpx2.TransportError:
        return False
