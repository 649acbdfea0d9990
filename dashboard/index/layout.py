"""Which shards a snapshot is laid out in, and how each is made from published files.

Progress and level-ups are one shard each; unlocks have one for each month, as they are published;
of the ledger each month's days are put together; each board is one; where ids of producers are
texts, these are one. A refresh makes few of them
anew: what did not change has the same content, and so the same shard.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dashboard.index.shards import is_whole, remove_unfinished, write_shard
from pipelines.publication.manifest import Manifest
from pipelines.published.snapshot import read_published
from pipelines.store.parts import Part

#: Changes whenever shards are laid out in another way.
_LAYOUT = 3
_FEW = {
    "progress": ("status", "level_title"),
    "unlocks": ("achievement_id",),
    "xp_ledger": ("source",),
}
TABLES = ("progress", "level_ups", "unlocks", "xp_ledger", "leaderboard", "text_ids")
#: Whose texts are shown.
_PRODUCERS = "producers"


@dataclass(frozen=True)
class Planned:
    """A shard that a snapshot needs: the folder's name below the cache, and its parts."""

    folder: str
    table: str
    parts: tuple[Part, ...]


def plan(manifest: Manifest, tables: Sequence[str] = TABLES) -> dict[tuple[str, str], Planned]:
    """The shards of a snapshot, by table and partition: a month, a board, or "all"."""
    groups: dict[tuple[str, str], list[Part]] = {}
    for table in tables:
        for part in manifest.parts(table):
            if part.rows and (table != "text_ids" or part.partition == _PRODUCERS):
                groups.setdefault((table, _partition(table, part)), []).append(part)
    return {
        key: Planned(_name(key[0], parts), key[0], tuple(parts)) for key, parts in groups.items()
    }


def lay_out(root: Path, cache: Path, planned: Mapping[tuple[str, str], Planned]) -> int:
    """Make the shards that are not there yet, or damaged; returns how many. Raises OSError."""
    missing = _missing(cache, planned)
    if missing:
        remove_unfinished(cache)
    for shard in missing:
        paths = [root / part.file for part in shard.parts]
        frame = read_published(paths, shard.table).collect()
        order: tuple[str, ...] = ()
        match shard.table:
            case "progress":
                # A version without this column listed everybody.
                frame = frame.with_columns(pl.col("listed").fill_null(True))
            case "xp_ledger":
                frame = frame.sort("producer_id", "day", "source")
            case "leaderboard":
                frame, order = frame.select("rank", "producer_id", "score"), ("producer_id",)
            case "text_ids":
                frame = frame.select("id", "text_id")
        write_shard(frame, cache / shard.folder, _FEW.get(shard.table, ()), order)
    return len(missing)


def is_laid_out(cache: Path, manifest: Manifest, tables: Sequence[str]) -> bool:
    """Whether all shards of a snapshot's tables are there and whole."""
    return not _missing(cache, plan(manifest, tables))


def _missing(cache: Path, planned: Mapping[tuple[str, str], Planned]) -> list[Planned]:
    return [shard for shard in planned.values() if not is_whole(cache / shard.folder)]


def _partition(table: str, part: Part) -> str:
    return part.partition[:7] if table == "xp_ledger" else part.partition


def _name(table: str, parts: list[Part]) -> str:
    content = json.dumps([_LAYOUT, table, [part.digest for part in parts]])
    return f"{table}-{hashlib.sha256(content.encode()).hexdigest()[:32]}"
