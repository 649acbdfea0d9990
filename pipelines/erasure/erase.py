"""Erases producers and listeners from a store.

First the list of erased ids is written, durably. All that follows can be done again from it, so a
process may die at any moment: the next erasure or refresh finishes what it finds unfinished. A mark
in `work/` names the list that everything was done for. A restored store, whose list is put back
into it, lacks that mark, so that what it brought back is erased again.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from pipelines.erasure.contributions import (
    ErasedRows,
    Kept,
    erase_from,
    erased_rows,
    files_with_erased,
    kept_contents,
    remove_others,
)
from pipelines.erasure.receipt import Changed, Receipt, Removed, Rows
from pipelines.erasure.snapshots import (
    CannotCompute,
    Watched,
    compute_all_again,
    remove_snapshots,
    remove_what_was_made_of_them,
)
from pipelines.exports.erased import (
    ERASURE_DONE,
    SALT_BYTES,
    Erased,
    read_erased,
    write_erased,
)
from pipelines.exports.files import ExportFile, Listing, list_exports
from pipelines.exports.ingest import kept_contribution
from pipelines.publication.manifest import Manifest, all_kept
from pipelines.settings import Settings
from pipelines.store.checksums import Damaged, damage_of
from pipelines.store.documents import read_document, write_document
from pipelines.store.store import SANDBOX, Store


class _Done(msgspec.Struct):
    """The list that everything in the store was done for."""

    erased: str


def is_unfinished(root: Path) -> bool:
    """Whether a store holds something that its list of erased ids names, as far as is known.

    Raises ErasedListDamaged.
    """
    erased = read_erased(root)
    if erased is None:
        return False
    mark = read_document(root / ERASURE_DONE, _Done)
    return mark is None or mark.erased != erased.key


def finish(settings: Settings, store: Store, workers: int, now: datetime, watched: Watched) -> None:
    """Finish an erasure that was begun, if there is one. Call it under the store's lock."""
    erased = read_erased(store.root)
    if erased is not None and is_unfinished(store.root):
        _finish(settings, store, erased, workers, now, watched, Receipt(now, False))


def erase(
    settings: Settings,
    store: Store,
    producers: Iterable[int],
    listeners: Iterable[int],
    workers: int,
    now: datetime,
    watched: Watched,
) -> Receipt:
    """Erase some producers and listeners. Call it under the store's lock.

    Raises ErasedListDamaged, Unbalanced, OSError.
    """
    producers, listeners = sorted(set(producers)), sorted(set(listeners))
    before = read_erased(store.root)
    erased = (before or _new_list()).grown(producers, listeners)
    receipt = Receipt(now, False)
    receipt.user_ids = _user_ids(store.root, producers)
    if erased != before:
        write_erased(store.root, erased)
    _finish(settings, store, erased, workers, now, watched, receipt)
    return receipt


def survey(
    settings: Settings,
    store: Store,
    producers: Iterable[int],
    listeners: Iterable[int],
    now: datetime,
) -> Receipt:
    """What erasing them would do: nothing is written. Call it under the store's lock."""
    producers, listeners = sorted(set(producers)), sorted(set(listeners))
    erased = (read_erased(store.root) or _new_list()).grown(producers, listeners)
    receipt = Receipt(now, True)
    receipt.user_ids = _user_ids(store.root, producers)
    listing = list_exports(settings.project.exports, settings.exports)
    present = {(file.entity, file.path) for file in listing.files}
    files = set(
        files_with_erased(store.root, kept_contents(store.root, all_kept(store.root)), listing)
    )
    for manifest in all_kept(store.root):
        snapshot = manifest.snapshot
        contents = kept_contents(store.root, [manifest])
        found = _found(settings, store, contents, erased)
        if any(damage_of(path) is not None for path in manifest.paths(store.root, "files")):
            because = "The list of its export files is damaged."
            receipt.removed.append(Removed(snapshot.snapshot_id, because))
        elif any(_is_lost(store.root, one, present) for one in contents):
            receipt.removed.append(Removed(snapshot.snapshot_id, "Its export files are gone."))
        elif found:
            changed = Changed(snapshot.snapshot_id, snapshot.content_sha256, None)
            receipt.changed.append(changed)
        else:
            receipt.unchanged.append(snapshot.snapshot_id)
        files |= {
            f"{one.entity}/{path}"
            for one, rows in found
            for path in one.paths
            if (rows.removed or rows.made_unknown) and (one.entity, path) in present
        }
    _count(
        receipt, _found(settings, store, kept_contents(store.root, all_kept(store.root)), erased)
    )
    receipt.export_files = sorted(files)
    return receipt


def _new_list() -> Erased:
    return Erased(secrets.token_hex(SALT_BYTES), [], [])


def _finish(
    settings: Settings,
    store: Store,
    erased: Erased,
    workers: int,
    now: datetime,
    watched: Watched,
    receipt: Receipt,
) -> None:
    root = store.root
    listing = list_exports(settings.project.exports, settings.exports)
    contents = kept_contents(root, all_kept(root))
    if is_unfinished(root):
        store.forget_results()
        found = _found(settings, store, contents, erased)
        _count(receipt, found)
        present = _by_entity(listing)
        for one, _ in found:
            erase_from(root, one, settings.exports, erased, present.get(one.entity, {}))
        remove_others(root, contents)
        for before, after in compute_all_again(settings, store, erased, workers, now, watched):
            _tell(receipt, before, after)
        remove_snapshots(store, [removed.snapshot_id for removed in receipt.removed])
        store.sync()
    remove_what_was_made_of_them(store)
    write_document(_Done(erased.key), root / ERASURE_DONE)
    receipt.export_files = files_with_erased(root, contents, listing)
    if (root / SANDBOX).is_dir():
        receipt.open_questions = sum(path.is_dir() for path in (root / SANDBOX).iterdir())


def _found(
    settings: Settings, store: Store, contents: Iterable[Kept], erased: Erased
) -> list[tuple[Kept, ErasedRows]]:
    """The contents that hold what was erased, or may; what is damaged is read again later."""
    found = []
    for one in contents:
        try:
            rows = erased_rows(store.root, one, settings.exports, erased)
        except Damaged as damage:
            store.discard(damage.path)
            continue
        if rows is not None:
            found.append((one, rows))
    return found


def _count(receipt: Receipt, found: Iterable[tuple[Kept, ErasedRows]]) -> None:
    for one, rows in found:
        if rows.removed or rows.made_unknown:
            of = receipt.rows.setdefault(one.entity, Rows())
            of.removed += rows.removed
            of.made_unknown += rows.made_unknown


def _tell(receipt: Receipt, before: Manifest, after: Manifest | CannotCompute) -> None:
    snapshot = before.snapshot
    if isinstance(after, CannotCompute):
        receipt.removed.append(Removed(snapshot.snapshot_id, str(after)))
    elif after.snapshot.content_sha256 == snapshot.content_sha256:
        receipt.unchanged.append(snapshot.snapshot_id)
    else:
        now = after.snapshot.content_sha256
        receipt.changed.append(Changed(snapshot.snapshot_id, snapshot.content_sha256, now))


def _is_lost(root: Path, one: Kept, present: set[tuple[str, str]]) -> bool:
    """Whether a content is neither kept nor there under its name."""
    is_kept = kept_contribution(root / one.folder, one.sha256) is not None
    return not is_kept and not any((one.entity, path) in present for path in one.paths)


def _by_entity(listing: Listing) -> Mapping[str, Mapping[str, ExportFile]]:
    found: dict[str, dict[str, ExportFile]] = {}
    for file in listing.files:
        found.setdefault(file.entity, {})[file.path] = file
    return found


def _user_ids(root: Path, producers: list[int]) -> list[str]:
    """The listeners' ids of some producers, as far as they are kept."""
    found: set[int] = set()
    wanted = pl.Series(producers, dtype=pl.Int64).implode()
    for one in kept_contents(root, all_kept(root)):
        account = kept_contribution(root / one.folder, one.sha256)
        if one.entity == "producers" and account is not None and account.rows_file:
            rows = pl.scan_parquet(root / one.folder / account.rows_file, glob=False)
            rows = rows.filter(pl.col("producer_id").is_in(wanted))
            found.update(rows.select("user_id").drop_nulls().collect()["user_id"])
    return [str(number) for number in sorted(found)]
