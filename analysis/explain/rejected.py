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
from pipelines.exports.reading import Reading
from pipelines.exports.schemas import time_column
from pipelines.exports.text_ids import id_of
from pipelines.tables import PUBLISHED, TEXT
from pipelines.vocabulary import ENTITIES

#: Which producer or track it is that the row names.
REJECTS = pl.Schema({**PUBLISHED["rejects"].schema, "names": TEXT})


def rejects(evidence: Evidence, day: date | None = None) -> pl.DataFrame:
    """The rejected rows that name them: see REJECTS.

    With a day, those that are dated on it, or whose date cannot be read.
    """
    tracks = set(evidence.tracks["track_id"])
    dialects = evidence.derived.dialects
    readings = {entity: Reading(entity, dialects.of(entity)) for entity in ENTITIES}
    # A look for the ids leaves few rows to be taken apart, where they are called as here.
    suspects = (
        evidence.derived.snapshot.scan("rejects")
        .filter(
            (_id_in("producer_id") == evidence.producer_id)
            | _id_in("track_id").is_in(evidence.tracks["track_id"].implode())
            | pl.col("entity").is_in(list(dialects.keys))
        )
        .collect()
    )
    found = []
    for row in suspects.iter_rows(named=True):
        reading = readings[row["entity"]]
        cells = _cells(row["original"])
        names = _names(reading, cells, evidence.producer_id, tracks)
        if names and (day is None or _may_be_of(reading, cells, day)):
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


def _names(
    reading: Reading, cells: dict[str, Any], producer_id: int, tracks: Collection[int]
) -> str:
    if _id(reading, cells, "producer_id") == producer_id:
        return f"producer {producer_id}"
    track = _id(reading, cells, "track_id")
    return f"track {track}" if track in tracks else ""


def _id(reading: Reading, cells: dict[str, Any], column: str) -> int:
    """The id that a row names; 0, which is none, where it names none."""
    if column not in reading.kinds:
        return 0
    value = reading.value_in(cells, column)
    if reading.kinds[column] == "text_id":
        return id_of(str(value)) if isinstance(value, str | int) else 0
    return _whole(value)


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


def _may_be_of(reading: Reading, cells: dict[str, Any], day: date) -> bool:
    time = time_column(reading.schema)
    if time is None:
        return False
    try:
        written = date.fromisoformat(str(reading.value_in(cells, time))[:10])
    except ValueError:
        return True
    # An offset may move it to a neighbouring day.
    return abs((written - day).days) <= 1
