"""The plays that a snapshot was derived from, as they were delivered: published tables name nobody
who listens.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import polars as pl

from analysis.balance.listening import PLAY, DayOfPlays
from analysis.scenario import Derived
from pipelines.activity.plays import before, by_day, reading_groups, scan_rows
from pipelines.tables import ID, union


def track_plays(derived: Derived) -> pl.LazyFrame:
    """Valid plays of each day and track: day, track_id, plays."""
    days = derived.results["producer_plays"].days.values()
    return derived.run.store.scan(union("track_plays", [day.track_plays for day in days]))


def ids_of(derived: Derived, column: str) -> pl.Series:
    """The ids of all listeners, or of all tracks, in any delivered play: ascending."""
    files = {d.rows_file for d in derived.results["deliveries"].accepted("plays")}
    ids = scan_rows(derived.run.store, sorted(files), (column,)).drop_nulls().unique()
    return ids.sort(column).collect()[column] if files else pl.Series(dtype=ID)


def delivered_plays(derived: Derived) -> Iterator[DayOfPlays]:
    """All plays before as_of, valid or not (`listening.PLAY`), of each day in order.

    Where an export delivered a play again, the later row is given.
    """
    run, counted = derived.run, derived.results["counted_plays"]
    files_of: dict[str, list[str]] = defaultdict(list)
    order = {}
    for number, d in enumerate(derived.results["deliveries"].accepted("plays")):
        order[d.rows_file] = number
        for text in d.contribution.days:
            files_of[text].append(d.rows_file)
    days = counted.days
    for group in reading_groups(days, days):
        some = {file for day in group for file in files_of[day.isoformat()]}
        files = sorted(some, key=order.__getitem__)
        first, end = (datetime.combine(day, time()) for day in (group[0], group[-1]))
        played_at = pl.col("played_at")
        rows = (
            scan_rows(run.store, files, ("play_id", "track_id", "played_at", "listener_id"))
            .filter(played_at >= first, played_at < end + timedelta(days=1))
            # In memory, since the order of rows decides which of two is the later.
            .collect(engine="in-memory")
        )
        for day, plays in sorted(by_day(rows, played_at.dt.date()).items()):
            if days[day].deduplicated is not None:
                plays = plays.unique("play_id", keep="last", maintain_order=True)
            yield day, before(plays, counted.cut(day, run.as_of)).select(PLAY.names())
