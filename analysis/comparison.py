"""Two snapshots side by side: producers, levels, achievements, XP by source, boards.

Each function takes the snapshot `before` and the one `after`, and gives a frame of whole numbers.
"""

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from pipelines.published.snapshot import PublishedSnapshot
from pipelines.published.standings import BOARDS, board
from pipelines.vocabulary import SOURCES

#: How far down a board people look at who is still there.
TOPS = (10, 100)


def files_apart(
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    table: str,
    look: Callable[[pl.LazyFrame], pl.LazyFrame],
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The files of a table that are not the same in both snapshots, as they are in each.

    `look` chooses what of the table is compared. Files that both share are not read, and only one
    of each snapshot is in memory at a time.
    """
    digests = [
        {part.partition: part.digest for part in s.manifest.parts(table)} for s in (before, after)
    ]
    for name in sorted(digests[0].keys() | digests[1].keys()):
        if digests[0].get(name) != digests[1].get(name):
            one, other = (look(s.scan(table, [name])).collect() for s in (before, after))
            yield one, other


def rows_apart(
    before: PublishedSnapshot,
    after: PublishedSnapshot,
    table: str,
    look: Callable[[pl.LazyFrame], pl.LazyFrame],
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows that are not in the same file of the other snapshot, file by file."""
    for one, other in files_apart(before, after, table, look):
        yield (
            one.join(other, on=one.columns, how="anti", nulls_equal=True),
            other.join(one, on=one.columns, how="anti", nulls_equal=True),
        )


def side_by_side(one: pl.LazyFrame, other: pl.LazyFrame, *, on: Sequence[str]) -> pl.DataFrame:
    """The rows of both by what identifies them, those of the other with `_after` in their names."""
    return one.collect().join(other.collect(), on=on, how="full", coalesce=True, suffix="_after")


def compare_producers(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """All producers of either snapshot, those who gain the most XP first.

    producer_id, display_name, xp_before, xp_after, xp_change, level_before, level_after; null
    where a producer is not in the snapshot, and 0 in its place in the change.
    """
    columns = ("producer_id", "display_name", pl.col("total_xp").alias("xp"), "level")
    both = side_by_side(
        *(snapshot.scan("progress").select(columns) for snapshot in (before, after)),
        on=["producer_id"],
    )
    return both.select(
        "producer_id",
        pl.coalesce("display_name_after", "display_name").alias("display_name"),
        pl.col("xp").alias("xp_before"),
        "xp_after",
        (pl.col("xp_after").fill_null(0) - pl.col("xp").fill_null(0)).alias("xp_change"),
        pl.col("level").alias("level_before"),
        "level_after",
    ).sort("xp_change", "producer_id", descending=[True, False])


def count_changes(producers: pl.DataFrame) -> dict[str, int]:
    """How many producers there are in `all`, gain and lose XP, and rise and fall in level.

    `producers` is what `compare_producers` gives; so it is for the three functions below.
    """
    change, level = pl.col("xp_change"), pl.col("level_after") - pl.col("level_before")
    return producers.select(
        pl.len().alias("all"),
        (change > 0).sum().alias("gain"),
        (change < 0).sum().alias("lose"),
        (level > 0).sum().alias("rise"),
        (level < 0).sum().alias("fall"),
    ).row(0, named=True)


def gain_most(producers: pl.DataFrame, most: int) -> pl.DataFrame:
    """The `most` who gain most XP."""
    return producers.filter(pl.col("xp_change") > 0).head(most)


def lose_most(producers: pl.DataFrame, most: int) -> pl.DataFrame:
    """The `most` who lose most XP, the greatest loss first."""
    lost = producers.filter(pl.col("xp_change") < 0)
    return lost.sort("xp_change", "producer_id").head(most)


def compare_levels(producers: pl.DataFrame) -> pl.DataFrame:
    """How many producers are on each pair of levels: level_before, level_after, producers."""
    counted = producers.group_by("level_before", "level_after").agg(
        pl.len().cast(pl.Int64).alias("producers")
    )
    return counted.sort("level_before", "level_after", nulls_last=True)


def compare_sources(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """XP of all producers by source: source, xp_before, xp_after, xp_change."""
    columns = [f"{source}_xp" for source in SOURCES]
    sums = [
        snapshot.scan("progress").select(pl.col(columns).sum()).collect().row(0)
        for snapshot in (before, after)
    ]
    found = pl.DataFrame({"source": list(SOURCES), "xp_before": sums[0], "xp_after": sums[1]})
    return found.with_columns((pl.col("xp_after") - pl.col("xp_before")).alias("xp_change"))


def compare_achievements(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """Every achievement of either snapshot, by id.

    achievement_id, name, xp_before, xp_after (what it awards; null = it does not exist there),
    holders_before, holders_after, reached and lost (by how many producers), sooner and later (by
    how many it is unlocked at another time).
    """
    columns = ("achievement_id", "name", "xp", pl.col("unlocked_by").alias("holders"))
    every = side_by_side(
        *(snapshot.scan("achievements").select(columns) for snapshot in (before, after)),
        on=["achievement_id"],
    )
    moved = compare_unlocks(before, after)
    was, now = pl.col("unlocked_before"), pl.col("unlocked_after")
    counted = moved.group_by("achievement_id").agg(
        (was.is_null()).sum().cast(pl.Int64).alias("reached"),
        (now.is_null()).sum().cast(pl.Int64).alias("lost"),
        (now < was).sum().cast(pl.Int64).alias("sooner"),
        (now > was).sum().cast(pl.Int64).alias("later"),
    )
    counted = counted.with_columns(pl.col("achievement_id").cast(pl.String))
    return (
        every.join(counted, on="achievement_id", how="left")
        .select(
            "achievement_id",
            pl.coalesce("name_after", "name").alias("name"),
            pl.col("xp").alias("xp_before"),
            "xp_after",
            pl.col("holders").fill_null(0).alias("holders_before"),
            pl.col("holders_after").fill_null(0),
            pl.col("reached", "lost", "sooner", "later").fill_null(0),
        )
        .sort("achievement_id")
    )


def distinct_names() -> pl.Expr:
    """The names of achievements, with the id behind those that several have."""
    name = pl.col("name")
    with_id = pl.format("{} ({})", name, "achievement_id")
    return pl.when(name.is_duplicated()).then(with_id).otherwise(name).alias("name")


def compare_unlocks(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """Unlocks that are not the same: producer_id, achievement_id, unlocked_before, unlocked_after.

    Null where it is not unlocked; in no order.
    """
    ids = [s.scan("achievements").select("achievement_id").collect() for s in (before, after)]
    # Numbers are joined in a fraction of the time that texts take.
    numbers = pl.Enum(pl.concat(ids)["achievement_id"].unique().sort())
    columns = ("producer_id", pl.col("achievement_id").cast(numbers), "unlocked_at")
    nothing = after.scan("unlocks", []).select(columns).collect()
    # Month by month most are settled; what moved to another month is left for the rest.
    found = [_unlocks_apart(nothing, nothing)]
    for month in files_apart(before, after, "unlocks", lambda rows: rows.select(columns)):
        found.append(_unlocks_apart(*month))
    apart = pl.concat(found)
    was, now = pl.col("unlocked_before"), pl.col("unlocked_after")
    gone, come = apart.filter(now.is_null()), apart.filter(was.is_null())
    moved = _unlocks_apart(
        gone.drop("unlocked_after").rename({"unlocked_before": "unlocked_at"}),
        come.drop("unlocked_before").rename({"unlocked_after": "unlocked_at"}),
    )
    settled = apart.filter(was.is_not_null() & now.is_not_null())
    return pl.concat([settled, moved])


def _unlocks_apart(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Unlocks that are not the same in both."""
    both = side_by_side(one.lazy(), other.lazy(), on=["producer_id", "achievement_id"])
    apart = both.filter(pl.col("unlocked_at").ne_missing(pl.col("unlocked_at_after")))
    return apart.rename({"unlocked_at": "unlocked_before", "unlocked_at_after": "unlocked_after"})


def compare_board(
    before: PublishedSnapshot, after: PublishedSnapshot, category: str, period: str
) -> pl.DataFrame:
    """Everybody who is on a board in either snapshot, by the rank after.

    producer_id, rank_before, rank_after, score_before, score_after; null where not ranked.
    """
    boards = (board(snapshot, category, period) for snapshot in (before, after))
    return (
        side_by_side(*boards, on=["producer_id"])
        .select(
            "producer_id",
            pl.col("rank").alias("rank_before"),
            "rank_after",
            pl.col("score").alias("score_before"),
            "score_after",
        )
        .sort("rank_after", "rank_before", "producer_id", nulls_last=True)
    )


def compare_boards(before: PublishedSnapshot, after: PublishedSnapshot) -> pl.DataFrame:
    """How much each board changed, one row each.

    category, period, ranked_before, ranked_after, entered, left, moved (of those on both, how many
    have another rank), greatest_rise, greatest_fall (places), and of each of the first TOPS places
    before how many producers are still within them (top_10_kept, top_100_kept).
    """
    rows = []
    for category, periods in BOARDS.items():
        for period in periods:
            compared = compare_board(before, after, category, period)
            rows.append({"category": category, "period": period, **_churn(compared)})
    return pl.DataFrame(rows)


def _churn(board: pl.DataFrame) -> dict[str, int]:
    was, now = pl.col("rank_before"), pl.col("rank_after")
    rise = was.cast(pl.Int64) - now.cast(pl.Int64)
    counts: Sequence[pl.Expr] = (
        was.count().alias("ranked_before"),
        now.count().alias("ranked_after"),
        was.is_null().sum().alias("entered"),
        now.is_null().sum().alias("left"),
        (was != now).sum().alias("moved"),
        rise.clip(lower_bound=0).max().fill_null(0).alias("greatest_rise"),
        (-rise).clip(lower_bound=0).max().fill_null(0).alias("greatest_fall"),
        *(((was <= top) & (now <= top)).sum().alias(f"top_{top}_kept") for top in TOPS),
        *((was <= top).sum().alias(f"top_{top}_before") for top in TOPS),
    )
    return {name: int(value) for name, value in board.select(counts).row(0, named=True).items()}
