"""A refresh, or what would be one, with progress bars.

It brings the engines along, so commands import it when they run: reading stays quick.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

from monitoring.refresh import monitored_refresh
from pipelines.publication.publish import Outcome
from pipelines.refresh import Watcher
from pipelines.settings import Settings
from pipelines.steps import DELIVERIES


class Bars(Watcher):
    """Shows how far it is as progress bars."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading", total=None)

    def reading(self, done: int, total: int) -> None:
        """A bar of bytes while export files are read."""
        self._progress.update(self._task, completed=done, total=total)

    def waiting(self) -> None:
        """A line on the console, also where it is no terminal."""
        self._progress.console.print("Another refresh is at work: this one begins when it is done.")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One line for the step that began last."""
        if name not in DELIVERIES:  # they are seen as bytes
            self._progress.update(self._task, description=name.replace("_", " "))
        yield


@contextmanager
def watched(console: Console) -> Iterator[Watcher]:
    """Show on the console how far something has come, until it is done."""
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<16}"),
        BarColumn(),
        DownloadColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bars:
        yield Bars(bars)


def watched_refresh(
    console: Console,
    settings: Settings,
    as_of: datetime | None,
    full: bool = False,
    ignore_guards: bool = False,
) -> Outcome:
    """Refresh, and show on the console how far it has come. Raises what `refresh` raises."""
    with watched(console) as watcher:
        return monitored_refresh(settings, as_of, full, ignore_guards, watcher)
