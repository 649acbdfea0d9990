"""Run `make demo` as the README says, open its pages, and stop it as Ctrl+C would."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

SECONDS_UNTIL_SERVED = 600
SECONDS_UNTIL_READY = 120
SECONDS_UNTIL_ENDED = 60
SERVED = re.compile(r"Progress and Leaderboards are on (http://\S+)/ ")


class DemoFailed(Exception):
    """The demo is not what the README promises; the message says why."""


@contextmanager
def running_demo() -> Iterator[subprocess.Popen[str]]:
    """The demo in a process group of its own, of which nothing is left afterwards."""
    demo = subprocess.Popen(
        ["make", "demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield demo
        os.killpg(demo.pid, signal.SIGINT)
        wait_for_end(demo)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(demo.pid, signal.SIGKILL)
        demo.wait()


def wait_for_end(demo: subprocess.Popen[str]) -> None:
    """Wait until no process of the demo is left. Raises DemoFailed."""
    deadline = time.monotonic() + SECONDS_UNTIL_ENDED
    while time.monotonic() < deadline:
        demo.poll()
        try:
            os.killpg(demo.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise DemoFailed(f"It was still running {SECONDS_UNTIL_ENDED} s after it was interrupted.")


def served_at(demo: subprocess.Popen[str]) -> str:
    """The address that the demo prints. Raises DemoFailed."""
    assert demo.stdout is not None
    lines: SimpleQueue[str | None] = SimpleQueue()
    printed: list[str] = []

    def read(output: Iterator[str]) -> None:
        for line in output:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, args=(demo.stdout,), daemon=True).start()
    deadline = time.monotonic() + SECONDS_UNTIL_SERVED
    while (left := deadline - time.monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except Empty:
            break
        if line is None:
            raise DemoFailed(f"It ended by itself. It printed:\n{''.join(printed)}")
        printed.append(line)
        if found := SERVED.search(line):
            return found[1]
    raise DemoFailed(f"It served nothing within {SECONDS_UNTIL_SERVED} s:\n{''.join(printed)}")


def wait_until_ready(address: str) -> None:
    """Wait until pages are there: the first seconds go by with reading. Raises DemoFailed."""
    deadline = time.monotonic() + SECONDS_UNTIL_READY
    while True:
        try:
            page(f"{address}/readyz")
        except DemoFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def page(address: str) -> str:
    """A page that answers with 200. Raises DemoFailed."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            text: str = answer.read().decode()
            if answer.status == 200:
                return text
            raise DemoFailed(f"{address} answers with {answer.status}.")
    except urllib.error.URLError as error:
        raise DemoFailed(f"{address} does not answer: {error}") from None


def main() -> int:
    """Returns the exit status."""
    os.chdir(Path(__file__).parents[1])
    try:
        with running_demo() as demo:
            address = served_at(demo)
            wait_until_ready(address)
            boards = page(f"{address}/leaderboards/plays/month")
            producer = re.search(r"/producers/\d+", page(f"{address}/producers"))
            if producer is None or "Leaderboards" not in boards:
                raise DemoFailed("Its pages are empty.")
            if "Level" not in page(f"{address}{producer[0]}"):
                raise DemoFailed("A producer's progress has no level.")
    except DemoFailed as error:
        sys.stderr.write(f"make demo: {error}\n")
        return 1
    sys.stdout.write("make demo: Progress and Leaderboards answer.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
