"""Rejected rows that name a producer or one of their tracks, as far as they can be read.

A malformed line names nobody for certain, and a file that was rejected whole has no rows.
"""

import json
import re
from collections.abc import Collection
from datetime import date
from typing import Any

import polars as pl

from analysis.explain.evidence import Evidence
from pipelines.exports.schemas import SCHEMAS, time_column
from pipelines.tables import PUBLISHED, TEXT

#: Which producer or track it is that the row names.
REJECTS = pl.Schema({**PUBLISHED["rejects"].schema, "names": TEXT})


def rejects(evidence: Evidence, day: date | None = None) -> pl.DataFrame:
    """The rejected rows that name them: see REJECTS.

    With a day, those that are dated on it, or whose date cannot be read.
    """
    tracks = set(evidence.tracks["track_id"])
    # A look for the ids leaves few rows to be taken apart.
    suspects = (
        evidence.derived.snapshot.scan("rejects")
        .filter(
            (_id_in("producer_id") == evidence.producer_id)
            | _id_in("track_id").is_in(evidence.tracks["track_id"].implode())
        )
        .collect()
    )
    found = []
    for row in suspects.iter_rows(named=True):
        cells = _cells(row["original"])
        names = _names(cells, evidence.producer_id, tracks)
        if names and (day is None or _may_be_of(cells, row["entity"], day)):
            found.append({**row, "names": names})
    return pl.DataFrame(found, schema=REJECTS, orient="row")


def _id_in(column: str) -> pl.Expr:
    """The first digits after a column's name in the original values."""
    digits = pl.col("original").str.extract(rf'"{column}"\s*:\s*"?([0-9]+)')
    return digits.cast(pl.Int64, strict=False)


def _cells(original: str) -> dict[str, Any]:
    try:
        cells = json.loads(original)
    except ValueError:
        return {}
    return cells if isinstance(cells, dict) else {}


def _names(cells: dict[str, Any], producer_id: int, tracks: Collection[int]) -> str:
    if _whole(cells.get("producer_id")) == producer_id:
        return f"producer {producer_id}"
    track = _whole(cells.get("track_id"))
    return f"track {track}" if track in tracks else ""


def _whole(value: object) -> int:
    """The id that a cell holds; 0, which is none, for anything else."""
    match value:
        case bool():
            return 0
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if re.fullmatch("[0-9]{1,30}", value):
            return int(value)
        case _:
            return 0


def _may_be_of(cells: dict[str, Any], entity: str, day: date) -> bool:
    time = time_column(SCHEMAS[entity])
    if time is None:
        return False
    try:
        written = date.fromisoformat(str(cells.get(time))[:10])
    except ValueError:
        return True
    # An offset may move it to a neighbouring day.
    return abs((written - day).days) <= 1
