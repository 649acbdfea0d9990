"""What changed between two snapshots, and why: every changed number with its reasons.

The change of a number is the sum of what each stage on the way between the snapshots changed (see
`analysis.stages`), so that the reasons of every number add up to its change.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from analysis.comparison import compare_board, compare_producers
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
#: More differing rows of the ledger than these are told of one producer only: memory is bounded.
MOST_LEDGER_ROWS = 2_000_000
#: Ranks are explained apart; the rejects and files of the input are its own account.
_NOT_HERE = ("rejects", "files", "bad_cells")


@dataclass(frozen=True)
class Difference:
    """Two snapshots and everything that differs.

    `numbers`: table, key (the row's, as text), producer_id (null where the row is nobody's), number
    (the column), before, after (null = no such row, or no value) and a column for each reason: how
    much of the change it made, null counting as 0. `by_reason`: reason, xp (how much it changed
    the XP of all producers together), producers (of how many). `others`: like `numbers` for times,
    days and texts, with `reasons` (a comma between several) in place of amounts. `ranks`: category,
    period, producer_id, rank_before, rank_after, own (places that the own score's change made),
    others (places that those of others made; both null for who entered or left), and the score.
    `files`: entity, file, and whether it is new, changed or gone.
    """

    before: Snapshot
    after: Snapshot
    reasons: tuple[str, ...]
    rules: list[Change]
    is_ledger_told: bool
    by_reason: pl.DataFrame
    numbers: pl.DataFrame
    others: pl.DataFrame
    ranks: pl.DataFrame
    files: pl.DataFrame

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames by name."""
        return {
            name: getattr(self, name)
            for name in ("by_reason", "numbers", "others", "ranks", "files")
        }


def difference(
    settings: Settings,
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    producer_id: int | None = None,
    watcher: Watcher | None = None,
) -> Difference:
    """Compare two kept snapshots; of one producer, or of all. Raises Forgotten.

    Of all producers, the ledger is left out of `numbers` if more than MOST_LEDGER_ROWS of it
    differ, as after another rate: `is_ledger_told` says so, and of one producer it is always there.
    """
    with laboratory(settings, watcher) as lab:
        way = stages(lab, before, after)
        before, after = lab.opened(before), lab.opened(after)
        is_told = producer_id is not None or _few_apart(before, after, "xp_ledger")
        tables = [
            table
            for table, columns in PUBLISHED.items()
            if table not in _NOT_HERE
            and (is_told or table != "xp_ledger")
            and (producer_id is None or "producer_id" in columns)
        ]
        numbers = pl.concat(changed_numbers(way, table, producer_id) for table in tables)
        others = pl.concat(changed_values(way, table, producer_id) for table in tables)
        ranks = rank_moves(before, after)
        if producer_id is not None:
            ranks = ranks.filter(pl.col("producer_id") == producer_id)
        return Difference(
            before=before.row,
            after=after.row,
            is_ledger_told=is_told,
            by_reason=xp_by_reason(way),
            rules=_rule_changes(before, after),
            reasons=tuple(name for name in REASONS if name in {stage.reason for stage in way}),
            numbers=numbers,
            others=others,
            ranks=ranks,
            files=changed_files(before, after),
        )


def _rule_changes(before: PublishedSnapshot, after: PublishedSnapshot) -> list[Change]:
    texts = [snapshot.manifest.rulebook for snapshot in (before, after)]
    if texts[0] == texts[1] or "" in texts:
        return []
    return changes(*(parse_rulebook(text.encode(), "a kept rulebook") for text in texts))


def changed_numbers(
    way: Sequence[Stage], table: str, producer_id: int | None = None
) -> pl.DataFrame:
    """Every number of a table that is not the same at both ends of the way: see `Difference`."""
    key = _IDENTITY[table]
    columns = [
        name
        for name, kind in PUBLISHED[table].items()
        if kind == pl.Int64 and name not in key and name != "rank"
    ]
    ends = _beside(way[0].snapshot, way[-1].snapshot, table, producer_id)
    whole = pl.concat(
        [_numbers(ends, table, key, column) for column in columns]
        or [pl.DataFrame(schema=_NUMBERS)]
    )
    amounts = [_NO_AMOUNTS]
    for earlier, stage in pairwise(way):
        beside = _beside(earlier.snapshot, stage.snapshot, table, producer_id)
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
    # A row that appears or vanishes changes nothing where its number is 0.
    was, now = pl.col("before").fill_null(0), pl.col("after").fill_null(0)
    found = whole.filter(was != now).join(by_reason, on=["key", "number"], how="left")
    return found.with_columns(pl.col(list(REASONS)).fill_null(0)).sort("key", "number")


def changed_values(
    way: Sequence[Stage], table: str, producer_id: int | None = None
) -> pl.DataFrame:
    """Every time, day and text of a table that is not the same at both ends: see `Difference`."""
    key = _IDENTITY[table]
    columns = [n for n, kind in PUBLISHED[table].items() if kind != pl.Int64 and n not in key]

    def values(one: PublishedSnapshot, other: PublishedSnapshot) -> pl.DataFrame:
        beside = _beside(one, other, table, producer_id)
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


def _beside(
    one: PublishedSnapshot, other: PublishedSnapshot, table: str, producer_id: int | None = None
) -> pl.DataFrame:
    """Rows that differ, those of the other snapshot with `_after` in their names."""
    key = list(_IDENTITY[table])
    own = [pl.DataFrame(schema=PUBLISHED[table])]
    others = list(own)
    for mine, theirs in _apart(one, other, table, producer_id):
        own.append(mine)
        others.append(theirs)
    return pl.concat(own).join(
        pl.concat(others), on=key, how="full", coalesce=True, suffix="_after"
    )


def _apart(
    one: PublishedSnapshot, other: PublishedSnapshot, table: str, producer_id: int | None = None
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows of each snapshot that the other one does not have in the same file."""
    parts = [{p.partition: p.digest for p in s.manifest.tables[table]} for s in (one, other)]
    for name in sorted(parts[0].keys() | parts[1].keys()):
        if parts[0].get(name) == parts[1].get(name):
            continue
        rows = [snapshot.scan(table, [name]) for snapshot in (one, other)]
        if producer_id is not None:
            rows = [found.filter(pl.col("producer_id") == producer_id) for found in rows]
        mine, theirs = (found.collect() for found in rows)
        every = mine.columns
        yield (
            mine.join(theirs, on=every, how="anti", nulls_equal=True),
            theirs.join(mine, on=every, how="anti", nulls_equal=True),
        )


def _few_apart(one: PublishedSnapshot, other: PublishedSnapshot, table: str) -> bool:
    count = 0
    for mine, theirs in _apart(one, other, table):
        count += max(mine.height, theirs.height)
        if count > MOST_LEDGER_ROWS:
            return False
    return True


def xp_by_reason(way: Sequence[Stage]) -> pl.DataFrame:
    """How each stage changed the XP of all producers: see `Difference`."""
    rows = []
    for earlier, stage in pairwise(way):
        change = compare_producers(earlier.snapshot, stage.snapshot)["xp_change"]
        rows.append((stage.reason, change.sum(), (change != 0).sum()))
    schema = {"reason": pl.String, "xp": pl.Int64, "producers": pl.Int64}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.group_by("reason", maintain_order=True).agg(pl.col("xp", "producers").sum())


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
