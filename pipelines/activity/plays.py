"""Plays, day by day: which ones count, and for whom (specification, section 2: valid play, play).

A day is computed again when its export rows, the rules or the people behind its tracks changed;
every other day keeps its files.
"""

from datetime import date, datetime, timedelta

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.engine import Delivered, Relation
from pipelines.exports.ingest import Deliveries
from pipelines.run import Run, batches, days_relation
from pipelines.store.store import key_of
from pipelines.tables import Table, union

#: Plays that are worked on at once: large enough to keep both cores busy, small enough for memory.
BATCH_ROWS = 4_000_000
EPOCH = datetime(1970, 1, 1)


class PlayDay(msgspec.Struct, frozen=True):
    """One day's plays after re-deliveries: `key` says what they were made from.

    `first` and `last` bound the times of the delivered rows, `delivered` counts them.
    """

    key: str
    plays: Table
    delivered: int
    first: datetime
    last: datetime


class CountedPlays(msgspec.Struct, frozen=True):
    """All days with plays, and the self listeners that their verdicts rest on."""

    days: dict[date, PlayDay]
    self_listeners: Table

    @property
    def duplicates(self) -> int:
        """Delivered rows that a later one replaced."""
        return sum(day.delivered - day.plays.rows for day in self.days.values())

    def cut(self, day: date, as_of: datetime) -> datetime | None:
        """as_of if it may leave out plays of that day, else None."""
        return as_of if self.days[day].last >= as_of else None

    def next_play(self, as_of: datetime) -> datetime | None:
        """A time up to which as_of can move without another play coming into view."""
        coming = [day for day in self.days.values() if day.last >= as_of]
        return min((max(day.first, as_of) for day in coming), default=None)


class ProducerDay(msgspec.Struct, frozen=True):
    """One day's plays by producer, and how many plays were of unknown tracks."""

    key: str
    plays: Table
    unmatched: int


class ProducerPlays(msgspec.Struct, frozen=True):
    """All days with plays, under one attribution."""

    days: dict[date, ProducerDay]
    attribution: Table


class _Delivered(msgspec.Struct):
    """What the export files hold of one day."""

    files: list[str]
    rows: int
    first: datetime
    last: datetime


def count_plays(
    run: Run, previous: CountedPlays | None, deliveries: Deliveries, catalogue: Catalogue
) -> CountedPlays:
    """Settle re-deliveries and apply the [plays] rules, for the days that need it."""
    delivered = _delivered_days(deliveries)
    rules = run.rulebook.section_key("plays")
    keys = {day: key_of(run.store.version, rules, d.files) for day, d in delivered.items()}
    kept: dict[date, PlayDay] = {}
    if previous is not None:
        kept = {d: p for d, p in previous.days.items() if keys.get(d) == p.key}
        if previous.self_listeners != catalogue.self_listeners:
            for day in _days_with_other_self_listeners(run, previous, catalogue, kept):
                kept.pop(day)
    days = dict(kept)
    missing = sorted(delivered.keys() - kept.keys())
    order = {d.rows_file: n for n, d in enumerate(deliveries.files["plays"])}
    for batch in batches([(day, delivered[day].rows) for day in missing], BATCH_ROWS):
        files = sorted({f for day in batch for f in delivered[day].files}, key=order.__getitem__)
        plays = run.engine.query(
            "activity/counted_plays",
            plays_delivered=Delivered("plays", files),
            days=days_relation(batch),
            self_listeners=catalogue.self_listeners,
            play_rules=_play_rules(run),
        )
        for day, frame in by_day(plays, pl.col("played_at").dt.date()).items():
            label = f"{day}-{key_of(keys[day], catalogue.self_listeners)}"
            source = delivered[day]
            days[day] = PlayDay(
                keys[day],
                run.store.write("counted_plays", label, frame),
                source.rows,
                source.first,
                source.last,
            )
    return CountedPlays(dict(sorted(days.items())), catalogue.self_listeners)


def attribute_plays(
    run: Run, previous: ProducerPlays | None, counted: CountedPlays, catalogue: Catalogue
) -> ProducerPlays:
    """Count each day's plays for uploaders and collaborators, for the days that need it."""
    keys = {
        day: key_of(run.store.version, plays.plays, counted.cut(day, run.as_of))
        for day, plays in counted.days.items()
    }
    kept: dict[date, ProducerDay] = {}
    if previous is not None:
        kept = {d: p for d, p in previous.days.items() if keys.get(d) == p.key}
        changes = attribution_changes(run, previous.attribution, catalogue.attribution)
        if kept and not changes.is_empty():
            touched = run.engine.query(
                "activity/days_of_changes",
                counted_plays=union("counted_plays", [counted.days[d].plays for d in kept]),
                attribution_changes=changes,
            )
            for day in touched["day"]:
                kept.pop(day)
    days = dict(kept)
    missing = [(d, counted.days[d].plays.rows) for d in sorted(counted.days.keys() - kept.keys())]
    for batch in batches(missing, BATCH_ROWS):
        inputs: dict[str, Relation] = {
            "counted_plays": union("counted_plays", [counted.days[d].plays for d in batch]),
            "attribution": catalogue.attribution,
            "parameters": run.parameters,
        }
        plays = by_day(run.engine.query("activity/producer_plays", **inputs), pl.col("day"))
        unmatched: dict[date, int] = dict(
            run.engine.query("activity/unmatched_plays", **inputs).iter_rows()
        )
        for day in batch:
            label = f"{day}-{key_of(keys[day], catalogue.attribution)}"
            frame = plays.get(day, pl.DataFrame(schema=Table("producer_plays").schema))
            table = run.store.write("producer_plays", label, frame)
            days[day] = ProducerDay(keys[day], table, unmatched.get(day, 0))
    return ProducerPlays(dict(sorted(days.items())), catalogue.attribution)


def attribution_changes(run: Run, before: Table, after: Table) -> pl.DataFrame:
    """Where two attributions differ: track_id, producer_id, from_day, until_day."""
    if before == after:
        return pl.DataFrame(schema=after.schema)
    return run.engine.query(
        "activity/attribution_changes", attribution_before=before, attribution=after
    )


def by_day(frame: pl.DataFrame, day: pl.Expr) -> dict[date, pl.DataFrame]:
    """The rows of each day, in their order, with the columns they have."""
    columns = frame.columns
    groups = frame.with_columns(day.alias("_day")).partition_by(
        "_day", as_dict=True, maintain_order=True
    )
    return {key[0]: group.select(columns) for key, group in groups.items()}


def _delivered_days(deliveries: Deliveries) -> dict[date, _Delivered]:
    days: dict[date, _Delivered] = {}
    for delivery in deliveries.accepted("plays"):
        for text, (rows, first_us, last_us) in delivery.contribution.days.items():
            first = EPOCH + timedelta(microseconds=first_us)
            last = EPOCH + timedelta(microseconds=last_us)
            day = days.setdefault(date.fromisoformat(text), _Delivered([], 0, first, last))
            day.files.append(delivery.rows_file)
            day.rows += rows
            day.first, day.last = min(day.first, first), max(day.last, last)
    return days


def _days_with_other_self_listeners(
    run: Run, previous: CountedPlays, catalogue: Catalogue, kept: dict[date, PlayDay]
) -> list[date]:
    if not kept:
        return []
    touched = run.engine.query(
        "activity/self_listener_changes",
        self_listeners=catalogue.self_listeners,
        self_listeners_before=previous.self_listeners,
    )
    days = run.engine.query(
        "activity/days_of_tracks",
        counted_plays=union("counted_plays", [day.plays for day in kept.values()]),
        touched_tracks=touched,
    )
    return days["day"].to_list()


def _play_rules(run: Run) -> pl.DataFrame:
    rules = run.rulebook.plays
    return pl.DataFrame(
        {
            "min_seconds": rules.min_seconds,
            "max_per_listener_track_day": rules.max_per_listener_track_day,
        }
    )
