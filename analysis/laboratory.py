"""Snapshots that are not published: of another rulebook, another time, other export files.

A snapshot follows from three premises alone, so that any of them can be changed and everything
computed again. It is done in a store of its own that shares the project's files and remembered
results: what did not change is not computed again, and nothing of the project's store is touched.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipelines.engine import Engine
from pipelines.exports.dumps import Dumps
from pipelines.exports.ingest import Deliveries, ingest
from pipelines.exports.recall import Forgotten, recall
from pipelines.ledger.ledger import book
from pipelines.publication.manifest import publish
from pipelines.publication.publish import assemble, utc_now
from pipelines.refresh import Watcher, open_store, workers
from pipelines.rulebook import Rulebook, parse_rulebook
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.snapshot import PublishedSnapshot
from pipelines.steps import STEPS, Step, perform_all
from pipelines.store.store import Store, key_of

#: What is shared with the project's store: immutable files and remembered results.
_SHARED = ("tables", "work/files", "work/tables", "work/steps")
_FOLDER = "laboratory"

Alter = Callable[[Run, Dumps], Dumps]


@dataclass(frozen=True)
class Premises:
    """What a snapshot follows from. `as_of` is UTC without a zone.

    `alter`, if it is given, changes the current dumps before anything is derived from them.
    """

    deliveries: Deliveries
    rulebook: Rulebook
    as_of: datetime
    alter: Alter | None = None


@dataclass(frozen=True)
class Derived:
    """A snapshot that was derived, with the result of every step, and the run that can read them.

    It can be read until the laboratory is closed.
    """

    snapshot: PublishedSnapshot
    results: Mapping[str, Any]
    run: Run


class Laboratory:
    """A store beside the project's. Derive one snapshot after the other: each starts from the last.

    The export files can be `present` ones, or those that a kept snapshot was made from.
    """

    def __init__(
        self, settings: Settings, root: Path, watcher: Watcher, ledger_from: date | None
    ) -> None:
        self._settings = settings
        self._watcher = watcher
        self._resources = ExitStack()

        self._ledger_from = ledger_from
        self.store = Store(root, open_store(settings).version, durable=False)

    def opened(self, snapshot: PublishedSnapshot) -> PublishedSnapshot:
        """A published snapshot as it is shared here: it can be read though it is retired there."""
        return PublishedSnapshot(self.store.root, snapshot.manifest)

    def present(self) -> Deliveries:
        """The export files that are there now. Raises ExportsChanging."""
        previous = self.store.load("deliveries", Deliveries)
        found = ingest(
            self.store,
            self._settings.project.exports,
            previous,
            self._watcher.reading,
            workers(self._settings),
        )
        *_, deliveries = found
        return deliveries

    def files_of(self, snapshot: PublishedSnapshot) -> Deliveries:
        """The export files that a kept snapshot was made from. Raises Forgotten."""
        return recall(self.store, self._settings.project.exports, snapshot.scan("files").collect())

    def rulebook_of(self, snapshot: PublishedSnapshot) -> Rulebook:
        """The rules that a kept snapshot was computed by. Raises Forgotten, RulebookError."""
        text = snapshot.manifest.rulebook
        if not text:
            raise Forgotten(
                f"Snapshot {snapshot.row.snapshot_id} does not say by which rules it was computed, "
                "as an early version published it; refresh once to have one that does."
            )
        return parse_rulebook(text.encode(), f"the rulebook of {snapshot.row.snapshot_id}")

    def premises_of(self, snapshot: PublishedSnapshot) -> Premises:
        """What a kept snapshot follows from. Raises Forgotten, RulebookError."""
        rulebook = self.rulebook_of(snapshot)
        return Premises(self.files_of(snapshot), rulebook, snapshot.row.as_of)

    def derive(self, premises: Premises) -> Derived:
        """Compute the snapshot that follows. Raises Unbalanced."""
        engine = Engine(
            self.store, self._settings.engine.sql_memory_limit, self._settings.engine.threads
        )
        self._resources.callback(engine.close)
        run = Run(self.store, engine, premises.rulebook, premises.as_of, workers(self._settings))
        request = key_of(premises.rulebook.sha256, premises.as_of, premises.deliveries.listing)
        steps = list(_steps(premises.alter, self._ledger_from))
        both = iter((premises.deliveries, premises.deliveries))
        results = perform_all(run, request, both, self._watcher.step, steps)
        manifest = assemble(run, results, utc_now())
        publish(self.store.root, manifest, durable=False)
        return Derived(PublishedSnapshot(self.store.root, manifest), results, run)

    def close(self) -> None:
        """Give memory back; the folder is removed by `laboratory`."""
        self._resources.close()


@contextmanager
def laboratory(
    settings: Settings, watcher: Watcher | None = None, ledger_from: date | None = None
) -> Iterator[Laboratory]:
    """Open a laboratory; what is in it is removed at the end.

    With `ledger_from`, what is derived has no ledger before that day, which is half of the work;
    so its content_sha256 is not that of a snapshot with all of it. Raises OSError.
    """
    every = settings.project.store / _FOLDER
    every.mkdir(parents=True, exist_ok=True)
    root = every / f"{os.getpid()}-{utc_now():%H%M%S%f}"
    with FileLock(every / f"{root.name}.lock"):
        _remove_abandoned(every, root.name)
        opened = Laboratory(settings, root, watcher or Watcher(), ledger_from)
        try:
            for folder in _SHARED:
                _share(settings.project.store / folder, root / folder)
            yield opened
        finally:
            opened.close()
            shutil.rmtree(root, ignore_errors=True)
            (every / f"{root.name}.lock").unlink(missing_ok=True)


def _share(source: Path, target: Path) -> None:
    """Give every file of a folder a second name: it stays readable when the first one goes."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        entries = list(os.scandir(source))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            _share(Path(entry.path), target / entry.name)
            continue
        try:
            os.link(entry.path, target / entry.name)
        except FileNotFoundError:
            continue
        except OSError:
            # A file system without second names.
            shutil.copyfile(entry.path, target / entry.name)


def _remove_abandoned(every: Path, own: str) -> None:
    """Remove what processes left that died."""
    for lock in every.glob("*.lock"):
        if lock.stem == own:
            continue
        try:
            with FileLock(lock, timeout=0):
                shutil.rmtree(every / lock.stem, ignore_errors=True)
                lock.unlink(missing_ok=True)
        except Timeout:
            continue


def _steps(alter: Alter | None, ledger_from: date | None) -> Iterator[Step]:
    """The steps of a refresh, with other dumps and a shorter ledger if they are asked for."""
    for step in STEPS:
        if step.name == "dumps" and alter is not None:
            yield replace(step, compute=_altered(step.compute, alter))
        elif step.name == "xp_ledger" and ledger_from is not None:
            yield replace(step, compute=partial(book, since=ledger_from))
        else:
            yield step


def _altered(read_dumps: Callable[..., Any], alter: Alter) -> Callable[..., Dumps]:
    def compute(run: Run, *results: Any) -> Dumps:
        return alter(run, read_dumps(run, *results))

    return compute
