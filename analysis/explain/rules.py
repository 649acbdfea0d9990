"""From a total to its ledger rows, and from each row to the rule that made it.

(Specification, section 3: XP ledger.)
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from pipelines.published.snapshot import PublishedSnapshot
from pipelines.rulebook.model import RATED_SOURCES, Rulebook
from pipelines.rulebook.tables import rate_on
from pipelines.tables import COUNT, DAY, TEXT
from pipelines.vocabulary import SOURCES

LEDGER = pl.Schema(
    {
        "day": DAY,
        "source": TEXT,
        "quantity": COUNT,
        "rate": COUNT,
        "boost_percent": COUNT,
        "unit_xp": COUNT,
        "daily_cap": COUNT,
        "uncapped_xp": COUNT,
        "xp": COUNT,
        "arithmetic": TEXT,
    }
)
#: So many awards of a day are written out; more are only summed up.
WRITTEN_OUT = 6


def ledger_rows(snapshot: PublishedSnapshot, producer_id: int) -> pl.DataFrame:
    """All ledger rows of a producer: day, source, quantity, xp."""
    ledger = snapshot.scan("xp_ledger").filter(pl.col("producer_id") == producer_id)
    return ledger.drop("producer_id").collect().sort("day", "source")


def ruled(
    rulebook: Rulebook, ledger: pl.DataFrame, unlocks: pl.DataFrame, adjustments: pl.DataFrame
) -> pl.DataFrame:
    """Ledger rows (day, source, quantity, xp) with the rule that made each: see LEDGER.

    `unlocks` (unlocked_at, xp) and `adjustments` (adjusted_at, xp) are the producer's; their rows
    are sums without a rate. The arithmetic is in words:
    "341 plays x 1 XP x 200 % = 682, cut by the cap of 500".
    """
    awards = {
        "achievement": _by_day(unlocks, "unlocked_at"),
        "adjustment": _by_day(adjustments, "adjusted_at"),
    }
    rows = [
        _ruled_sum(row, awards[row["source"]].get(row["day"], []))
        if row["source"] in awards
        else _ruled_activity(rulebook, row)
        for row in ledger.to_dicts()
    ]
    return pl.DataFrame(rows, schema=LEDGER, orient="row")


def by_source(ledger: pl.DataFrame) -> pl.DataFrame:
    """XP by source: source, rows, quantity, xp; in the order in which people read them."""
    order = pl.DataFrame({"source": list(SOURCES)})
    sums = ledger.group_by("source").agg(
        pl.len().cast(COUNT).alias("rows"), pl.col("quantity").sum(), pl.col("xp").sum()
    )
    return order.join(sums, on="source", maintain_order="left")


def by_month(ledger: pl.DataFrame) -> pl.DataFrame:
    """XP by month: month (its first day), one column for each source, and xp, their sum."""
    of_source = [
        pl.col("xp").filter(pl.col("source") == source).sum().alias(source) for source in SOURCES
    ]
    month = pl.col("day").dt.month_start().alias("month")
    return ledger.group_by(month).agg(*of_source, pl.col("xp").sum()).sort("month")


def _by_day(awards: pl.DataFrame, time: str) -> dict[date, list[int]]:
    days: dict[date, list[int]] = {}
    for moment, xp in awards.select(time, "xp").sort(time, "xp").iter_rows():
        days.setdefault(moment.date(), []).append(xp)
    return days


def _ruled_activity(rulebook: Rulebook, row: dict[str, Any]) -> dict[str, Any]:
    source = next(known for known in RATED_SOURCES if known == row["source"])
    rate, percent = rate_on(rulebook, source, row["day"])
    unit = rate * percent // 100
    cap: int | None = getattr(rulebook.daily_caps, source)
    uncapped = row["quantity"] * unit
    return {
        **row,
        "rate": rate,
        "boost_percent": percent,
        "unit_xp": unit,
        "daily_cap": cap,
        "uncapped_xp": uncapped,
        "arithmetic": _in_words(row["quantity"], source, rate, percent, uncapped, cap),
    }


def _in_words(
    quantity: int, source: str, rate: int, percent: int, uncapped: int, cap: int | None
) -> str:
    said = f"{_counted(quantity, source)} x "
    if percent == 100:
        said += f"{rate:,} XP"
    elif rate * percent % 100:
        said += f"{rate * percent // 100:,} XP ({rate:,} x {percent} %, rounded down)"
    else:
        said += f"{rate:,} XP x {percent} %"
    said += f" = {uncapped:,}"
    return said if cap is None or uncapped <= cap else f"{said}, cut by the cap of {cap:,}"


def _ruled_sum(row: dict[str, Any], xp: Sequence[int]) -> dict[str, Any]:
    said = _counted(row["quantity"], row["source"])
    if 1 < len(xp) <= WRITTEN_OUT:
        said += ": " + " + ".join(f"({x:,})" if x < 0 else f"{x:,}" for x in xp)
    return {**row, "uncapped_xp": sum(xp), "arithmetic": f"{said} = {sum(xp):,}"}


def _counted(quantity: int, source: str) -> str:
    unit = SOURCES[source]
    return f"{quantity:,} {unit.removesuffix('s') if quantity == 1 else unit}"
