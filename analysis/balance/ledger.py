"""XP by day and source, and what daily caps and boosts made of it (specification, section 3)."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from pipelines.rulebook import Rulebook
from pipelines.rulebook.model import RATED_SOURCES
from pipelines.rulebook.tables import rate_on
from pipelines.tables import COUNT, DAY, TEXT

WORTH = pl.Schema({"source": TEXT, "day": DAY, "rate": COUNT, "unit_xp": COUNT, "daily_cap": COUNT})


def worth(rulebook: Rulebook, days: Iterable[date]) -> pl.DataFrame:
    """What one activity of each source is worth on some days: the columns of WORTH.

    `rate` is without a boost, `unit_xp` with it; `daily_cap` is null where there is none.
    """
    rows = []
    for day in days:
        for source in RATED_SOURCES:
            rate, percent = rate_on(rulebook, source, day)
            cap = getattr(rulebook.daily_caps, source)
            rows.append((source, day, rate, rate * percent // 100, cap))
    return pl.DataFrame(rows, schema=WORTH, orient="row")


def ledger_days(ledger: pl.LazyFrame, worth: pl.DataFrame) -> pl.DataFrame:
    """The ledger summed up by day and source, in that order.

    producers, quantity, xp; `uncapped_xp` is what the rows would be worth without caps,
    `unboosted_xp` without boosts (caps as they are), `capped` counts the rows that a cap cut. What
    has no rate (achievements, adjustments) is worth the same without either.
    """
    capped = pl.min_horizontal  # ignores a null: no cap
    rated = pl.col("rate").is_not_null()
    quantity, cap = pl.col("quantity"), pl.col("daily_cap")
    return (
        ledger.join(worth.lazy(), on=["source", "day"], how="left")
        .with_columns(
            pl.when(rated)
            .then(quantity * pl.col("unit_xp"))
            .otherwise(pl.col("xp"))
            .alias("uncapped_xp"),
            pl.when(rated)
            .then(capped(quantity * pl.col("rate"), cap))
            .otherwise(pl.col("xp"))
            .alias("unboosted_xp"),
        )
        .group_by("day", "source")
        .agg(
            pl.len().cast(COUNT).alias("producers"),
            pl.col("quantity", "xp", "uncapped_xp", "unboosted_xp").sum(),
            (pl.col("uncapped_xp") > pl.col("xp")).sum().cast(COUNT).alias("capped"),
        )
        .sort("day", "source")
        .collect()
    )


def by_month(days: pl.DataFrame) -> pl.DataFrame:
    """`ledger_days` by month (its first day) and source.

    quantity, xp, lost_to_caps, gained_from_boosts, capped.
    """
    return _effects(days.with_columns(pl.col("day").dt.month_start().alias("month")), "month")


def by_source(days: pl.DataFrame) -> pl.DataFrame:
    """`ledger_days` by source: quantity, xp, lost_to_caps, gained_from_boosts, capped."""
    return _effects(days)


def _effects(days: pl.DataFrame, *by: str) -> pl.DataFrame:
    return (
        days.group_by(*by, "source")
        .agg(
            pl.col("quantity", "xp").sum(),
            (pl.col("uncapped_xp") - pl.col("xp")).sum().alias("lost_to_caps"),
            (pl.col("xp") - pl.col("unboosted_xp")).sum().alias("gained_from_boosts"),
            pl.col("capped").sum(),
        )
        .sort(*by, "source")
    )
