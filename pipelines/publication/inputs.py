"""What happened to the input: the balance of rows, rejects, bad cells, files.

(Specification, sections 1 and 5.) Per entity, rows read = accepted + duplicates + rejected.
"""

from collections.abc import Sequence

import polars as pl

from pipelines.activity.day_counts import ProducerPlays
from pipelines.activity.plays import CountedPlays
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import EVENT_TIMES, Events
from pipelines.exports.files import DUMP_ENTITIES, EVENT_ENTITIES
from pipelines.exports.ingest import Deliveries, Delivery
from pipelines.rulebook.tables import thresholds
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import PUBLISHED, Table
from pipelines.vocabulary import ENTITIES


class Inputs(StepResult, frozen=True):
    """Published files: `inputs`, `files`, `bad_cells`, `rejects`."""

    rejects_of: dict[str, str]
    parts: dict[str, list[Part]]
    event_rows: dict[str, int]
    """Accepted rows of events, by entity."""

    def published(self) -> dict[str, list[Part]]:
        """All of them."""
        return self.parts


def account(
    run: Run,
    previous: Inputs | None,
    deliveries: Deliveries,
    dumps: Dumps,
    events: Events,
    counted: CountedPlays,
    produced: ProducerPlays,
) -> Inputs:
    """Account for every row of every export file that is present."""
    unmatched = dict(run.store.read(_unmatched(run, dumps, events)).iter_rows())
    unmatched["plays"] = sum(day.unmatched for day in produced.days.values())
    duplicates = dict(events.duplicates)
    duplicates["plays"] = counted.duplicates
    for entity in DUMP_ENTITIES:
        duplicates[entity] = sum(dump.duplicates for dump in dumps.dumps[entity])
    frames = {
        "inputs": _balance(deliveries, duplicates, unmatched),
        "files": _files(deliveries),
        "bad_cells": _bad_cells(deliveries),
    }
    parts = {name: [run.store.publish_part(name, "all", frame)] for name, frame in frames.items()}
    keys = {
        entity: key_of(
            deliveries.dialects.get(entity, ""),
            [(d.path, d.sha256, d.contribution.file_reason) for d in _faulty(files)],
        )
        for entity, files in deliveries.files.items()
    }
    if previous is not None and previous.rejects_of == keys:
        parts["rejects"] = previous.parts["rejects"]
    else:
        parts["rejects"] = [
            run.store.publish_part("rejects", entity, rejects)
            for entity, files in deliveries.files.items()
            if not (rejects := _rejects(run, files)).is_empty()
        ]
    accepted = dict(frames["inputs"].select("entity", "accepted").iter_rows())
    return Inputs(keys, parts, {entity: accepted[entity] for entity in EVENT_ENTITIES})


def _unmatched(run: Run, dumps: Dumps, events: Events) -> Table:
    """Rows that refer to something unknown, of every entity but plays."""
    counted = [events.counted(entity) for entity in EVENT_TIMES]
    known = thresholds(run.rulebook).select("achievement_id", "metric")
    return run.store.remember(
        "unmatched",
        key_of(
            [dumps.producers, dumps.tracks, dumps.credits],
            counted,
            known,
        ),
        lambda: run.engine.query(
            "exports/unmatched",
            producers=dumps.producers,
            tracks=dumps.tracks,
            credits=dumps.credits,
            earnings=events.earnings,
            grants=events.grants,
            adjustments=events.adjustments,
            thresholds=known,
            parameters=run.parameters,
        ),
    )


def _balance(
    deliveries: Deliveries, duplicates: dict[str, int], unmatched: dict[str, int]
) -> pl.DataFrame:
    rows = []
    for entity in ENTITIES:
        files = deliveries.files[entity]
        good = [d.contribution for d in files if d.contribution.file_reason is None]
        rejected = sum(c.rejected for c in good)
        rows_read = sum(c.rows_read for c in good)
        rows.append(
            (
                entity,
                len(files),
                len(files) - len(good),
                rows_read,
                rows_read - rejected - duplicates[entity],
                duplicates[entity],
                rejected,
                unmatched.get(entity, 0),
            )
        )
    return _frame("inputs", rows)


def _files(deliveries: Deliveries) -> pl.DataFrame:
    return _frame(
        "files",
        [
            (
                d.entity,
                d.path,
                d.sha256,
                d.stamp,
                d.contribution.rows_read,
                d.contribution.rejected,
                d.contribution.file_reason,
                d.contribution.file_detail,
                ", ".join(d.contribution.unknown_columns) or None,
            )
            for files in deliveries.files.values()
            for d in files
        ],
    )


def _bad_cells(deliveries: Deliveries) -> pl.DataFrame:
    return _frame(
        "bad_cells",
        [
            (d.entity, d.path, column, cells)
            for files in deliveries.files.values()
            for d in files
            for column, cells in d.contribution.bad_cells.items()
        ],
    )


def _faulty(files: list[Delivery]) -> list[Delivery]:
    return [d for d in files if d.contribution.rejected or d.contribution.file_reason]


def _rejects(run: Run, files: list[Delivery]) -> pl.DataFrame:
    frames = [_frame("rejects", [])]
    for d in _faulty(files):
        if d.contribution.file_reason:
            row = (d.entity, d.path, None, d.contribution.file_reason, None)
            frames.append(_frame("rejects", [row]))
        else:
            rejects = pl.read_parquet(run.store.path(d.rejects_file), hive_partitioning=False)
            frames.append(
                rejects.select(
                    pl.lit(d.entity).alias("entity"),
                    pl.lit(d.path).alias("file"),
                    "row",
                    "reason",
                    "original",
                )
            )
    return pl.concat(frames).sort(PUBLISHED["rejects"].key)


def _frame(name: str, rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=PUBLISHED[name].schema, orient="row").sort(PUBLISHED[name].key)
