"""Comparisons of kept snapshots, remembered until one of the two goes.

What is remembered depends on both snapshots' content and on the code that compared them: another
version compares again. Nothing depends on it being there; who may not write in the store computes.
It brings no engine along: the second answer is to be quick.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import polars as pl

from analysis.difference import TABLES, SnapshotDifference, tells_ledger
from pipelines.publication.comparisons import comparison_folder, keep_comparison
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.rulebook import parse_rulebook
from pipelines.rulebook.change import Change
from pipelines.rulebook.changes import changes
from pipelines.store.checksums import Damaged, checksum_of, parquet_name, verified
from pipelines.store.documents import encode_document, read_document
from pipelines.store.store import key_of
from pipelines.version import code_version

_ABOUT = "comparison.json"


class _About(msgspec.Struct):
    """What of a comparison is no table, and does not follow from the two snapshots."""

    reasons: tuple[str, ...]
    is_ledger_told: bool
    checksums: dict[str, str]


def remembered(
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    producer_id: int | None,
    compute: Callable[[int | None], SnapshotDifference],
) -> SnapshotDifference:
    """The difference of two kept snapshots, of one producer or of all.

    `compute` finds that of one producer or of all, if it is not known yet; of all is known of each,
    unless more of the ledger differs than is told. Raises what it raises.
    """
    known = _load(before, after, None)
    if producer_id is None:
        return known or _keep(before, after, None, compute(None))
    is_told = tells_ledger(before, after) if known is None else known.is_ledger_told
    if is_told:
        return (known or _keep(before, after, None, compute(None))).of_producer(producer_id)
    theirs = _load(before, after, producer_id)
    return theirs or _keep(before, after, producer_id, compute(producer_id))


def rule_changes(before: PublishedSnapshot, after: PublishedSnapshot) -> list[Change]:
    """What changed in the rules; nothing if a snapshot of an early version does not say its own."""
    texts = [snapshot.manifest.rulebook for snapshot in (before, after)]
    if texts[0] == texts[1] or "" in texts:
        return []
    return changes(*(parse_rulebook(text.encode(), "a kept rulebook") for text in texts))


def _load(
    before: PublishedSnapshot, after: PublishedSnapshot, producer_id: int | None
) -> SnapshotDifference | None:
    """What is remembered; None if there is nothing, or nothing that can be read."""
    folder = _folder(before, after, producer_id)
    try:
        about = read_document(folder / _ABOUT, _About)
        if about is None:
            return None
        tables = {
            name: pl.read_parquet(verified(folder / parquet_name(name, about.checksums[name])))
            for name in TABLES
        }
    except (OSError, KeyError, Damaged, pl.exceptions.PolarsError):
        return None
    return SnapshotDifference(
        before=before.row,
        after=after.row,
        reasons=about.reasons,
        rules=rule_changes(before, after),
        is_ledger_told=about.is_ledger_told,
        **tables,
    )


def _keep(
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    producer_id: int | None,
    found: SnapshotDifference,
) -> SnapshotDifference:
    """Remember a difference if that can be done."""
    tables = {name: _parquet(table) for name, table in found.tables.items()}
    checksums = {name: checksum_of(data) for name, data in tables.items()}
    files = {parquet_name(name, checksums[name]): data for name, data in tables.items()}
    files[_ABOUT] = encode_document(_About(found.reasons, found.is_ledger_told, checksums))
    with suppress(OSError):
        keep_comparison(_folder(before, after, producer_id), files)
    return found


def _folder(before: PublishedSnapshot, after: PublishedSnapshot, producer_id: int | None) -> Path:
    version = code_version("analysis", "pipelines", "sql")
    content = [snapshot.row.content_sha256 for snapshot in (before, after)]
    key = key_of(version, content, producer_id)
    return comparison_folder(before.root, before.row.snapshot_id, after.row.snapshot_id, key)


def _parquet(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()
