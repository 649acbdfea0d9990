"""Where XP comes from, and who has it."""

from collections.abc import Iterator

import polars as pl

from analysis.balance import charts, ledger
from analysis.balance.report import Balance
from analysis.document.blocks import (
    Block,
    Text,
    drawing,
    fine,
    grid,
    percent,
    section,
    source_names,
)
from pipelines.vocabulary import SOURCE_TITLES


@section("xp", "XP by source and month")
def xp_by_source(figures: Balance) -> Iterator[Block]:
    """Where XP comes from, month by month."""
    months = ledger.by_month(figures.ledger_days)
    yield Text(
        f"The sum of the XP ledger by source and by the month of its day. {_total_xp(figures)}"
    )
    if months.is_empty():
        yield Text("The ledger is empty: nobody has earned anything yet.")
        return
    yield drawing("Bars of XP by month, one colour for each source.", charts.xp_by_month, months)
    share = pl.when(pl.col("xp").sum() > 0).then(pl.col("xp") / pl.col("xp").sum())
    yield grid(
        ledger.by_source(figures.ledger_days)
        .select(source_names(), "quantity", "xp", share.alias("share"))
        .sort("xp", descending=True),
        "XP by source",
        share=percent,
    )
    wide = months.pivot("source", index="month", values="xp").fill_null(0)
    there = [source for source in SOURCE_TITLES if source in wide.columns]
    yield grid(
        wide.select("month", *there, pl.sum_horizontal(there).alias("all")),
        "XP by month and source",
        **SOURCE_TITLES,
    )


def _total_xp(figures: Balance) -> str:
    """How the producers' total XP stand to the ledger's sum."""
    ledger_xp = int(figures.ledger_days["xp"].sum())
    if ledger_xp == figures.total_xp:
        return "In all it is the sum of the producers' total XP, too."
    return (
        f"In all it is {ledger_xp:,} XP, the sum of the producers' total XP {figures.total_xp:,}: "
        "a total is never below 0, whatever adjustments took away."
    )


@section("concentration", "Concentration")
def concentration(figures: Balance) -> Iterator[Block]:
    """How unevenly XP and plays are spread."""
    yield Text(
        "The Lorenz curve shows what share of all the poorest producers have together; the "
        "dashed line is where all have the same. The Gini coefficient is the area between the "
        "two in parts of the area below the line: 0 means that all have the same, 1 that one "
        "has everything. All producers count, also those with nothing; XP is the total XP of "
        "the progress table. Where XP lies above plays, the rules level out what plays do not."
    )
    both = {"XP": figures.xp, "Plays": figures.plays}
    known = {name: of for name, of in both.items() if of.gini is not None}
    if not known:
        yield Text("Nobody has any XP or plays yet.")
        return
    yield drawing(
        "Lorenz curves of XP and of plays below the line of equality.",
        charts.lorenz,
        {name: of.lorenz for name, of in known.items()},
    )
    ginis = {"of": list(known), "gini": [of.gini for of in known.values()]}
    yield grid(pl.DataFrame(ginis), "Gini coefficients", gini=fine)
    percents = pl.col("percent").cast(pl.String).str.strip_suffix(".0")
    yield grid(
        figures.xp.shares.select(
            pl.format("Top {}%", percents).alias("of_producers"),
            "producers",
            pl.col("share").alias("share_of_xp"),
            figures.plays.shares["share"].alias("share_of_plays"),
        ),
        "What the richest have",
        producers="That is",
        share_of_xp=percent,
        share_of_plays=percent,
    )
