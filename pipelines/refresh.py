"""A refresh: from the export files that are present to the published snapshot."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

import msgspec

from pipelines.activity.day_counts import ProducerPlays
from pipelines.activity.plays import CountedPlays
from pipelines.engine import Engine
from pipelines.erasure.erase import finish, is_unfinished
from pipelines.exports.declared import check_columns
from pipelines.exports.dumps import Dumps
from pipelines.exports.empty import check_not_empty
from pipelines.exports.files import Listing, list_exports
from pipelines.exports.ingest import Deliveries, ingest, listing_key
from pipelines.failures import Failure
from pipelines.publication.hold import check_not_held
from pipelines.publication.last_failure import LastFailure, record_failure
from pipelines.publication.manifest import (
    NoSnapshot,
    find_current,
    last_check,
    nothing_held_back,
    record_check,
)
from pipelines.publication.publish import Outcome, Refused, publish_results, utc_now
from pipelines.publication.verification import damaged_files
from pipelines.rulebook import Rulebook, parse_rulebook
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.steps import DELIVERIES, perform_all
from pipelines.store.checksums import Damaged
from pipelines.store.store import Store, key_of
from pipelines.version import code_version

#: How long a refresh waits for another one to finish before it gives up.
LOCK_SECONDS = 6 * 3600.0
#: How often a refresh that finds damage begins again before nothing of the store is relied on.
_MOST_DAMAGED = 20


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

    def waiting(self) -> None:
        """Another refresh is at work: this one begins when that is done."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:  # noqa: ARG002
        """A step is performed inside; several are side by side, each in a thread of its own."""
        yield


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


def prepare(settings: Settings, store: Store) -> None:
    """Finish an erasure that was begun, and see that publication is not held: before any refresh.

    Call it under the store's lock. Raises Held, ErasedListDamaged.
    """
    finish(settings, store, workers(settings), utc_now(), Watcher().step)
    check_not_held(store.root)


def look(settings: Settings) -> Listing:
    """Which export files there are. Raises OSError."""
    return list_exports(settings.project.exports, settings.exports)


def deliver(
    settings: Settings,
    store: Store,
    request: Request,
    listing: Listing,
    on_progress: Callable[[int, int], None],
) -> Generator[Deliveries, None, None]:
    """The first step: read the export files that are new or changed. Whoever asks closes it.

    Gives and saves the results that DELIVERIES names. Raises ExportsChanging, NoExportFiles,
    NoSuchColumn.
    """
    previous = store.load("deliveries", Deliveries)
    if not (settings.guards.allow_empty or request.ignore_guards):
        check_not_empty(settings.project.exports, settings.exports)
    # Threads that read are at its end: whoever stops early is not to leave that to the garbage
    # collector, which would wait for them in any thread and at any moment.
    with closing(
        ingest(store, listing, settings.exports, previous, on_progress, workers(settings))
    ) as read:
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
    guard does not hold, Held after a roll back, Unbalanced, RulebookError, ExportsChanging,
    StoreBusy.
    """
    watcher = watcher or Watcher()
    store = open_store(settings)
    with (
        store.lock(LOCK_SECONDS, watcher.waiting),
        remembering_failure(settings, store, clock),
    ):
        prepare(settings, store)
        request = new_request(settings, as_of or clock(), ignore_guards)
        listing = look(settings)
        if full:
            store.start_over()
        else:
            same = up_to_date(settings, store, request, listing, clock())
            if same is not None:
                return same
        return _heal(store, lambda: _refresh(settings, store, request, listing, watcher, clock))


def _heal(store: Store, attempt: Callable[[], Outcome]) -> Outcome:
    """What an attempt comes to, repeated without what it found damaged as often as it takes."""
    for _ in range(_MOST_DAMAGED):
        try:
            return _with_what_was_damaged(store, attempt())
        except Damaged as error:
            if error.path.name in store.discarded and error.path.exists():
                # It was made again, and is damaged again.
                raise
            store.discard(error.path)
    store.start_over()
    return _with_what_was_damaged(store, attempt())


def _with_what_was_damaged(store: Store, outcome: Outcome) -> Outcome:
    names = list(dict.fromkeys(store.discarded))
    if not names:
        return outcome
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    said = f"What was damaged in the store was computed again: {names[0]}{more}."
    return replace(outcome, notices=[*outcome.notices, said])


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
        try:
            results = perform_all(run, request.key, deliveries, watcher.step)
        finally:
            # After a second Ctrl+C it may still be at work, and ends with the process.
            with suppress(ValueError):
                deliveries.close()
        with watcher.step("snapshot"):
            return publish_results(run, settings, results, clock(), request.ignore_guards)


def rebuild_day(
    settings: Settings, store: Store, day: date, as_of: datetime, watcher: Watcher
) -> Outcome:
    """Refresh, and compute a day's plays again from the export rows even if nothing changed.

    Call it under the store's lock. Raises what `refresh` raises.
    """
    prepare(settings, store)
    request = new_request(settings, as_of)
    forget_day(store, request.key, day)
    listing = look(settings)
    return _heal(store, lambda: _refresh(settings, store, request, listing, watcher, utc_now))


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


@contextmanager
def remembering_failure(
    settings: Settings, store: Store, clock: Callable[[], datetime] = utc_now
) -> Iterator[None]:
    """Write down what a refresh failed on, if it would fail on it again: see `last_failure`.

    Call it under the store's lock.
    """
    try:
        yield
    except Failure as error:
        if not error.may_pass:
            # What went wrong is more than that it cannot be written down.
            with suppress(OSError):
                _record(settings, store, error, clock())
        raise


def _record(settings: Settings, store: Store, error: Failure, now: datetime) -> None:
    request = store.load("request", Request)
    if isinstance(error, Refused) and request is not None:
        # About what was read, even if it has changed since; and a dump of later may be better.
        deliveries = store.load("deliveries", Deliveries, request.key)
        dumps = store.load("dumps", Dumps, request.key)
        if deliveries is None or dumps is None or not deliveries.is_recognisable:
            return
        inputs = inputs_key(settings, store.version, deliveries.listing, request.rulebook.encode())
        stamp = dumps.next_stamp(request.as_of)
        until = None if stamp is None else stamp - timedelta(microseconds=1)
        found = LastFailure(inputs, request.as_of, until, error.code, str(error))
    else:
        listing = listing_key(look(settings))
        rulebook = settings.project.rulebook.read_bytes()
        inputs = inputs_key(settings, store.version, listing, rulebook)
        found = LastFailure(inputs, now, None, error.code, str(error))
    record_failure(store.root, found)


def inputs_key(settings: Settings, version: str, listing: str, rulebook: bytes) -> str:
    """A key over all that decides how a refresh ends, except the time: the code's version, the
    settings, the `listing_key` of the export files, and the bytes of the rulebook's file.
    """
    digest = sha256(rulebook).hexdigest()
    return key_of(version, settings.model_dump(mode="json"), listing, digest)


def up_to_date(
    settings: Settings, store: Store, request: Request, listing: Listing, now: datetime
) -> Outcome | None:
    """The published snapshot, if a look at the exports and the time shows that it still holds."""
    if is_unfinished(store.root):
        return None
    checked = last_check(store.root)
    try:
        manifest, fault = find_current(store.root)
    except NoSnapshot:
        return None
    if (
        checked is None
        or fault is not None
        or checked.snapshot_id != manifest.snapshot.snapshot_id
        or checked.version != store.version
        or checked.rulebook_sha256 != request.parse().sha256
        or not checked.as_of <= request.as_of <= checked.until
        or checked.listing != listing_key(listing)
    ):
        return None
    damaged = damaged_files(store.root, manifest, ("snapshot", *manifest.tables), workers(settings))
    for damage in damaged:
        store.discard(damage.path)
    if damaged:
        return None
    record_check(store.root, msgspec.structs.replace(checked, checked_at=now))
    nothing_held_back(store.root)
    return Outcome(manifest, False, now, checked.notices)
