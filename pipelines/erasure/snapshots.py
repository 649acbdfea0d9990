"""Kept snapshots, computed again without what was erased.

Each stays under its id, with other content: readers find the old one or the new one. Which are done
is known by the list that their manifests name.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime

import msgspec

from pipelines.engine import Engine
from pipelines.exports.erased import Erased
from pipelines.exports.restore import ExportFilesGone
from pipelines.publication.comparisons import FOLDER as COMPARISONS
from pipelines.publication.manifest import (
    CHECKED,
    MANIFEST,
    POINTER,
    Manifest,
    NoSnapshot,
    all_kept,
    find_current,
    nothing_held_back,
    point_to,
    pointer_to,
    read_manifest,
    read_pointer,
    unpublished_ids,
    write_manifest,
)
from pipelines.publication.publish import assemble, needed
from pipelines.published.origin import files_of, rulebook_of
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.rulebook import RulebookError
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.steps import perform_all
from pipelines.store.atomic import remove, remove_folder
from pipelines.store.checksums import Damaged
from pipelines.store.store import Store, key_of
from pipelines.store.sweep import sweep

#: What the dashboard lays out, below the store's folder.
_DASHBOARD = "dashboard"

#: Beside the pointer: what `monitoring` has told may quote export files. It is told again.
_ALERTS = "alerts.json"

Watched = Callable[[str], AbstractContextManager[None]]


class CannotCompute(Exception):
    """A snapshot cannot be computed again; the message says why."""


def compute_all_again(
    settings: Settings, store: Store, erased: Erased, workers: int, now: datetime, watched: Watched
) -> Iterator[tuple[Manifest, Manifest | CannotCompute]]:
    """Replace each kept snapshot by what it is without what was erased, the oldest first.

    Gives it as it was and as it is, or why it cannot be computed; the latter are still there.
    """
    for manifest in all_kept(store.root):
        if manifest.erased == erased.key:
            yield manifest, manifest
            continue
        try:
            again = _healed(settings, store, manifest, workers, now, watched)
        except CannotCompute as error:
            yield manifest, error
            continue
        again = msgspec.structs.replace(again, erased=erased.key)
        store.sync()
        yield manifest, write_manifest(store.root, again)


def remove_snapshots(store: Store, snapshot_ids: list[str]) -> None:
    """Remove some snapshots, and point to the newest that is left, if any."""
    root = store.root
    left = [m for m in all_kept(root) if m.snapshot.snapshot_id not in snapshot_ids]
    with suppress(NoSnapshot):
        shown = find_current(root).manifest
        if shown.snapshot.snapshot_id in snapshot_ids:
            if left:
                shown = left[-1]
            else:
                remove(root / POINTER)
        pointer = read_pointer(root)
        if left and (pointer is None or pointer.shown != pointer_to(shown).shown):
            point_to(root, shown)
    for snapshot_id in snapshot_ids:
        remove_folder(root / "snapshots" / snapshot_id)


def remove_what_was_made_of_them(store: Store) -> None:
    """Remove everything that was made of what snapshots were before, and no snapshot refers to."""
    root = store.root
    for name in (CHECKED, _ALERTS):
        remove(root / name)
    nothing_held_back(root)
    for name in (COMPARISONS, _DASHBOARD):
        remove_folder(root / name)
    unpublished = unpublished_ids(root)
    for folder in (root / "snapshots").glob("*"):
        manifest = read_manifest(root, folder.name)
        if manifest is None or folder.name in unpublished:
            remove_folder(folder)
            continue
        for path in folder.iterdir():
            if path.name not in (MANIFEST, manifest.row_file):
                path.unlink()
    # A store that has used nothing.
    sweep(Store(root, store.version), needed(root, all_kept(root)))


def _healed(
    settings: Settings,
    store: Store,
    manifest: Manifest,
    workers: int,
    now: datetime,
    watched: Watched,
) -> Manifest:
    """The snapshot as it is now, although files may be damaged. Raises CannotCompute."""
    found: set[str] = set()
    while True:
        try:
            return _computed_again(settings, store, manifest, workers, now, watched)
        except (ExportFilesGone, RulebookError) as error:
            raise CannotCompute(str(error)) from None
        except Damaged as error:
            if error.path.name in found:
                raise CannotCompute(str(error)) from None
            found.add(error.path.name)
            store.discard(error.path)


def _computed_again(
    settings: Settings,
    store: Store,
    manifest: Manifest,
    workers: int,
    now: datetime,
    watched: Watched,
) -> Manifest:
    deliveries = files_of(store, settings, PublishedSnapshot(store.root, manifest))
    if not any(d.contribution.erased for files in deliveries.files.values() for d in files):
        return manifest
    rulebook = rulebook_of(manifest)
    before = manifest.snapshot
    engine = Engine(store, settings.engine.sql_memory_limit, settings.engine.threads)
    try:
        run = Run(store, engine, rulebook, before.as_of, workers)
        request = key_of(rulebook.sha256, before.as_of, deliveries.listing)
        results = perform_all(run, request, iter((deliveries, deliveries)), watched)
        again = assemble(run, results, now)
    finally:
        engine.close()
    is_changed = again.snapshot.content_sha256 != before.content_sha256
    return msgspec.structs.replace(
        again,
        snapshot=msgspec.structs.replace(
            again.snapshot, snapshot_id=before.snapshot_id, published_at=before.published_at
        ),
        changed_at=now if is_changed else manifest.changed_at,
    )
