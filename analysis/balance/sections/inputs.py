"""What was delivered, and what of it was rejected."""

from functools import partial

import polars as pl

from analysis.balance import charts, inputs
from analysis.balance.report import Balance
from analysis.document.blocks import (
    Block,
    Drawing,
    Section,
    Text,
    percent,
    table,
    text,
    whole,
)

#: With more days than these, charts of days show weeks, and months.
_MOST_DAYS, _MOST_WEEKS = 45, 60
_NO_DATE = "no date"


def deliveries(figures: Balance) -> Section:
    """Rows that were read and rejected."""
    blocks: list[Block] = [
        Text(
            "Rows of all export files that are present. Read = accepted + duplicates + rejected; "
            "unmatched rows refer to something unknown. The day is the last date in a file's path."
        ),
        table(
            figures.inputs,
            "Rows by entity",
            entity=("Entity", text),
            files=("Files", whole),
            rejected_files=("Rejected files", whole),
            rows_read=("Rows read", whole),
            accepted=("Accepted", whole),
            duplicates=("Duplicates", whole),
            rejected=("Rejected", whole),
            unmatched=("Unmatched", whole),
        ),
    ]
    blocks += _reasons(figures)
    dated = figures.input_days.drop_nulls("day")
    if not dated.is_empty():
        periods, name = _periods(dated)
        blocks.append(
            Drawing(
                f"Bars of rows read by {name}, one colour for each entity.",
                partial(charts.rows_by_period, periods, "rows_read", "Rows read"),
            )
        )
        if periods["rejected"].sum():
            blocks.append(
                Drawing(
                    f"Bars of rejected rows by {name}, one colour for each entity.",
                    partial(charts.rows_by_period, periods, "rejected", "Rejected rows"),
                )
            )
    if not figures.input_days.is_empty():
        blocks.append(_by_day(figures))
    return Section("inputs", "Inputs", blocks)


def _reasons(figures: Balance) -> list[Block]:
    reasons = inputs.reasons(figures.rejected)
    if reasons.is_empty():
        return [Text("No row and no file was rejected.")]
    return [
        table(
            reasons,
            "Reasons",
            entity=("Entity", text),
            reason=("Reason", text),
            rows=("Rows", whole),
            files=("Whole files", whole),
            days=("Days", whole),
        )
    ]


def _by_day(figures: Balance) -> Block:
    """Rows, rejects and reasons of each day."""
    amount = pl.col("rows") + pl.col("files")
    reasons = (
        figures.rejected.sort(amount, "reason", descending=[True, False], maintain_order=True)
        .group_by("day", maintain_order=True)
        .agg(pl.format("{} {} ({})", "entity", "reason", amount).str.join(", ").alias("reasons"))
    )
    days = (
        figures.input_days.group_by("day")
        .agg(pl.col("files", "rejected_files", "rows_read", "rejected").sum())
        .join(reasons, on="day", how="left", nulls_equal=True)
        .sort("day", nulls_last=True)
        .with_columns(
            pl.col("day").cast(pl.String).fill_null(_NO_DATE),
            pl.when(pl.col("rows_read") > 0)
            .then(pl.col("rejected") / pl.col("rows_read"))
            .alias("share"),
            pl.col("reasons").fill_null(""),
        )
    )
    return table(
        days,
        "Rows, rejects and reasons by day",
        day=("Day", text),
        files=("Files", whole),
        rejected_files=("Rejected files", whole),
        rows_read=("Rows read", whole),
        rejected=("Rejected", whole),
        share=("Share", percent),
        reasons=("Reasons (how many)", text),
    )


def _periods(dated: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Rows by day, week or month (`period`), whichever a chart has room for, and entity."""
    days = (dated["day"].max() - dated["day"].min()).days  # type: ignore[operator, union-attr]
    every, name = ("1d", "day") if days <= _MOST_DAYS else ("1w", "week (its Monday)")
    if days > 7 * _MOST_WEEKS:
        every, name = "1mo", "month"
    sums = (
        dated.group_by(pl.col("day").dt.truncate(every).alias("period"), "entity")
        .agg(pl.col("rows_read", "rejected").sum())
        .sort("period", "entity")
    )
    written = "%Y-%m" if every == "1mo" else "%Y-%m-%d"
    return sums.with_columns(pl.col("period").dt.strftime(written)), name
