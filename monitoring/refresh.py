"""Refreshing under watch: whoever refreshes, the same is kept, written and told of it."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Lock

from monitoring.lineage import LineageRun, is_wanted
from monitoring.record import Result, keep_record
from pipelines.publication.hold import Held
from pipelines.publication.manifest import Manifest
from pipelines.publication.publish import Outcome, Refused, utc_now
from pipelines.refresh import Watcher, refresh
from pipelines.settings import Settings


def monitored_refresh(
    settings: Settings,
    as_of: datetime | None = None,
    full: bool = False,
    ignore_guards: bool = False,
    watcher: Watcher | None = None,
    clock: Callable[[], datetime] = utc_now,
    environment: Mapping[str, str] = os.environ,
) -> Outcome:
    """`refresh`, of which a record is kept, metrics are written, and who should know is told.

    What cannot be written or told is a notice of the outcome, or a note of the error. Raises what
    `refresh` raises.
    """
    return monitored(
        settings,
        lambda steps: refresh(settings, as_of, full, ignore_guards, steps, clock),
        watcher,
        clock,
        environment,
    )


def monitored(
    settings: Settings,
    perform: Callable[[Watcher], Outcome],
    watcher: Watcher | None = None,
    clock: Callable[[], datetime] = utc_now,
    environment: Mapping[str, str] = os.environ,
) -> Outcome:
    """What a refresh of any kind comes to, as `monitored_refresh` has it."""
    monitor = Monitor(settings, clock, environment)
    monitor.begin()
    try:
        outcome = perform(StepSeconds(monitor.seconds, watcher))
    except Exception as error:
        monitor.failed(error)
        raise
    return monitor.succeeded(outcome)


class StepSeconds(Watcher):
    """Adds up how long each step takes; another watcher sees the same."""

    def __init__(self, seconds: dict[str, float], inner: Watcher | None = None) -> None:
        self._seconds = seconds
        self._inner = inner or Watcher()
        self._lock = Lock()

    def reading(self, done: int, total: int) -> None:
        """Passed on."""
        self._inner.reading(done, total)

    def waiting(self) -> None:
        """Passed on."""
        self._inner.waiting()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step, also one that fails."""
        began = time.perf_counter()
        try:
            with self._inner.step(name):
                yield
        finally:
            with self._lock:
                self._seconds[name] += time.perf_counter() - began


class Monitor:
    """One refresh from its beginning to what is told of its end.

    `clock` tells UTC without a zone; `seconds` is filled by whoever performs the steps.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._environment = environment
        self._started_at = clock()
        self._notices: list[str] = []
        self._lineage: LineageRun | None = None
        self.seconds: dict[str, float] = defaultdict(float)

    def begin(self) -> None:
        """The refresh begins."""
        if is_wanted(self._environment):
            with self._noticed("Lineage"):
                self._lineage = LineageRun(self._settings, self._environment)
                self._lineage.start(self._started_at)

    def succeeded(self, outcome: Outcome) -> Outcome:
        """It published, or found nothing new; the outcome with what more is to be noticed."""
        self._keep("published" if outcome.published else "up_to_date", outcome.manifest)
        if self._settings.alerts.is_configured:
            from monitoring.alerts.notify import tell_success

            with self._noticed("Alerts"):
                self._notices += tell_success(self._settings, self._clock)
        if self._lineage is not None:
            with self._noticed("Lineage"):
                published = outcome.manifest if outcome.published else None
                self._lineage.complete(self._clock(), published)
        return replace(outcome, notices=outcome.notices + self._notices)

    def failed(self, error: Exception) -> None:
        """It was refused, or failed; what is to be noticed becomes notes of the error."""
        is_refused = isinstance(error, Refused | Held)
        self._keep("refused" if is_refused else "failed", None)
        # Whoever rolled back knows it.
        if self._settings.alerts.is_configured and not isinstance(error, Held):
            from monitoring.alerts.notify import tell_failure

            with self._noticed("Alerts"):
                self._notices += tell_failure(self._settings, error, self._clock)
        if self._lineage is not None:
            with self._noticed("Lineage"):
                self._lineage.fail(self._clock(), error)
        for notice in self._notices:
            error.add_note(notice)

    def _keep(self, result: Result, manifest: Manifest | None) -> None:
        root, file = self._settings.project.store, self._settings.metrics.textfile
        with self._noticed("The record of this refresh"):
            keep_record(root, result, self._started_at, self._clock(), self.seconds, manifest)
        if file is not None:
            from monitoring.metrics import write_metrics

            with self._noticed(f"The metrics in {file}"):
                write_metrics(root, file)

    @contextmanager
    def _noticed(self, what: str) -> Iterator[None]:
        """Whatever goes wrong here is no reason for a refresh to fail."""
        try:
            yield
        except Exception as error:
            said = " ".join(str(error).split()) or type(error).__name__
            self._notices.append(f"{what} could not be written or sent: {said}")
