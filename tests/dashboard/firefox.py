"""Firefox as it is installed, by WebDriver BiDi: Playwright only drives a build of its own."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

_SECONDS = 240
_NAMES = ("firefox-esr", "firefox")
_MAC_APPLICATION = "/Applications/Firefox.app/Contents/MacOS/firefox"
#: It asks nobody for settings, updates or a way out to the internet.
_PREFERENCES = """
user_pref("services.settings.server", "data:,");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.server", "");
"""


def firefox() -> Path | None:
    """Where Firefox is installed, if it is."""
    named = (shutil.which(name) for name in (*_NAMES, _MAC_APPLICATION))
    return next((Path(path) for path in named if path), None)


class Window:
    """A window of Firefox. Commands raise RuntimeError when Firefox refuses them."""

    def __init__(self, connection: ClientConnection) -> None:
        self.complaints: list[str] = []
        """The errors in its console so far."""
        self._connection = connection
        self._numbers = itertools.count(1)
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._context = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str, width: int, height: int) -> None:
        """Open a page in a viewport of that size in pixels, and wait until it is loaded."""
        viewport = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self._context, viewport=viewport)
        self._send("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or what its promise comes to, by way of JSON."""
        told = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if told["type"] != "success":
            raise RuntimeError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        told = self._send(
            "browsingContext.captureScreenshot", context=self._context, origin="document"
        )
        return base64.b64decode(told["data"])

    def close(self) -> None:
        """End Firefox."""
        self._send("browser.close")

    def _send(self, method: str, **parameters: object) -> Any:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._connection.recv(_SECONDS))
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.complaints.append(said["params"]["text"])
            if said.get("id") == number:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['message']}")
                return said["result"]


@contextmanager
def launched(path: Path, scheme: str) -> Iterator[Window]:
    """A window of the Firefox at `path` with a profile of its own; `scheme`: "light" or "dark"."""
    dark = f'user_pref("layout.css.prefers-color-scheme.content-override", {scheme != "dark":d});\n'
    with tempfile.TemporaryDirectory() as profile:
        Path(profile, "user.js").write_text(_PREFERENCES + dark)
        command = [str(path), "--headless", "--remote-debugging-port", "0", "--profile", profile]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                address = _address(process, Path(profile, "WebDriverBiDiServer.json"))
                with connect(f"{address}/session", max_size=None) as connection:
                    window = Window(connection)
                    yield window
                    window.close()
            finally:
                process.terminate()
                process.wait(_SECONDS)


def _address(process: subprocess.Popen[bytes], file: Path) -> str:
    """Where it listens, which it writes into a file of its profile. Raises RuntimeError."""
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            told = json.loads(file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
        else:
            return f"ws://{told['ws_host']}:{told['ws_port']}"
    raise RuntimeError("Firefox did not start.")
