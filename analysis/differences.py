"""What changed between two snapshots, and why: every changed number with its reasons.

The change of a number is the sum of what each stage on the way between the snapshots changed (see
`analysis.stages`), so that the reasons of every number add up to its change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl

from analysis.comparison import compare_board, parts_apart
from analysis.laboratory import laboratory
from analysis.stages import REASONS, Stage, stages
from pipelines.boards.standings import BOARDS
from pipelines.publication.manifest import Snapshot
from pipelines.refresh import Watcher
from pipelines.rulebook import parse_rulebook
from pipelines.rulebook.change import Change
from pipelines.rulebook.changes import changes
from pipelines.settings import Settings
from pipelines.snapshot import PublishedSnapshot
from pipelines.tables import KEYS, PUBLISHED

#: What identifies a row whatever its values are: a board's order is not.
_IDENTITY = {**KEYS, "leaderboard": ("category", "period", "producer_id")}
#: Ranks are explained apart; the rejects and files of the input are its own account.
_NOT_HERE = ("rejects", "files", "bad_cells")


@dataclass(frozen=True)
class Difference:
    """Two snapshots and everything that differs.

    `numbers`: table, key (the row's, as text), producer_id (null where the row is nobody's), number
    (the column), before, after (null = no such row, or no value) and a column for each reason: how
    much of the change it made, null counting as 0. `others`: the same for times, days and texts,
    with `reasons` (a comma between several) in place of amounts. `ranks`: category, period,
    producer_id, rank_before, rank_after, own (places that the own score's change made), others
    (places that those of others made; both null for who entered or left), and the score. `files`:
    entity, file, and whether it is new, changed or gone.
    """

    before: Snapshot
    after: Snapshot
    reasons: tuple[str, ...]
    rules: list[Change]
    numbers: pl.DataFrame
    others: pl.DataFrame
    ranks: pl.DataFrame
    files: pl.DataFrame

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames by name."""
        return {name: getattr(self, name) for name in ("numbers", "others", "ranks", "files")}

    def of(self, producer_id: int) -> "Difference":
        """What concerns one producer."""
        is_theirs = pl.col("producer_id") == producer_id
        frames = (self.numbers, self.others, self.ranks)
        numbers, others, ranks = (frame.filter(is_theirs) for frame in frames)
        return replace(self, numbers=numbers, others=others, ranks=ranks)


def difference(
    settings: Settings,
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    watcher: Watcher | None = None,
) -> Difference:
    """Compare two kept snapshots. Raises Forgotten."""
    with laboratory(settings, watcher) as lab:
        way = list(stages(lab, before, after))
        tables = [table for table in PUBLISHED if table not in _NOT_HERE]
        return Difference(
            before=before.row,
            after=after.row,
            rules=_rule_changes(before, after),
            reasons=tuple(name for name in REASONS if name in {stage.reason for stage in way}),
            numbers=pl.concat(changed_numbers(way, table) for table in tables),
            others=pl.concat(changed_values(way, table) for table in tables),
            ranks=rank_moves(before, after),
            files=changed_files(before, after),
        )


def _rule_changes(before: PublishedSnapshot, after: PublishedSnapshot) -> list[Change]:
    texts = [snapshot.manifest.rulebook for snapshot in (before, after)]
    if texts[0] == texts[1] or "" in texts:
        return []
    return changes(*(parse_rulebook(text.encode(), "a kept rulebook") for text in texts))


def changed_numbers(way: Sequence[Stage], table: str) -> pl.DataFrame:
    """Every number of a table that is not the same at both ends of the way: see `Difference`."""
    key = _IDENTITY[table]
    columns = [
        name
        for name, kind in PUBLISHED[table].items()
        if kind == pl.Int64 and name not in key and name != "rank"
    ]
    ends = _beside(way[0].snapshot, way[-1].snapshot, table)
    whole = pl.concat(
        [_numbers(ends, table, key, column) for column in columns]
        or [pl.DataFrame(schema=_NUMBERS)]
    )
    amounts = [_NO_AMOUNTS]
    for earlier, stage in pairwise(way):
        beside = _beside(earlier.snapshot, stage.snapshot, table)
        change = pl.col("after").fill_null(0) - pl.col("before").fill_null(0)
        amounts += [
            _numbers(beside, table, key, column).select(
                "key", "number", pl.lit(stage.reason).alias("reason"), change.alias("amount")
            )
            for column in columns
        ]
    by_reason = pl.concat(amounts).pivot(
        "reason",
        on_columns=list(REASONS),
        index=["key", "number"],
        values="amount",
        aggregate_function="sum",
    )
    found = whole.join(by_reason, on=["key", "number"], how="left")
    return found.with_columns(pl.col(list(REASONS)).fill_null(0)).sort("key", "number")


def changed_values(way: Sequence[Stage], table: str) -> pl.DataFrame:
    """Every time, day and text of a table that is not the same at both ends: see `Difference`."""
    key = _IDENTITY[table]
    columns = [n for n, kind in PUBLISHED[table].items() if kind != pl.Int64 and n not in key]

    def values(one: PublishedSnapshot, other: PublishedSnapshot) -> pl.DataFrame:
        beside = _beside(one, other, table)
        found = [_values(beside, table, key, column) for column in columns]
        return pl.concat(found or [pl.DataFrame(schema=_VALUES)])

    changes = [
        values(earlier.snapshot, stage.snapshot).select(
            "key", "number", pl.lit(stage.reason).alias("reason")
        )
        for earlier, stage in pairwise(way)
    ]
    whole = values(way[0].snapshot, way[-1].snapshot)
    if not changes:
        return whole.with_columns(pl.lit("").alias("reasons"))
    reasons = (
        pl.concat(changes)
        .group_by("key", "number", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True).str.join(", ").alias("reasons"))
    )
    return whole.join(reasons, on=["key", "number"], how="left").sort("key", "number")


def rank_moves(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """Everybody whose rank or score on a board is another one: see `Difference`."""
    found = [
        _moves(compare_board(before, after, category, period)).select(
            pl.lit(category).alias("category"), pl.lit(period).alias("period"), pl.all()
        )
        for category, periods in BOARDS.items()
        for period in periods
    ]
    return pl.concat(found)


def changed_files(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """Export files that are not the same: entity, file, what (new, changed, gone)."""
    key = ["entity", "file"]
    one, other = (s.scan("files").select(*key, "sha256").collect() for s in (before, after))
    both = one.join(other, on=key, how="full", coalesce=True, suffix="_after")
    is_new, is_gone = pl.col("sha256").is_null(), pl.col("sha256_after").is_null()
    what = pl.when(is_new).then(pl.lit("new")).when(is_gone).then(pl.lit("gone"))
    changed = both.filter(pl.col("sha256").ne_missing(pl.col("sha256_after")))
    return changed.select(*key, what.otherwise(pl.lit("changed")).alias("what")).sort(key)


_ROW = {"table": pl.String(), "key": pl.String(), "producer_id": pl.Int64(), "number": pl.String()}
_NUMBERS = pl.Schema({**_ROW, "before": pl.Int64(), "after": pl.Int64()})
_VALUES = pl.Schema({**_ROW, "before": pl.String(), "after": pl.String()})
_NO_AMOUNTS = pl.DataFrame(
    schema={"key": pl.String, "number": pl.String, "reason": pl.String, "amount": pl.Int64}
)


def _beside(one: PublishedSnapshot, other: PublishedSnapshot, table: str) -> pl.DataFrame:
    """Rows that may differ, those of the other snapshot with `_after` in their names."""
    key = list(_IDENTITY[table])
    rows = [part.collect() for part in parts_apart(one, other, table)]
    return rows[0].join(rows[1], on=key, how="full", coalesce=True, suffix="_after")


def _numbers(beside: pl.DataFrame, table: str, key: Iterable[str], column: str) -> pl.DataFrame:
    return _changed(beside, table, key, column, pl.Int64())


def _values(beside: pl.DataFrame, table: str, key: Iterable[str], column: str) -> pl.DataFrame:
    return _changed(beside, table, key, column, pl.String())


def _changed(
    beside: pl.DataFrame, table: str, key: Iterable[str], column: str, kind: pl.DataType
) -> pl.DataFrame:
    """The rows in which a column is not the same."""
    was, now = pl.col(column), pl.col(f"{column}_after")
    text = pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" ")
    producer = "producer_id" if "producer_id" in key else pl.lit(None, pl.Int64)
    producer = pl.col(producer) if isinstance(producer, str) else producer
    return beside.filter(was.ne_missing(now)).select(
        pl.lit(table).alias("table"),
        text.alias("key"),
        producer.alias("producer_id"),
        pl.lit(column).alias("number"),
        was.cast(kind).alias("before"),
        now.cast(kind).alias("after"),
    )


def _moves(board: pl.DataFrame) -> pl.DataFrame:
    """Who moved on one board, and how much of it their own score did."""
    ranked = board.filter(pl.col("rank_before").is_not_null())
    scores = np.sort(ranked["score_before"].to_numpy())
    moved = board.filter(
        pl.col("rank_before").ne_missing(pl.col("rank_after"))
        | pl.col("score_before").ne_missing(pl.col("score_after"))
    )
    was, now = moved["score_before"].fill_null(0), moved["score_after"].fill_null(0)
    higher = len(scores) - np.searchsorted(scores, now.to_numpy(), side="right")
    # One does not stand in one's own way.
    higher -= (was > now).to_numpy()
    own = pl.Series("own", higher + 1) - moved["rank_before"]
    stayed = pl.col("rank_before").is_not_null() & pl.col("rank_after").is_not_null()
    return moved.with_columns(own.alias("own")).select(
        "producer_id",
        "rank_before",
        "rank_after",
        pl.when(stayed).then("own").alias("own"),
        pl.when(stayed)
        .then(pl.col("rank_after") - pl.col("rank_before") - pl.col("own"))
        .alias("others"),
        "score_before",
        "score_after",
    )
