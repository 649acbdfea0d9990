"""A published snapshot made by hand, so that a test can say exactly what is in it."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.publication.manifest import Manifest, Snapshot, content_sha256, publish
from pipelines.store.parts import Part
from pipelines.store.store import Store
from pipelines.tables import CONTENT, PUBLISHED

AS_OF = datetime(2026, 11, 1)
#: Tables of several files, with what these are by.
PARTITIONED = {
    "leaderboard": ["category", "period"],
    "xp_ledger": ["day"],
    "text_ids": ["entity"],
}


def progress_row(producer_id: int, display_name: str, **other: object) -> dict[str, Any]:
    """A row of `progress` in which nothing has happened yet, except `other`."""
    return {
        **dict.fromkeys(PUBLISHED["progress"].schema, 0),
        "producer_id": producer_id,
        "display_name": display_name,
        "status": "active",
        "level": 1,
        "level_title": "Novice",
        "next_level_xp": 500,
        "xp_to_next": 500,
        "achievements_locked": 2,
        "listed": True,
        **other,
    }


def achievement(achievement_id: str, metric: str, threshold: str | None) -> dict[str, Any]:
    return {
        "achievement_id": achievement_id,
        "name": achievement_id.title(),
        "description": f"Do {achievement_id}.",
        "rarity": "common",
        "xp": 100,
        "metric": metric,
        "threshold": threshold,
        "unlocked_by": 0,
    }


def publish_by_hand(
    folder: Path,
    snapshot_id: str,
    published_at: datetime = datetime(2026, 11, 1, 0, 5),
    as_of: datetime = AS_OF,
    rulebook: str = "",
    **tables: list[dict[str, Any]],
) -> None:
    """Publish rows of some tables as the current snapshot of the store in `folder`.

    Writes a settings file there, too. Tables that are not named are empty.
    """
    store = Store(folder / "store", "by-hand")
    parts: dict[str, list[Part]] = {}
    for name, table in CONTENT.items():
        frame = pl.DataFrame(tables.get(name, []), schema=table.schema).sort(table.key)
        if name == "text_ids" and frame.is_empty():
            continue
        by = PARTITIONED.get(name)
        pieces = {("all",): frame} if by is None else frame.partition_by(by, as_dict=True)
        parts[name] = [
            store.publish_part(name, "-".join(map(str, key)), piece)
            for key, piece in pieces.items()
        ]
    row = Snapshot(
        snapshot_id=snapshot_id,
        published_at=published_at,
        as_of=as_of,
        data_through=datetime(2026, 10, 31, 23, 59),
        rulebook_name="BeatPass",
        rulebook_version="1",
        rulebook_sha256="0" * 64,
        producers=len(tables.get("progress", [])),
        content_sha256=content_sha256("0" * 64, parts),
    )
    publish(folder / "store", Manifest(row, parts, {}, [], rulebook))
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "rules.toml").touch()
    (folder / "beatxp.toml").write_text(
        '[project]\nexports = "exports"\nstore = "store"\nrulebook = "rules.toml"\n'
    )


def board(category: str, period: str, *scores: int) -> list[dict[str, Any]]:
    """A leaderboard in which producers 1, 2, ... have these scores, the best first."""
    return [
        {
            "category": category,
            "period": period,
            "rank": scores.index(score) + 1,
            "producer_id": producer_id,
            "score": score,
        }
        for producer_id, score in enumerate(scores, 1)
    ]


def ledger_row(producer_id: int, day: date, source: str, xp: int) -> dict[str, Any]:
    return {"producer_id": producer_id, "day": day, "source": source, "quantity": 1, "xp": xp}
