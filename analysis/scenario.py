"""Snapshots that are not published: of another rulebook, another time, other export files.

A snapshot follows from three inputs alone, so that any of them can be changed and everything
computed again. It is done in a store of its own that shares the project's files and remembered
results: what did not change is not computed again, and nothing of the project's store is touched.

Files are shared by giving each a second name in a folder within the project's store: it stays
readable when a refresh removes the first one. Who may not do that (a user who may only read the
store; a file system without hard links) works in the folder for temporary files with symbolic
links, which a refresh can break. Nothing is copied either way.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipelines.engine import Engine
from pipelines.exports.dumps import Dumps
from pipelines.exports.erased import ERASED
from pipelines.exports.ingest import REPORT, Deliveries, ingest
from pipelines.exports.restore import ExportFilesGone
from pipelines.ledger.ledger import book
from pipelines.publication.manifest import publish
from pipelines.publication.publish import assemble, utc_now
from pipelines.published.origin import files_of, rulebook_of
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.refresh import Watcher, look, open_store, workers
from pipelines.rulebook import Rulebook
from pipelines.run import Run
from pipelines.settings import Dialects, Settings
from pipelines.steps import STEPS, Step, perform_all
from pipelines.store.checksums import Damaged
from pipelines.store.scratch import scratch_folder
from pipelines.store.store import SANDBOX, Store, key_of

#: What is shared with the project's store: immutable files and remembered results.
_SHARED = ("tables", "work/files", "work/tables", "work/steps")

ChangeDumps = Callable[[Run, Dumps], Dumps]


@dataclass(frozen=True)
class Scenario:
    """What a snapshot follows from. `as_of` is UTC without a zone.

    `change_dumps`, if it is given, changes the current dumps before anything is derived from them.
    """

    deliveries: Deliveries
    rulebook: Rulebook
    as_of: datetime
    change_dumps: ChangeDumps | None = None


@dataclass(frozen=True)
class Derived:
    """A snapshot that was derived, with the result of every step, and the run that can read them.

    It can be read until the sandbox is closed. `exports` is the folder of export files, as it
    is now, and `dialects` says how they differ.
    """

    snapshot: PublishedSnapshot
    results: Mapping[str, Any]
    run: Run
    exports: Path
    dialects: Dialects


class Sandbox:
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
            look(self._settings),
            self._settings.exports,
            previous,
            self._watcher.reading,
            workers(self._settings),
        )
        *_, deliveries = found
        return deliveries

    def files_of(self, snapshot: PublishedSnapshot) -> Deliveries:
        """The export files that a kept snapshot was made from. Raises ExportFilesGone."""
        return files_of(self.store, self._settings, self.opened(snapshot))

    def scenario_of(self, snapshot: PublishedSnapshot) -> Scenario:
        """What a kept snapshot follows from. Raises ExportFilesGone, RulebookError."""
        rulebook = rulebook_of(snapshot.manifest)
        return Scenario(self.files_of(snapshot), rulebook, snapshot.row.as_of)

    def derive(self, scenario: Scenario) -> Derived:
        """Compute the snapshot that follows. Raises Unbalanced."""
        engine = Engine(
            self.store, self._settings.engine.sql_memory_limit, self._settings.engine.threads
        )
        self._resources.callback(engine.close)
        run = Run(self.store, engine, scenario.rulebook, scenario.as_of, workers(self._settings))
        request = key_of(scenario.rulebook.sha256, scenario.as_of, scenario.deliveries.listing)
        steps = list(_steps(scenario.change_dumps, self._ledger_from))
        both = iter((scenario.deliveries, scenario.deliveries))
        results = perform_all(run, request, both, self._watcher.step, steps)
        manifest = assemble(run, results, utc_now())
        publish(self.store.root, manifest, durable=False)
        snapshot = PublishedSnapshot(self.store.root, manifest)
        settings = self._settings
        return Derived(snapshot, results, run, settings.project.exports, settings.exports)

    def close(self) -> None:
        """Give memory back; the folder is removed by `sandbox`."""
        self._resources.close()


@contextmanager
def open_sandbox(
    settings: Settings, watcher: Watcher | None = None, ledger_from: date | None = None
) -> Iterator[Sandbox]:
    """Open a sandbox; what is in it is removed at the end.

    With `ledger_from`, what is derived has no ledger before that day, which is half of the work;
    so its content_sha256 is not that of a snapshot with all of it. Raises OSError, and
    ExportFilesGone if a refresh removed what was shared by symbolic links.
    """
    with ExitStack() as room:
        root = _share_within(settings.project.store, room)
        can_break = root is None
        if root is None:
            root = _share_elsewhere(settings.project.store, room)
        opened = Sandbox(settings, root, watcher or Watcher(), ledger_from)
        room.callback(opened.close)
        try:
            yield opened
        except (OSError, duckdb.Error, ExportFilesGone, Damaged):
            if can_break and any(not path.exists() for path in root.rglob("*")):
                raise ExportFilesGone(
                    "A refresh removed files while they were in use: ask again. Who may write to "
                    f"{settings.project.store} keeps them for as long as a question takes."
                ) from None
            raise


def _share_within(store: Path, room: ExitStack) -> Path | None:
    """A folder in the store with a hard link to every file; None if that cannot be."""
    with ExitStack() as attempt:
        try:
            root = attempt.enter_context(scratch_folder(store / SANDBOX))
            _share_all(store, root, os.link)
        except OSError:
            return None
        room.push(attempt.pop_all())
        return root


def _share_elsewhere(store: Path, room: ExitStack) -> Path:
    """A temporary folder with a symbolic link to every file of the store."""
    root = Path(room.enter_context(tempfile.TemporaryDirectory(prefix="beatxp-sandbox-")))
    _share_all(store, root, os.symlink)
    return root


def _share_all(store: Path, root: Path, link: Callable[[str, Path], None]) -> None:
    # First: whatever is read again is read without what was erased.
    if (store / ERASED).exists():
        link(str(store / ERASED), root / ERASED)
    for folder in _SHARED:
        _share(store / folder, root / folder, link)


def _share(source: Path, target: Path, link: Callable[[str, Path], None]) -> None:
    """Link every file of a folder, except those that are removed meanwhile.

    A contribution is shared whole or not at all: it is put in its place and removed as a folder.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        entries = list(os.scandir(source))
    except FileNotFoundError:
        return
    is_whole = True
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            _share(Path(entry.path), target / entry.name, link)
            continue
        try:
            link(entry.path, target / entry.name)
        except FileNotFoundError:
            is_whole = False
    if not is_whole and any(entry.name == REPORT for entry in entries):
        shutil.rmtree(target)


def _steps(change_dumps: ChangeDumps | None, ledger_from: date | None) -> Iterator[Step]:
    """The steps of a refresh, with other dumps and a shorter ledger if they are asked for."""
    for step in STEPS:
        if step.name == "dumps" and change_dumps is not None:
            yield replace(step, compute=_with_changed_dumps(step.compute, change_dumps))
        elif step.name == "xp_ledger" and ledger_from is not None:
            yield replace(step, compute=partial(book, since=ledger_from))
        else:
            yield step


def _with_changed_dumps(
    read_dumps: Callable[..., Any], change_dumps: ChangeDumps
) -> Callable[..., Dumps]:
    def compute(run: Run, *results: Any) -> Dumps:
        return change_dumps(run, read_dumps(run, *results))

    return compute
