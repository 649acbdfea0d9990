"""What was delivered, and what of it was rejected."""

from collections.abc import Iterator

import polars as pl

from analysis.balance import charts, inputs
from analysis.balance.report import Balance
from analysis.document.blocks import Block, Text, drawing, grid, percent, section, text

#: With more days than these, charts of days show weeks, and months.
_MOST_DAYS, _MOST_WEEKS = 45, 60
_NO_DATE = "no date"


@section("inputs", "Inputs")
def deliveries(figures: Balance) -> Iterator[Block]:
    """Rows that were read and rejected."""
    yield Text(
        "Rows of all export files that are present. Read = accepted + duplicates + rejected; "
        "unmatched rows refer to something unknown. The day is the last date in a file's path."
    )
    yield grid(figures.inputs, "Rows by entity")
    reasons = inputs.reasons(figures.rejected)
    if reasons.is_empty():
        yield Text("No row and no file was rejected.")
    else:
        yield grid(reasons, "Reasons", files="Whole files")
    dated = figures.input_days.drop_nulls("day")
    if not dated.is_empty():
        periods, name = _periods(dated)
        for column, title in (("rows_read", "Rows read"), ("rejected", "Rejected rows")):
            if column == "rows_read" or periods[column].sum():
                yield drawing(
                    f"Bars of {title.lower()} by {name}, one colour for each entity.",
                    charts.rows_by_period,
                    periods,
                    column,
                    title,
                )
    if not figures.input_days.is_empty():
        yield grid(
            _by_day(figures),
            "Rows, rejects and reasons by day",
            day=text,
            share=percent,
            reasons="Reasons (how many)",
        )


def _by_day(figures: Balance) -> pl.DataFrame:
    """Rows, rejects and reasons of each day."""
    amount = pl.col("rows") + pl.col("files")
    reasons = (
        figures.rejected.sort(amount, "reason", descending=[True, False], maintain_order=True)
        .group_by("day", maintain_order=True)
        .agg(pl.format("{} {} ({})", "entity", "reason", amount).str.join(", ").alias("reasons"))
    )
    share = pl.when(pl.col("rows_read") > 0).then(pl.col("rejected") / pl.col("rows_read"))
    numbers = ("files", "rejected_files", "rows_read", "rejected")
    return (
        figures.input_days.group_by("day")
        .agg(pl.col(numbers).sum())
        .join(reasons, on="day", how="left", nulls_equal=True)
        .sort("day", nulls_last=True)
        .select(
            pl.col("day").cast(pl.String).fill_null(_NO_DATE),
            *numbers,
            share.alias("share"),
            pl.col("reasons").fill_null(""),
        )
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
