"""The resource that every asset and check works with: one project, held for one Dagster run.

The store's lock is taken by a run's first step and given back at the run's end, so that runs, other
runs and `beatxp refresh` never interleave; whoever comes second waits, and finds the work done.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import msgspec
from pydantic import PrivateAttr

from assets.failures import ResultMissingError, explained
from monitoring.refresh import Monitor, StepSeconds
from pipelines.exports.dumps import Dumps
from pipelines.exports.ingest import Deliveries
from pipelines.publication.export_files import changed_files
from pipelines.publication.guards import Complaint, check_guards
from pipelines.publication.hold import check_not_held
from pipelines.publication.inputs import Inputs
from pipelines.publication.manifest import NoSnapshot, current
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
    prepare,
    remembering_failure,
    running,
    up_to_date,
)
from pipelines.run import Run
from pipelines.settings import Settings, load_settings
from pipelines.steps import DELIVERIES, RESULTS, Step, perform
from pipelines.store.checksums import Damaged
from pipelines.store.parts import Part
from pipelines.store.results import StepResult
from pipelines.store.store import Store

Result = TypeVar("Result", bound=msgspec.Struct)
LOG = logging.getLogger(__name__)


class Session:
    """The work of one Dagster run: results of steps travel through the store.

    `unchanged` is the published snapshot once it is known that there is nothing to do, `ended` what
    the refresh came to, or why it stopped, as far as is known.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.unchanged: Outcome | None = None
        self.ended: Outcome | Exception | None = None
        self._open = ExitStack()
        self._monitor = Monitor(settings, utc_now)
        self._watcher = StepSeconds(self._monitor.seconds)

    def close(self) -> None:
        """Close the engine, if one was needed."""
        self._open.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what stops the refresh; that a result is missing is no refresh at all."""
        try:
            yield
        except ResultMissingError:
            raise
        except Exception as error:
            self.ended = error
            raise

    def tell(self) -> None:
        """Tell who should know how the refresh ended; that a part of one was performed is no end.

        Call it when the store is given back: it may take a while.
        """
        notices: list[str] = []
        if isinstance(self.ended, Outcome):
            told = self._monitor.succeeded(self.ended)
            notices = told.notices[len(self.ended.notices) :]
        elif self.ended is not None:
            self._monitor.failed(self.ended)
            notices = getattr(self.ended, "__notes__", [])
        for notice in notices:
            LOG.warning(notice)

    def begin(
        self, as_of: datetime | None = None, full: bool = False, ignore_guards: bool = False
    ) -> Deliveries:
        """Read the export files that are new, for a new request; now is the default as_of.

        If nothing is new and all results are in place, the last request stays in force. Raises
        RulebookError, ExportsChanging, Held.
        """
        prepare(self.settings, self.store)
        self._monitor.begin()
        request = new_request(self.settings, as_of or utc_now(), ignore_guards)
        listing = look(self.settings)
        if full:
            self.store.start_over()
        else:
            outcome = up_to_date(self.settings, self.store, request, listing, utc_now())
            if outcome is not None and self._all_in_place():
                self.unchanged = outcome
                return self.result("deliveries", Deliveries)
        with self._watcher.step(DELIVERIES[-1]):
            *_, everything = deliver(self.settings, self.store, request, listing, Watcher().reading)
        return everything

    def perform(self, step: Step) -> StepResult:
        """Perform a step for the last request. Raises ResultMissingError."""
        if self.unchanged is not None:
            return self.result(step.name, step.result)
        results = {name: self.result(name, RESULTS[name]) for name in step.needs}
        with self._watcher.step(step.name):
            return perform(self._run, step, self.request.key, results)

    def complaints(self) -> list[Complaint]:
        """Which guards object to publishing the results. Raises ResultMissingError."""
        if self.unchanged is not None:
            return []
        try:
            published = current(self.store.root)
        except NoSnapshot:
            published = None
        inputs = self.result("inputs", Inputs)
        return check_guards(
            self.settings.guards,
            self.result("deliveries", Deliveries),
            self.result("dumps", Dumps).current_rows,
            inputs.event_rows,
            published,
            changed_files(self.store.root, inputs.parts["files"], published),
        )

    def publish(self) -> Outcome:
        """Publish the results of all steps.

        Raises Refused, Held, Unbalanced, ResultMissingError.
        """
        if self.unchanged is not None:
            self.ended = self.unchanged
            return self.unchanged
        check_not_held(self.store.root)
        results: dict[str, Any] = {name: self.result(name, kind) for name, kind in RESULTS.items()}
        with self._watcher.step("snapshot"):
            outcome = publish_results(
                self._run, self.settings, results, utc_now(), self.request.ignore_guards
            )
        self.ended = outcome
        return outcome

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
        files = {table: [self.store.path(part.file) for part in made[table]] for table in KEYS}
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


@contextmanager
def discarding_damage(store: Store) -> Iterator[None]:
    """Remove a file that a step found damaged: a run that begins anew computes it again."""
    try:
        yield
    except Damaged as error:
        store.discard(error.path)
        raise


class ProjectResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The project that a settings file describes."""

    settings_file: str
    _held: ExitStack = PrivateAttr(default_factory=ExitStack)
    _session: Session | None = PrivateAttr(default=None)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The work of the run at hand, for a step; the run's first one takes the store's lock.

        What goes wrong becomes a failed step that says reason and remedy (`explained`), and is
        written down for whoever starts the next refresh (`remembering_failure`).
        """
        with explained():
            if self._session is None:
                self._session = self._opened()
            session = self._session
            with (
                discarding_damage(session.store),
                session.watched(),
                remembering_failure(session.settings, session.store),
            ):
                yield session

    @contextmanager
    def yield_for_execution(
        self,
        context: dg.InitResourceContext,  # noqa: ARG002
    ) -> Iterator["ProjectResource"]:
        """For a run; the store is given back at its end. Nothing fails here, where no step would
        say so.
        """
        with ExitStack() as held:
            self._held, self._session = held, None
            yield self

    def _opened(self) -> Session:
        """Hold the store. Raises SettingsError, StoreBusy, OSError."""
        settings = load_settings(Path(self.settings_file))
        store = open_store(settings)
        log = dg.OpExecutionContext.get().log
        said = "Another refresh is at work: this run waits until it is done."
        session = Session(settings, store)
        self._held.callback(session.tell)
        with session.watched():
            self._held.enter_context(store.lock(LOCK_SECONDS, lambda: log.info(said)))
        self._held.callback(session.close)
        return session
