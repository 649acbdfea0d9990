"""Rejected rows that name a producer or one of their tracks, as far as they can be read.

A malformed line names nobody for certain, and a file that was rejected whole has no rows.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from analysis.explain.evidence import Evidence
from pipelines.exports.reading import Reading
from pipelines.exports.schemas import time_column
from pipelines.exports.text_ids import id_of
from pipelines.published.text_ids import texts_of
from pipelines.tables import PUBLISHED, TEXT
from pipelines.vocabulary import ENTITIES

#: Which producer or track it is that the row names.
REJECTS = pl.Schema({**PUBLISHED["rejects"].schema, "names": TEXT})


def rejects(evidence: Evidence, day: date | None = None) -> pl.DataFrame:
    """The rejected rows that name them: see REJECTS.

    With a day, those that are dated on it, or whose date cannot be read.
    """
    wanted = {"producer_id": [evidence.producer_id], "track_id": list(evidence.tracks["track_id"])}
    snapshot = evidence.derived.snapshot
    texts = {
        "producer_id": texts_of(snapshot, "producers", wanted["producer_id"]).values(),
        "track_id": texts_of(snapshot, "tracks", wanted["track_id"]).values(),
    }
    readings = {name: Reading(name, evidence.derived.dialects.of(name)) for name in ENTITIES}
    # A look for the ids leaves few rows to be taken apart.
    suspects = snapshot.scan("rejects").filter(
        pl.any_horizontal(
            (pl.col("entity") == entity) & _may_name(reading, column, ids, texts[column])
            for entity, reading in readings.items()
            for column, ids in wanted.items()
            if column in reading.kinds
        )
    )
    found = []
    for row in suspects.collect().iter_rows(named=True):
        reading, cells = readings[row["entity"]], _cells(row["original"])
        names = _names(evidence, reading, cells, set(wanted["track_id"]))
        if names and (day is None or _may_be_of(reading, cells, day)):
            found.append({**row, "names": names})
    return pl.DataFrame(found, schema=REJECTS, orient="row")


def _may_name(reading: Reading, column: str, ids: Collection[int], texts: Iterable[str]) -> pl.Expr:
    """Whether the original values may have one of some ids, or of their texts, in a column."""
    original = pl.col("original")
    if reading.kinds[column] == "text_id":
        # JSON has two ways to write what is not ASCII.
        ways = (json.dumps(text, ensure_ascii=way) for text in texts for way in (False, True))
        return original.str.contains_any(sorted({way[1:-1] for way in ways}))
    # A dotted path may be the name of a column, too.
    name = re.escape(reading.sources[column].rpartition(".")[2])
    digits = original.str.extract(rf'"(?:[^"]*\.)?{name}"\s*:\s*"?([0-9]+)')
    return digits.cast(pl.Int64, strict=False).is_in(list(ids))


def _cells(original: str) -> dict[str, Any]:
    try:
        cells = json.loads(original)
    except ValueError:
        return {}
    return cells if isinstance(cells, dict) else {}


def _names(
    evidence: Evidence, reading: Reading, cells: Mapping[str, Any], tracks: Collection[int]
) -> str:
    if _id(reading, cells, "producer_id") == evidence.producer_id:
        return evidence.told_producer(evidence.producer_id)
    track = _id(reading, cells, "track_id")
    return evidence.told_track(track) if track in tracks else ""


def _id(reading: Reading, cells: Mapping[str, Any], column: str) -> int:
    """The id that a row has in a column; 0, which is none, if it is not there or no id."""
    if column not in reading.kinds:
        return 0
    value = reading.value_in(cells, column)
    if reading.kinds[column] != "text_id":
        return _whole(value)
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return 0
    # Half of a surrogate pair is U+FFFD, as where files are read.
    text = str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return id_of(text)


def _whole(value: object) -> int:
    """The number that a cell holds; 0 for anything else."""
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


def _may_be_of(reading: Reading, cells: Mapping[str, Any], day: date) -> bool:
    time = time_column(reading.schema)
    if time is None:
        return False
    try:
        written = date.fromisoformat(str(reading.value_in(cells, time))[:10])
    except ValueError:
        return True
    # An offset may move it to a neighbouring day.
    return abs((written - day).days) <= 1
