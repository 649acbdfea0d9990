"""Every unmatched row is listed, in random worlds, and as many as `inputs` counts.

The export files are read once more by the oracle's reader, which keeps nothing but what it finds in
a file at a row.
"""

import json
import os
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest

from analysis import unmatched
from analysis.export_rows import ExportRows
from analysis.scenario import open_sandbox
from pipelines.published.snapshot import open_snapshot
from tests.oracle.activity import observe
from tests.oracle.clock import day_of, micros_of, to_datetime
from tests.oracle.entities import ENTITIES, BadRowError, Row, row_of
from tests.oracle.formats import rows_of
from tests.oracle.inputs import export_files, read_all
from tests.oracle.raw import BadFileError
from tests.oracle.stamps import stamp_of
from tests.product import Project
from tests.worlds import World

#: Worlds in which rows of every entity are unmatched; `make soak` tries more.
WORLDS = (0, 4)
SEEDS = range(int(os.environ["BEATXP_WORLDS"])) if "BEATXP_WORLDS" in os.environ else WORLDS
#: Which columns refer to what.
REFERENCES = {
    "tracks": ("producer_id",),
    "credits": ("track_id", "producer_id"),
    "plays": ("track_id",),
    "earnings": ("producer_id",),
    "grants": ("producer_id", "achievement_id"),
    "adjustments": ("producer_id",),
}


def valid_rows(exports: Path, name: str, stamp: int | None) -> dict[tuple[str, int], Row]:
    """The last row of each identity by file and row number; of a dump, in files of its stamp."""
    entity, found = ENTITIES[name], {}
    for path, file in export_files(exports / name):
        if entity.time is None and (stamp is None or stamp_of(path) != stamp):
            continue
        try:
            raw_rows = rows_of(file.name, file.read_bytes(), entity.required, list(entity.columns))
        except BadFileError:
            continue
        for number, raw in enumerate(raw_rows, start=1):
            try:
                row = row_of(entity, raw or {})
            except BadRowError:
                continue
            key = tuple(row[column] for column in entity.key)
            day = day_of(row["played_at"]) if name == "plays" else None
            found[key, day] = ((path, number), row)
    return dict(found.values())


def expected(exports: Path, rulebook: dict[str, Any], as_of: int) -> dict[tuple[Any, ...], Row]:
    """Each unmatched row by entity, file and row number, and what is unknown."""
    readings = read_all(exports)
    known: dict[str, set[Any]] = {
        "producer_id": {row["producer_id"] for row in readings["producers"].current(as_of)},
        "track_id": {row["track_id"] for row in readings["tracks"].current(as_of)},
        "achievement_id": {a["id"] for a in rulebook["achievements"] if a["metric"] == "granted"},
    }
    found = {}
    for name, columns in REFERENCES.items():
        entity, visible = ENTITIES[name], readings[name].visible(as_of)
        rows = valid_rows(exports, name, visible[-1].stamp if visible else None)
        for place, row in rows.items():
            unknown = [
                f"{column.removesuffix('_id')} {row[column]}"
                for column in columns
                if row[column] not in known[column]
            ]
            if unknown and (entity.time is None or row[entity.time] < as_of):
                found[name, *place] = {"unknown": ", ".join(unknown), "row": row}
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_unmatched_rows_are_listed_and_are_as_many_as_are_counted(
    seed: int, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    listed: Counter[str] = Counter()
    for step in World(seed, foreign=0.0).steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        project.refresh(step.as_of)
        settings = project.settings()
        # Few at once, as of a history that is too long for memory.
        with open_sandbox(settings) as sandbox, patch.object(unmatched, "ROWS", 7):
            derived = sandbox.derive(sandbox.scenario_of(open_snapshot(settings.project.store)))
            source = ExportRows(derived)
            found = unmatched.unmatched_rows(source).collect()
            inputs = derived.snapshot.scan("inputs").collect()
            of_days = {
                day: unmatched.unmatched_counts(source, day) for day in found["day"].unique()
            }
        as_of = micros_of(step.as_of)
        rows = {(row["entity"], row["file"], row["row"]): row for row in found.to_dicts()}
        assert len(rows) == found.height
        want = expected(project.exports, step.rulebook, as_of)
        assert {place: row["unknown"] for place, row in rows.items()} == {
            place: row["unknown"] for place, row in want.items()
        }
        counted = Counter(entity for entity, _, _ in rows)
        assert counted == observe(read_all(project.exports), step.rulebook, as_of).unmatched
        some = inputs.filter(pl.col("unmatched") > 0)
        assert counted == dict(some.select("entity", "unmatched").iter_rows())
        for place, row in rows.items():
            check_row(place[0], row, want[place]["row"])
        check_days(of_days, rows)
        listed += counted
    assert seed not in WORLDS or set(listed) == REFERENCES.keys()


def check_row(name: str, told: Row, row: Row) -> None:
    """It has the values that the file has at that place, and the day of its time."""
    original = json.loads(told["original"])
    for column in ENTITIES[name].key + REFERENCES[name]:
        assert original[column] == row[column]
    time = ENTITIES[name].time
    if time is not None:
        assert datetime.fromisoformat(original[time]) == to_datetime(row[time])
        assert told["day"] == to_datetime(row[time]).date()
    else:
        assert told["day"] is None


def check_days(of_days: dict[date | None, pl.DataFrame], rows: dict[tuple[Any, ...], Row]) -> None:
    """Of a day as many are counted as are listed of it."""
    counted = Counter((entity, row["day"]) for (entity, _, _), row in rows.items())
    in_all = Counter(entity for entity, _, _ in rows)
    for day, counts in of_days.items():
        for entity, count, of_day in counts.iter_rows():
            assert count == in_all[entity]
            is_dump = ENTITIES[entity].time is None
            assert of_day == (None if day is None or is_dump else counted[entity, day])
