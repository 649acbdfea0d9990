"""A real browser, and a server of the command line that it looks at."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

_SECONDS = 90
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The path of a Chromium; installs one if there is none. Raises RuntimeError."""
    for attempt in range(2):
        for name in ("chromium", "chromium-browser", "google-chrome"):
            if path := shutil.which(name):
                return path
        if not attempt and shutil.which("apt-get") and os.geteuid() == 0:
            subprocess.run(["apt-get", "update", "-qq"], check=False)
            subprocess.run(
                ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", "chromium"],
                check=False,
                stdout=subprocess.DEVNULL,
            )
    raise RuntimeError("The tests of the pages need Chromium; install it: apt install chromium.")


@contextmanager
def served(config: Path, ready: str = "/readyz") -> Iterator[str]:
    """Run `beatxp serve` on a free port; gives its address once it is ready."""
    command = [sys.executable, "-m", "pipelines.cli", "--config", str(config), "serve"]
    command += ["--port", "0"]
    log = config.with_suffix(".log")
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as server,
    ):
        assert server.stdout is not None
        try:
            said = server.stdout.readline().decode()
            found = re.search(r"http://[^ ]+(?=/ )", said)
            if found is None:
                raise RuntimeError(f"The server said {said!r} and {log.read_text()}")
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
