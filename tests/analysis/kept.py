"""Three kept snapshots in which every number is known, for questions to ask."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.publication.manifest import all_kept
from pipelines.tables import PUBLISHED
from tests.published import achievement, board, ledger_row, progress_row, publish_by_hand

HOSTILE = "=[red]\x1b[2J\u202eevil"


def publish_three(folder: Path) -> Path:
    """Publish three snapshots, the last one with rows in every table; returns the store."""
    publish_by_hand(
        folder, "20261030T000000-aa", datetime(2026, 10, 30), progress=[progress_row(1, "Ada")]
    )
    publish_by_hand(
        folder,
        "20261031T000000-bb",
        datetime(2026, 10, 31),
        progress=[progress_row(1, "Ada", total_xp=5), progress_row(2, "Bo", total_xp=7)],
        xp_ledger=[ledger_row(1, date(2026, 10, 30), "play", 5)],
    )
    publish_by_hand(
        folder,
        "20261101T000000-cc",
        datetime(2026, 11, 1),
        progress=[
            progress_row(1, "Ada", total_xp=105, next_level_xp=None, xp_to_next=None),
            progress_row(2, "Bo", total_xp=6, earnings_cents=-1250),
            progress_row(3, HOSTILE),
        ],
        xp_ledger=[
            ledger_row(1, date(2026, 10, 30), "play", 5),
            ledger_row(1, date(2026, 10, 31), "achievement", 100),
            ledger_row(2, date(2026, 10, 31), "adjustment", -1),
        ],
        unlocks=[
            {
                "producer_id": 1,
                "achievement_id": "plays-1",
                "unlocked_at": datetime(2026, 10, 31, 4, 5, 6, 7),
                "xp": 100,
            }
        ],
        level_ups=[{"producer_id": 1, "level": 2, "reached_on": date(2026, 10, 31)}],
        leaderboard=[*board("plays", "all_time", 740, 500), *board("earnings", "month", 12)],
        levels=[{"level": 1, "title": "Novice", "min_xp": 0}],
        achievements=[achievement("plays-1", "plays", "1"), achievement("hero", "granted", None)],
        inputs=[
            {
                "entity": "plays",
                "files": 2,
                "rejected_files": 1,
                "rows_read": 9,
                "accepted": 6,
                "duplicates": 1,
                "rejected": 2,
                "unmatched": 1,
            }
        ],
        rejects=[
            {
                "entity": "plays",
                "file": "a's.csv",
                "row": None,
                "reason": "file:stamp",
                "original": None,
            },
            {
                "entity": "plays",
                "file": "a's.csv",
                "row": 2,
                "reason": "row:malformed",
                "original": "=1+1",
            },
        ],
        bad_cells=[{"entity": "plays", "file": "a.csv", "column": "seconds_played", "cells": 3}],
        files=[
            {
                "entity": "plays",
                "file": "a's.csv",
                "sha256": "0",
                "stamp": datetime(2026, 10, 31),
                "rows_read": 9,
                "rejected": 2,
                "reason": None,
                "detail": None,
                "unknown_columns": "mood",
            }
        ],
    )
    return folder / "store"


def rows_by_view(store: Path) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """What every view has to show, by schema and view, read without SQL; rows in any order."""
    kept = all_kept(store)
    names = [f"s_{m.snapshot.snapshot_id.replace('-', '_')}" for m in kept]
    schemas = {**dict(zip(names, kept, strict=True)), "previous": kept[-2], "main": kept[-1]}
    found = {}
    for schema, manifest in schemas.items():
        for table in PUBLISHED:
            frames = [pl.read_parquet(path) for path in manifest.paths(store, table)]
            found[schema, table] = sorted(
                (row for frame in frames for row in frame.iter_rows()), key=repr
            )
    rows = [found[name, "snapshot"][0] for name in names]
    found["main", "snapshots"] = [(name, *row) for name, row in zip(names, rows, strict=True)]
    return found
