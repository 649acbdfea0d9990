"""Each day's plays by track and by producer (specification, section 2: play).

A day is counted again when its plays changed, when as_of moved within it, or when somebody else
earns from its tracks; every other day keeps its files.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.activity.plays import CountedPlays, PlayDay, before, read_plays, reading_groups
from pipelines.arrays.attribution import AttributionIndex
from pipelines.arrays.positions import counts_of, tally
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import Table, union


class DayCounts(msgspec.Struct, frozen=True):
    """One day: plays by track (valid or not), by producer, and how many are of unknown tracks."""

    key: str
    cut: datetime | None
    plays: PlayDay
    track_plays: Table
    producer_plays: Table
    unmatched: int


class ProducerPlays(StepResult, frozen=True):
    """All days with plays, under one attribution."""

    days: dict[date, DayCounts]
    attribution: Table

    def tables(self) -> dict[str, Table]:
        """The counts of all days."""
        days = self.days.values()
        return {
            "track_plays": union("track_plays", [day.track_plays for day in days]),
            "producer_plays": union("producer_plays", [day.producer_plays for day in days]),
        }


class Counted(NamedTuple):
    """What `count_day` returns: `track_plays`, `producer_plays`, and plays of unknown tracks."""

    track_plays: pl.DataFrame
    producer_plays: pl.DataFrame
    unmatched: int


def attribute_plays(
    run: Run, previous: ProducerPlays | None, counted: CountedPlays, catalogue: Catalogue
) -> ProducerPlays:
    """Count the days that need it."""
    cuts = {day: counted.cut(day, run.as_of) for day in counted.days}
    keys = {
        day: key_of(run.store.version, plays.key, plays.deduplicated, cuts[day])
        for day, plays in counted.days.items()
    }
    days: dict[date, DayCounts] = {}
    if previous is not None:
        days = {d: p for d, p in previous.days.items() if keys.get(d) == p.key}
        for day in _days_with_other_earners(run, previous, catalogue, days):
            days.pop(day)
    missing = counted.days.keys() - days.keys()
    index = run.attribution_index(catalogue.attribution) if missing else None

    def count(group: Sequence[date]) -> dict[date, DayCounts]:
        assert index is not None
        found = {}
        for day, plays in read_plays(run.store, counted.days, group).items():
            counts = count_day(before(plays, cuts[day]), index, day)
            found[day] = DayCounts(
                keys[day],
                cuts[day],
                counted.days[day],
                run.store.write("track_plays", f"{day}-{keys[day]}", counts.track_plays),
                run.store.write(
                    "producer_plays",
                    f"{day}-{key_of(keys[day], catalogue.attribution)}",
                    counts.producer_plays,
                ),
                counts.unmatched,
            )
        return found

    for found in run.each(count, reading_groups(counted.days, missing)):
        days.update(found)
    return ProducerPlays(dict(sorted(days.items())), catalogue.attribution)


def count_day(plays: pl.DataFrame, index: AttributionIndex, day: date) -> Counted:
    """Count a day's plays (track_id, played_at, valid), all of them before as_of.

    `track_plays` has a row for each track that was played, also with 0 valid plays.
    """
    track_ids = plays["track_id"].to_numpy()
    tracks = index.tracks(track_ids)
    earned = index.of(tracks, day)
    unmatched = earned.unmatched
    is_valid = plays["valid"].to_numpy()
    if is_valid.all():
        known, counts = counts_of(tracks)
        track_plays = pl.DataFrame({"track_id": index.track_ids(known), "plays": counts})
        if unmatched:
            unknown, counts = tally(track_ids[tracks == 0])
            others = pl.DataFrame({"track_id": unknown, "plays": counts})
            track_plays = pl.concat([track_plays, others]).sort("track_id")
    else:
        track_plays = (
            plays.group_by("track_id")
            .agg(pl.col("valid").sum().cast(pl.Int64).alias("plays"))
            .sort("track_id")
        )
        earned = index.of(tracks[is_valid], day)
    every = np.concatenate([earned.uploaders, earned.collaborators])
    producers, counts = counts_of(every)
    producer_plays = pl.DataFrame({"producer_id": index.ids(producers), "plays": counts})
    return Counted(
        track_plays.select(pl.lit(day).alias("day"), "track_id", "plays"),
        producer_plays.select(pl.lit(day).alias("day"), "producer_id", "plays"),
        unmatched,
    )


def attribution_changes(run: Run, former: Table, now: Table) -> pl.DataFrame:
    """Where two attributions differ: track_id, producer_id, from_day, until_day."""
    if former == now:
        return now.empty
    return run.engine.query(
        "incremental/attribution_changes", attribution_before=former, attribution=now
    )


def _days_with_other_earners(
    run: Run, previous: ProducerPlays, catalogue: Catalogue, kept: Mapping[date, DayCounts]
) -> list[date]:
    changes = attribution_changes(run, previous.attribution, catalogue.attribution)
    if not kept or changes.is_empty():
        return []
    affected = run.engine.query(
        "incremental/days_of_changes",
        track_plays=union("track_plays", [day.track_plays for day in kept.values()]),
        attribution_changes=changes,
    )
    return affected["day"].to_list()
