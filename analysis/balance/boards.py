"""How much the leaderboards move between kept snapshots: who left the top, and rank correlation."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.published.snapshot import PublishedSnapshot
from pipelines.published.standings import BOARDS, board
from pipelines.tables import COUNT, TEXT, TIME

TOPS = (10, 100)
#: Only boards of all time: those of a month or a week begin anew.
PERIOD = "all_time"
#: Earlier snapshots to compare with, at most: evenly spread over those that are kept.
MOST_EARLIER = 12
COMPARED = pl.Schema(
    {
        "snapshot_id": TEXT,
        "as_of": TIME,
        "days": pl.Float64(),
        "rulebook_version": TEXT,
        "category": TEXT,
        "top_10": COUNT,
        "stayed_10": COUNT,
        "top_100": COUNT,
        "stayed_100": COUNT,
        "on_both": COUNT,
        "correlation": pl.Float64(),
    }
)


def compare(before: pl.DataFrame, now: pl.DataFrame) -> dict[str, Any]:
    """What became of a board (rank, producer_id): the columns of COMPARED from `top_10` on.

    `top_n` = producers whose rank was at most n, `stayed_n` = those of them whose rank is so now.
    `correlation` is Spearman's, over producers on both boards; None if one of them has all of
    these on one rank.
    """
    found: dict[str, Any] = {}
    for top in TOPS:
        first = before.filter(pl.col("rank") <= top)["producer_id"]
        stayed = first.is_in(now.filter(pl.col("rank") <= top)["producer_id"].implode())
        found |= {f"top_{top}": len(first), f"stayed_{top}": int(stayed.sum())}
    both = before.join(now, on="producer_id", suffix="_now")
    ranks = both.select(pl.col("rank", "rank_now").rank("average"))
    found |= {"on_both": both.height, "correlation": None}
    if ranks["rank"].n_unique() > 1 and ranks["rank_now"].n_unique() > 1:
        found["correlation"] = ranks.select(pl.corr("rank", "rank_now")).item()
    return found


def stability(snapshot: PublishedSnapshot, earlier: Iterable[PublishedSnapshot]) -> pl.DataFrame:
    """Every board of all time compared with what it was in some earlier snapshots: COMPARED.

    The earliest snapshot first; `days` is the time between the two as_of.
    """
    now = {category: board(snapshot, category, PERIOD).collect() for category in BOARDS}
    rows: list[Mapping[str, Any]] = []
    for other in earlier:
        about = {
            "snapshot_id": other.row.snapshot_id,
            "as_of": other.row.as_of,
            "days": (snapshot.row.as_of - other.row.as_of).total_seconds() / 86_400,
            "rulebook_version": other.row.rulebook_version,
        }
        for category in BOARDS:
            compared = compare(board(other, category, PERIOD).collect(), now[category])
            rows.append({**about, "category": category, **compared})
    return pl.DataFrame(rows, schema=COMPARED)


def spread_out(kept: Sequence[PublishedSnapshot], before: datetime) -> list[PublishedSnapshot]:
    """At most MOST_EARLIER of the snapshots published before a time, evenly spread."""
    earlier = [one for one in kept if one.row.published_at < before]
    if len(earlier) <= MOST_EARLIER:
        return earlier
    step = (len(earlier) - 1) / (MOST_EARLIER - 1)
    return [earlier[round(place * step)] for place in range(MOST_EARLIER)]
