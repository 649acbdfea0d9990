"""The export files of an earlier snapshot, found again by their content.

The contributions of the files of kept snapshots are kept. Where one is lost all the same (another
version of the program read it, or the working files were deleted), the file itself may still be
there.
"""

from pathlib import Path

import polars as pl

from pipelines.exports.contribution import Contribution
from pipelines.exports.files import list_exports
from pipelines.exports.ingest import (
    Deliveries,
    Delivery,
    contribution_folder,
    ingest,
    kept_contribution,
    rejected,
)
from pipelines.failures import Failure
from pipelines.settings import Dialects
from pipelines.store.store import Store, key_of
from pipelines.vocabulary import ENTITIES


class ExportFilesGone(Failure):
    """Export files of a snapshot are neither kept nor present any more; the message names some."""

    code = "export_files_gone"


def restore_deliveries(
    store: Store,
    exports: Path,
    dialects: Dialects,
    files: pl.DataFrame,
    read_as: dict[str, str],
) -> Deliveries:
    """What the export files of a snapshot contribute. `files` is its table of that name, `read_as`
    identifies how they were read, by entity; `dialects` is how they are now.

    Raises ExportFilesGone.
    """
    found: dict[str, list[Delivery]] = {entity: [] for entity in ENTITIES}
    lost: dict[tuple[str, str], str] = {}
    rows = files.select("entity", "file", "sha256", "stamp", "reason", "detail")
    for entity, path, sha256, stamp, reason, detail in rows.iter_rows():
        was_read = sha256 and reason != "file:stamp"
        folder = ""
        contribution: Contribution | None = rejected(sha256, reason, detail)
        if was_read:
            folder = contribution_folder(entity, path, sha256, read_as.get(entity, ""))
            contribution = kept_contribution(store.root / folder, sha256)
        if contribution is None:
            lost[entity, path] = sha256
        else:
            found[entity].append(Delivery(entity, path, "", sha256, folder, stamp, contribution))
    if lost:
        _read_again(store, exports, dialects, lost, found, read_as)
    return Deliveries(found, [], [], key_of(files, read_as), read_as)


def _read_again(
    store: Store,
    exports: Path,
    dialects: Dialects,
    lost: dict[tuple[str, str], str],
    found: dict[str, list[Delivery]],
    read_as: dict[str, str],
) -> None:
    """Add the files that are present with the same content to `found`. Raises ExportFilesGone."""
    listing = list_exports(exports, dialects)
    present = {
        (file.entity, file.path)
        for file in listing.files
        if listing.dialects.get(file.entity) == read_as.get(file.entity)
    }
    if lost.keys() <= present:
        *_, deliveries = ingest(store, listing, dialects, None, _unwatched)
        for entity, files in deliveries.files.items():
            again = [d for d in files if lost.get((entity, d.path)) == d.sha256]
            found[entity] = sorted([*found[entity], *again], key=lambda d: d.path.encode())
            for delivery in again:
                del lost[entity, delivery.path]
    if lost:
        names = sorted(f"{entity}/{path}" for entity, path in lost)
        more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
        raise ExportFilesGone(
            "This snapshot cannot be computed again: it was made from export files that are no "
            f"longer there as they were, such as {', '.join(names[:3])}{more}."
        )


def _unwatched(_done: int, _total: int) -> None:
    """Nobody waits to hear how far it is."""
