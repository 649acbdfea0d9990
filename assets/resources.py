"""The resource that every asset and check works with: one project, held for one Dagster run.

The store's lock is taken when a run begins and given back when it ends, so that runs, other runs
and `beatxp refresh` never interleave; whoever comes second waits, and finds the work done.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import msgspec
from pydantic import PrivateAttr

from pipelines.exports.ingest import Deliveries
from pipelines.publication.publish import Outcome, publish_results, utc_now
from pipelines.reference.comparison import KEYS, Comparison, compare_published
from pipelines.reference.recompute import Source
from pipelines.reference.sample import Sample, turn_of
from pipelines.refresh import (
    LOCK_SECONDS,
    Request,
    Watcher,
    deliver,
    look,
    new_request,
    open_store,
    running,
    up_to_date,
)
from pipelines.run import Run
from pipelines.settings import Settings, load_settings
from pipelines.steps import RESULTS, Step, perform
from pipelines.store.parts import Part
from pipelines.store.results import StepResult
from pipelines.store.store import Store, StoreBusy

Result = TypeVar("Result", bound=msgspec.Struct)


class ResultMissingError(Exception):
    """A step cannot be performed: what it needs is not there for the request at hand."""

    def __init__(self, step: str) -> None:
        super().__init__(f"There is no result of the step `{step}` for the last request.")
        self.step = step


class Session:
    """The work of one Dagster run: results of steps travel through the store.

    `unchanged` is the published snapshot once it is known that there is nothing to do.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.unchanged: Outcome | None = None
        self._open = ExitStack()

    def close(self) -> None:
        """Close the engine, if one was needed."""
        self._open.close()

    def begin(
        self, as_of: datetime | None = None, full: bool = False, ignore_guards: bool = False
    ) -> Deliveries:
        """Read the export files that are new, for a new request; now is the default as_of.

        If nothing is new and all results are in place, the last request stays in force. Raises
        RulebookError, ExportsChanging.
        """
        request = new_request(self.settings, as_of or utc_now(), ignore_guards)
        listing = look(self.settings)
        if full:
            self.store.start_over()
        else:
            outcome = up_to_date(self.store, request, listing, utc_now())
            if outcome is not None and self._all_in_place():
                self.unchanged = outcome
                return self.result("deliveries", Deliveries)
        *_, everything = deliver(self.settings, self.store, request, listing, Watcher().reading)
        return everything

    def perform(self, step: Step) -> StepResult:
        """Perform a step for the last request. Raises ResultMissingError."""
        if self.unchanged is not None:
            return self.result(step.name, step.result)
        results = {name: self.result(name, RESULTS[name]) for name in step.needs}
        return perform(self._run, step, self.request.key, results)

    def publish(self) -> Outcome:
        """Publish the results of all steps. Raises Refused, Unbalanced, ResultMissingError."""
        if self.unchanged is not None:
            return self.unchanged
        results: dict[str, Any] = {name: self.result(name, kind) for name, kind in RESULTS.items()}
        return publish_results(
            self._run, self.settings, results, utc_now(), self.request.ignore_guards
        )

    def compare_with_rules(self, producers: int | None = None) -> list[Comparison]:
        """Compare what the last request gave with what the SQL files alone give.

        With `producers`, those of a sample of so many: other ones in each hour. Raises
        ResultMissingError.
        """
        request, engine = self.request, self.settings.engine
        made: dict[str, list[Part]] = {}
        for name, kind in RESULTS.items():
            made |= self.result(name, kind).published()
        source = Source(
            self.store,
            self.result("deliveries", Deliveries),
            request.parse(),
            request.as_of,
            engine.sql_memory_limit,
            engine.threads,
        )
        files = {table: [self.store.root / part.file for part in made[table]] for table in KEYS}
        sample = None
        if producers is not None:
            sample = Sample(turn_of(utc_now()), producers)
        return list(compare_published(source, files, sample))

    def result(self, step: str, kind: type[Result]) -> Result:
        """What a step returned for the last request. Raises ResultMissingError."""
        result = self.store.load(step, kind, self.request.key)
        if result is None:
            raise ResultMissingError(step)
        return result

    @property
    def request(self) -> Request:
        """What the last refresh was asked for. Raises ResultMissingError."""
        request = self.store.load("request", Request)
        if request is None:
            raise ResultMissingError("deliveries")
        return request

    @cached_property
    def _run(self) -> Run:
        return self._open.enter_context(running(self.settings, self.store, self.request))

    def _all_in_place(self) -> bool:
        try:
            return all(self.result(name, kind) for name, kind in RESULTS.items())
        except ResultMissingError:
            return False


class ProjectResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The project that a settings file describes."""

    settings_file: str
    _session: Session = PrivateAttr()

    @property
    def session(self) -> Session:
        """The work of the run at hand."""
        return self._session

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["ProjectResource"]:
        """Hold the store for a run. Raises SettingsError, StoreBusy."""
        settings = load_settings(Path(self.settings_file))
        store = open_store(settings)
        with ExitStack() as held:
            try:
                held.enter_context(store.lock(0))
            except StoreBusy:
                if context.log is not None:
                    context.log.info("Another refresh is at work: this run waits until it is done.")
                held.enter_context(store.lock(LOCK_SECONDS))
            session = Session(settings, store)
            held.callback(session.close)
            self._session = session
            yield self
