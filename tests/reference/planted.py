"""A published snapshot with one wrong value in every table."""

from pathlib import Path

import msgspec
import polars as pl

from pipelines.publication.manifest import Manifest, content_sha256, publish
from pipelines.reference.comparison import KEYS
from pipelines.store.store import Store

#: The column of each table that is made wrong in one row.
COLUMNS = {
    "inputs": "unmatched",
    "xp_ledger": "xp",
    "unlocks": "unlocked_at",
    "level_ups": "reached_on",
    "progress": "best_day_plays",
    "levels": "min_xp",
    "achievements": "unlocked_by",
    "leaderboard": "rank",
}


def plant(store: Store, manifest: Manifest) -> tuple[Manifest, dict[str, dict[str, object]]]:
    """Publish the snapshot with the last row of each table made wrong; the keys of these rows."""
    tables = dict(manifest.tables)
    planted = {}
    for table, column in COLUMNS.items():
        *parts, last = [part for part in tables[table] if part.rows]
        frame = pl.read_parquet(store.root / last.file, hive_partitioning=False)
        is_last = pl.int_range(pl.len()) == pl.len() - 1
        is_time = frame.schema[column].is_temporal()
        wrong = pl.col(column) + (pl.duration(days=1) if is_time else 1)
        altered = frame.with_columns(pl.when(is_last).then(wrong).otherwise(column).alias(column))
        tables[table] = [*parts, store.publish_part(table, last.partition, altered)]
        planted[table] = {name: altered.row(-1, named=True)[name] for name in KEYS[table]}
    content = content_sha256(manifest.snapshot.rulebook_sha256, tables)
    row = msgspec.structs.replace(manifest.snapshot, snapshot_id="planted", content_sha256=content)
    wrong_manifest = msgspec.structs.replace(manifest, snapshot=row, tables=tables)
    publish(store.root, wrong_manifest)
    return wrong_manifest, planted


def altered(path: Path) -> None:
    """Change a byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
