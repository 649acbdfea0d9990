"""`python -m tests.faults.refreshing SETTINGS`: refresh as of each time on standard input.

The content of each snapshot is a line on standard output. Whoever started this may kill it.
"""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from pipelines.refresh import refresh
from pipelines.settings import load_settings


class Refreshing:
    """Such a process."""

    def __init__(self, settings: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.refreshing", str(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        """It is loaded, and waits for a time."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.ended()

    def begin(self, as_of: datetime) -> None:
        """Let it refresh."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{as_of.isoformat()}\n")
        self.process.stdin.flush()

    def content(self) -> str:
        """Of the refresh that was begun, when it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> tuple[str, str]:
        """Kill it now; the content of the refresh, if it had ended, and what it complained of."""
        self.process.kill()
        return self.ended()

    def ended(self) -> tuple[str, str]:
        """What it said until it ended."""
        said, complaints = self.process.communicate()
        return said.strip(), complaints


def main(file: str) -> None:
    """Refresh as often as is asked for."""
    settings = load_settings(Path(file))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        outcome = refresh(settings, datetime.fromisoformat(line.strip()))
        sys.stdout.write(f"{outcome.manifest.snapshot.content_sha256}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
