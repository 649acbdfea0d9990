"""Leaderboards: seven categories, three periods (specification, section 4)."""

from datetime import date, datetime, timedelta

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.rulebook.tables import weights
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.tables import DAY, TEXT, Table


class Leaderboards(msgspec.Struct, frozen=True):
    """The published files of `leaderboard`, one for each board that ranks anyone."""

    parts: list[Part]


def rank(
    run: Run,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    ledger: Ledger,
    progress: Progress,
) -> Leaderboards:
    """Score and rank all active producers."""
    periods = calendar(run.as_of)
    first, last = min(p[1] for p in periods), max(p[2] for p in periods)
    recent = [day for day in ledger.days if first <= day < last]
    summary = progress.parts["progress"]
    period_scores = run.engine.query(
        "boards/period_scores",
        xp_ledger=ledger.table(recent),
        periods=pl.DataFrame(
            periods, schema={"period": TEXT, "from_day": DAY, "until_day": DAY}, orient="row"
        ),
        earnings=events.earnings,
        producers=dumps.producers,
        parameters=run.parameters,
    )
    all_time = run.engine.query(
        "boards/all_time_scores",
        progress=Table("progress", tuple(p.file for p in summary), sum(p.rows for p in summary)),
        uploads=catalogue.uploads,
        metadata_rule=run.metadata_rule,
    )
    overall = run.engine.query(
        "boards/overall_scores", scores=all_time, weights=weights(run.rulebook)
    )
    ranked = run.engine.query(
        "boards/leaderboard", scores=pl.concat([period_scores, all_time, overall])
    )
    boards = ranked.partition_by(["category", "period"], as_dict=True, maintain_order=True)
    return Leaderboards(
        [
            run.store.publish_part("leaderboard", f"{category}-{period}", board)
            for (category, period), board in sorted(boards.items())
        ]
    )


def calendar(as_of: datetime) -> list[tuple[str, date, date]]:
    """The month and the ISO week of the last instant before as_of: name, first day, end day."""
    last = (as_of - timedelta(microseconds=1)).date()
    month = last.replace(day=1)
    week = last - timedelta(days=last.weekday())
    return [
        ("month", month, (month + timedelta(days=32)).replace(day=1)),
        ("week", week, week + timedelta(days=7)),
    ]


def next_period(as_of: datetime) -> datetime:
    """The latest as_of that has the same month and week."""
    end = min(until for _, _, until in calendar(as_of))
    return datetime(end.year, end.month, end.day)
