"""Leaderboards: seven categories, three periods (specification, section 4).

Arrays, since `sql/boards` takes 5.1 times as long (4.0 to 0.8 core seconds, 200,000 producers).
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.arrays.positions import Positions
from pipelines.boards.periods import calendar
from pipelines.boards.scores import (
    OF_PROGRESS,
    all_time_scores,
    overall_scores,
    period_scores,
    quality_scores,
)
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.run import Run
from pipelines.store.parts import Part, content_digest
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import COUNT, PUBLISHED


class Leaderboards(StepResult, frozen=True):
    """The published files of `leaderboard`, one for each board that ranks anyone.

    `scores` tells for each board whether its scores are the same.
    """

    parts: list[Part]
    scores: dict[str, str]

    def published(self) -> dict[str, list[Part]]:
        """All boards."""
        return {"leaderboard": self.parts}


def rank(
    run: Run,
    previous: Leaderboards | None,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    ledger: Ledger,
    progress: Progress,
) -> Leaderboards:
    """Score and rank all active producers."""
    is_active = pl.col("status") == "active"
    active = run.store.scan(dumps.producers).filter(is_active).select("producer_id").collect()
    producers = Positions(active["producer_id"].to_numpy())
    columns = ["producer_id", *OF_PROGRESS.values()]
    of_all_time = all_time_scores(run.store.read(progress.tables()["progress"], columns))
    of_all_time["quality"] = _quality(run, catalogue)
    scores = {
        ("all_time", category): found.join(
            active, on="producer_id", how="semi", maintain_order="left"
        )
        for category, found in of_all_time.items()
    }

    def of_period(period: tuple[str, date, date]) -> dict[str, pl.DataFrame]:
        return period_scores(*_of_period(run, events, ledger, *period[1:]), producers)

    periods = calendar(run.as_of)
    for (period, _, _), of_categories in zip(periods, run.each(of_period, periods), strict=True):
        scores |= {(period, category): found for category, found in of_categories.items()}
    all_time = [scores["all_time", category] for category in of_all_time]
    ranked = dict(zip(of_all_time, run.each(rank_scores, all_time), strict=True))
    scores["all_time", "overall"] = overall_scores(ranked, run.rulebook, producers)
    return _publish(run, previous, scores)


def rank_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Rank scores (producer_id, score; ascending by producer): rank, producer_id, score.

    Equal scores share a rank, and the next one counts all above it: 1, 2, 2, 4.
    """
    ordered = scores.sort("score", descending=True, maintain_order=True)
    place = pl.int_range(1, pl.len() + 1, dtype=COUNT)
    is_first = (pl.col("score") != pl.col("score").shift()).fill_null(True)
    rank = pl.when(is_first).then(place).forward_fill()
    return ordered.select(rank.alias("rank"), "producer_id", "score")


def _quality(run: Run, catalogue: Catalogue) -> pl.DataFrame:
    fields = len(run.rulebook.metadata.fields)
    scores = run.store.remember(
        "quality_scores",
        key_of(catalogue.uploads, fields),
        lambda: quality_scores(run.store.read(catalogue.uploads), fields),
    )
    return run.store.read(scores)


def _of_period(
    run: Run, events: Events, ledger: Ledger, first: date, end: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the ledger and the earnings of a period."""
    days = [day for day in ledger.days if first <= day < end]
    earned = pl.col("earned_at")
    earnings = run.store.scan(events.earnings).filter(
        earned.dt.date().is_between(first, end, closed="left") & (earned < run.as_of)
    )
    columns = ("producer_id", "source", "quantity", "xp")
    return run.store.read(ledger.table(days), columns), earnings.collect()


def _publish(
    run: Run, previous: Leaderboards | None, scores: Mapping[tuple[str, str], pl.DataFrame]
) -> Leaderboards:
    boards = {f"{category}-{period}": (category, period) for period, category in scores}
    digests = {
        name: key_of(content_digest(scores[period, category]))
        for name, (category, period) in boards.items()
        if scores[period, category].height
    }
    known = {}
    if previous is not None:
        known = {
            part.partition: part
            for part in previous.parts
            if digests.get(part.partition) == previous.scores[part.partition]
        }

    def publish(name: str) -> Part:
        if name in known:
            return known[name]
        category, period = boards[name]
        rows = rank_scores(scores[period, category]).with_columns(
            pl.lit(category, pl.Enum([category])).alias("category"),
            pl.lit(period, pl.Enum([period])).alias("period"),
        )
        return run.store.publish_part(
            "leaderboard", name, rows.select(PUBLISHED["leaderboard"].schema.names())
        )

    return Leaderboards(list(run.each(publish, sorted(digests))), digests)
