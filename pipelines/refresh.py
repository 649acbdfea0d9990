"""A refresh: from the export files that are present to the published snapshot."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import msgspec

from pipelines.activity.day_counts import ProducerPlays
from pipelines.activity.plays import CountedPlays
from pipelines.engine import Engine
from pipelines.exports.declared import check_columns
from pipelines.exports.empty import check_not_empty
from pipelines.exports.files import Listing, list_exports
from pipelines.exports.ingest import Deliveries, ingest, listing_key
from pipelines.publication.manifest import (
    NoSnapshot,
    current,
    last_check,
    nothing_held_back,
    record_check,
)
from pipelines.publication.publish import Outcome, publish_results, utc_now
from pipelines.rulebook import Rulebook, parse_rulebook
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.steps import DELIVERIES, perform_all
from pipelines.store.store import Store, key_of
from pipelines.version import code_version

#: How long a refresh waits for another one to finish before it gives up.
LOCK_SECONDS = 6 * 3600.0


class Request(msgspec.Struct, frozen=True):
    """What a refresh was asked for. The rulebook's text is pinned: it may be edited meanwhile."""

    key: str
    as_of: datetime
    rulebook: str
    ignore_guards: bool = False

    def parse(self) -> Rulebook:
        """The pinned rulebook."""
        return parse_rulebook(self.rulebook.encode(), "the rulebook")


class Watcher:
    """Is told how far a refresh has come; this one does not listen."""

    def reading(self, done: int, total: int) -> None:
        """`done` of `total` bytes of export files are looked at."""

    def step(self, name: str) -> None:
        """A step begins; several are performed side by side, each in a thread of its own."""


def open_store(settings: Settings) -> Store:
    """The store that the settings name, for the code of this version."""
    return Store(settings.project.store, code_version("pipelines", "sql"))


def new_request(settings: Settings, as_of: datetime, ignore_guards: bool = False) -> Request:
    """Pin the rulebook.

    Raises RulebookError.
    """
    data = settings.project.rulebook.read_bytes()
    rulebook = parse_rulebook(data, str(settings.project.rulebook))
    key = key_of(utc_now(), as_of, rulebook.sha256)
    return Request(key, as_of, data.decode(), ignore_guards)


@contextmanager
def running(settings: Settings, store: Store, request: Request) -> Iterator[Run]:
    """A run for a request, with an engine that is closed at the end."""
    engine = Engine(store, settings.engine.sql_memory_limit, settings.engine.threads)
    try:
        yield Run(store, engine, request.parse(), request.as_of, workers(settings))
    finally:
        engine.close()


def workers(settings: Settings) -> int:
    """How many threads work side by side: they wait for the disk now and then."""
    return (settings.engine.threads or os.cpu_count() or 1) + 1


def look(settings: Settings) -> Listing:
    """Which export files there are. Raises OSError."""
    return list_exports(settings.project.exports, settings.exports)


def deliver(
    settings: Settings,
    store: Store,
    request: Request,
    listing: Listing,
    on_progress: Callable[[int, int], None],
) -> Iterator[Deliveries]:
    """The first step: read the export files that are new or changed.

    Gives and saves the results that DELIVERIES names. Raises ExportsChanging, NoExportFiles,
    NoSuchColumn.
    """
    previous = store.load("deliveries", Deliveries)
    if not (settings.guards.allow_empty or request.ignore_guards):
        check_not_empty(settings.project.exports, settings.exports)
    read = ingest(store, listing, settings.exports, previous, on_progress, workers(settings))
    for name, deliveries in zip(DELIVERIES, read, strict=True):
        if name == DELIVERIES[0]:
            store.save("request", request.key, request)
        if name == DELIVERIES[-1]:
            check_columns(settings.exports, deliveries)
        store.save(name, request.key, deliveries)
        yield deliveries


def refresh(
    settings: Settings,
    as_of: datetime | None = None,
    full: bool = False,
    ignore_guards: bool = False,
    watcher: Watcher | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Outcome:
    """Publish the snapshot for the export files that are present, as of a time (default: now).

    Two at once do the work once: the later one waits, and finds nothing new. Raises Refused if a
    guard does not hold, Unbalanced, RulebookError, ExportsChanging, StoreBusy.
    """
    watcher = watcher or Watcher()
    store = open_store(settings)
    with store.lock(LOCK_SECONDS):
        request = new_request(settings, as_of or clock(), ignore_guards)
        listing = look(settings)
        if full:
            store.start_over()
        else:
            same = up_to_date(store, request, listing, clock())
            if same is not None:
                return same
        return _refresh(settings, store, request, listing, watcher, clock)


def _refresh(
    settings: Settings,
    store: Store,
    request: Request,
    listing: Listing,
    watcher: Watcher,
    clock: Callable[[], datetime],
) -> Outcome:
    """Read the exports, perform all steps, and publish."""
    with running(settings, store, request) as run:

        def on_progress(done: int, total: int) -> None:
            run.go_on()
            watcher.reading(done, total)

        deliveries = deliver(settings, store, request, listing, on_progress)
        results = perform_all(run, request.key, deliveries, watcher.step)
        watcher.step("snapshot")
        return publish_results(run, settings, results, clock(), request.ignore_guards)


def rebuild_day(settings: Settings, store: Store, day: date, as_of: datetime) -> Outcome:
    """Refresh, and compute a day's plays again from the export rows even if nothing changed.

    Call it under the store's lock. Raises what `refresh` raises.
    """
    request = new_request(settings, as_of)
    forget_day(store, request.key, day)
    return _refresh(settings, store, request, look(settings), Watcher(), utc_now)


def forget_day(store: Store, request: str, day: date) -> None:
    """Drop what is remembered of a day of plays."""
    counted = store.load("counted_plays", CountedPlays)
    if counted is not None:
        counted.days.pop(day, None)
        store.save("counted_plays", request, counted)
    produced = store.load("producer_plays", ProducerPlays)
    if produced is not None:
        produced.days.pop(day, None)
        store.save("producer_plays", request, produced)


def up_to_date(store: Store, request: Request, listing: Listing, now: datetime) -> Outcome | None:
    """The published snapshot, if a look at the exports and the time shows that it still holds."""
    checked = last_check(store.root)
    try:
        manifest = current(store.root)
    except NoSnapshot:
        return None
    if (
        checked is None
        or checked.snapshot_id != manifest.snapshot.snapshot_id
        or checked.version != store.version
        or checked.rulebook_sha256 != request.parse().sha256
        or not checked.as_of <= request.as_of <= checked.until
        or checked.listing != listing_key(listing)
    ):
        return None
    record_check(store.root, msgspec.structs.replace(checked, checked_at=now))
    nothing_held_back(store.root)
    return Outcome(manifest, False, now, checked.notices)
