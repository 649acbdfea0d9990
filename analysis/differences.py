"""What changed between two snapshots, and why: every changed number with its reasons.

The change of a number is the sum of what each stage on the way between the snapshots changed (see
`analysis.stages`), so that the reasons of every number add up to its change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from analysis.comparison import compare_board, compare_producers, rows_apart, side_by_side
from analysis.difference import REASONS, SnapshotDifference, tells_ledger
from analysis.remembered import rule_changes
from analysis.scenario import open_sandbox
from analysis.stages import Stage, stages
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.published.standings import BOARDS
from pipelines.refresh import Watcher
from pipelines.settings import Settings
from pipelines.tables import CONTENT, PUBLISHED, Table

#: What identifies a row of a board whatever its values are: its order is not.
_BOARD_KEY = ("category", "period", "producer_id")
#: Ranks are explained apart; the rejects and files of the input are its own account.
_NOT_HERE = ("rejects", "files", "bad_cells")


def difference(
    settings: Settings,
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    producer_id: int | None = None,
    watcher: Watcher | None = None,
) -> SnapshotDifference:
    """Compare two kept snapshots; of one producer, or of all. Raises ExportFilesGone.

    Of all producers, the ledger is left out of `numbers` if more than MOST_LEDGER_ROWS of it
    differ, as after another rate: `is_ledger_told` says so, and of one producer it is always there.
    """
    with open_sandbox(settings, watcher) as sandbox:
        way = stages(sandbox, before, after)
        before, after = sandbox.opened(before), sandbox.opened(after)
        is_told = producer_id is not None or tells_ledger(before, after)
        tables = [
            table
            for table, declared in CONTENT.items()
            if table not in _NOT_HERE
            and (is_told or table != "xp_ledger")
            and (producer_id is None or "producer_id" in declared.schema)
        ]
        numbers, others = [], []
        for table in tables:
            of_table = _way_of(table, way, producer_id)
            numbers.append(changed_numbers(of_table))
            others.append(changed_values(of_table))
        ranks = rank_moves(before, after)
        if producer_id is not None:
            ranks = ranks.filter(pl.col("producer_id") == producer_id)
        return SnapshotDifference(
            before=before.row,
            after=after.row,
            is_ledger_told=is_told,
            by_reason=xp_by_reason(way),
            rules=rule_changes(before, after),
            reasons=tuple(name for name in REASONS if name in {stage.reason for stage in way}),
            numbers=pl.concat(numbers),
            others=pl.concat(others),
            ranks=ranks,
            files=changed_files(before, after),
        )


@dataclass(frozen=True)
class _Way:
    """What differs of one table: between both ends, and between neighbours, with the reason."""

    table: str
    ends: pl.DataFrame
    steps: list[tuple[str, pl.DataFrame]]

    @property
    def key(self) -> tuple[str, ...]:
        return _identity(self.table)


def _identity(table: str) -> tuple[str, ...]:
    """What identifies a row whatever its values are: a place on a board does not."""
    return tuple(column for column in PUBLISHED[table].key if column != "rank")


def _way_of(table: str, way: Sequence[Stage], producer_id: int | None) -> _Way:
    def beside(one: Stage, other: Stage) -> pl.DataFrame:
        return _beside(one.snapshot, other.snapshot, table, producer_id)

    steps = [(stage.reason, beside(earlier, stage)) for earlier, stage in pairwise(way)]
    # Of one step, the ends are its own.
    return _Way(table, steps[0][1] if len(steps) == 1 else beside(way[0], way[-1]), steps)


def changed_numbers(way: _Way) -> pl.DataFrame:
    """Every number of a table that differs between both ends: see `SnapshotDifference`."""
    columns = [
        name
        for name, kind in PUBLISHED[way.table].schema.items()
        if kind == pl.Int64 and name not in way.key and name != "rank"
    ]

    def numbers(beside: pl.DataFrame) -> pl.DataFrame:
        found = [_changed(beside, way, column, pl.Int64()) for column in columns]
        return pl.concat([pl.DataFrame(schema=_NUMBERS), *found])

    change = pl.col("after").fill_null(0) - pl.col("before").fill_null(0)
    amounts = [
        numbers(beside).select(
            "key", "number", pl.lit(reason).alias("reason"), change.alias("amount")
        )
        for reason, beside in way.steps
    ]
    by_reason = pl.concat([_NO_AMOUNTS, *amounts]).pivot(
        "reason",
        on_columns=list(REASONS),
        index=["key", "number"],
        values="amount",
        aggregate_function="sum",
    )
    # A row that appears or vanishes changes nothing where its number is 0.
    found = numbers(way.ends).filter(change != 0)
    told = found.join(by_reason, on=["key", "number"], how="left")
    return told.with_columns(pl.col(list(REASONS)).fill_null(0)).sort("key", "number")


def changed_values(way: _Way) -> pl.DataFrame:
    """Every time, day and text of a table that differs: see `SnapshotDifference`."""
    columns = [
        name
        for name, kind in PUBLISHED[way.table].schema.items()
        if kind != pl.Int64 and name not in way.key
    ]

    def values(beside: pl.DataFrame) -> pl.DataFrame:
        found = [_changed(beside, way, column, pl.String()) for column in columns]
        return pl.concat([pl.DataFrame(schema=_VALUES), *found])

    told = [
        values(beside).select("key", "number", pl.lit(reason).alias("reason"))
        for reason, beside in way.steps
    ]
    reasons = (
        pl.concat([_NO_AMOUNTS.drop("amount"), *told])
        .group_by("key", "number", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True).str.join(", ").alias("reasons"))
    )
    return values(way.ends).join(reasons, on=["key", "number"], how="left").sort("key", "number")


def rank_moves(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """Everybody whose rank or score on a board is another one: see `SnapshotDifference`."""
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
    files = (s.scan("files").select(*key, "sha256") for s in (before, after))
    both = side_by_side(*files, on=key)
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


def _beside(
    one: PublishedSnapshot, other: PublishedSnapshot, table: str, producer_id: int | None
) -> pl.DataFrame:
    """Rows that differ, those of the other snapshot with `_after` in their names."""
    nothing = Table(table).empty
    apart = list(_apart(one, other, table, producer_id))
    mine = pl.concat([nothing, *(rows for rows, _ in apart)])
    theirs = pl.concat([nothing, *(rows for _, rows in apart)])
    return side_by_side(mine.lazy(), theirs.lazy(), on=_identity(table))


def _apart(
    one: PublishedSnapshot, other: PublishedSnapshot, table: str, producer_id: int | None = None
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    def look(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows if producer_id is None else rows.filter(pl.col("producer_id") == producer_id)

    return rows_apart(one, other, table, look)


def xp_by_reason(way: Sequence[Stage]) -> pl.DataFrame:
    """How each stage changed the XP of all producers: see `SnapshotDifference`."""
    rows = []
    for earlier, stage in pairwise(way):
        change = compare_producers(earlier.snapshot, stage.snapshot)["xp_change"]
        rows.append((stage.reason, change.sum(), (change != 0).sum()))
    schema = {"reason": pl.String, "xp": pl.Int64, "producers": pl.Int64}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.group_by("reason", maintain_order=True).agg(pl.col("xp", "producers").sum())


def _changed(beside: pl.DataFrame, way: _Way, column: str, kind: pl.DataType) -> pl.DataFrame:
    """The rows in which a column is not the same."""
    was, now = pl.col(column), pl.col(f"{column}_after")
    text = pl.concat_str([pl.col(name).cast(pl.String) for name in way.key], separator=" ")
    is_theirs = "producer_id" in way.key
    producer = pl.col("producer_id") if is_theirs else pl.lit(None, pl.Int64).alias("producer_id")
    return beside.filter(was.ne_missing(now)).select(
        pl.lit(way.table).alias("table"),
        text.alias("key"),
        producer,
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
