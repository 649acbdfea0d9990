"""Where XP comes from, and who has it."""

from functools import partial

import polars as pl

from analysis.balance import charts, ledger
from analysis.balance.report import Balance
from analysis.document.blocks import (
    Block,
    Drawing,
    Section,
    Text,
    fine,
    month,
    percent,
    source_names,
    table,
    text,
    whole,
)
from pipelines.vocabulary import SOURCE_TITLES


def xp_by_source(figures: Balance) -> Section:
    """Where XP comes from, month by month."""
    months = ledger.by_month(figures.ledger_days)
    blocks: list[Block] = [
        Text(
            f"The sum of the XP ledger by source and by the month of its day. {_total_xp(figures)}"
        )
    ]
    if months.is_empty():
        blocks.append(Text("The ledger is empty: nobody has earned anything yet."))
        return Section("xp", "XP by source and month", blocks)
    sums = ledger.by_source(figures.ledger_days).with_columns(
        source_names(),
        pl.when(pl.col("xp").sum() > 0).then(pl.col("xp") / pl.col("xp").sum()).alias("share"),
    )
    wide = months.pivot("source", index="month", values="xp").fill_null(0)
    there = [source for source in SOURCE_TITLES if source in wide.columns]
    wide = wide.with_columns(pl.sum_horizontal(there).alias("all"))
    blocks += [
        Drawing(
            "Bars of XP by month, one colour for each source.", partial(charts.xp_by_month, months)
        ),
        table(
            sums.sort("xp", descending=True),
            "XP by source",
            source=("Source", text),
            quantity=("Quantity", whole),
            xp=("XP", whole),
            share=("Share", percent),
        ),
        table(
            wide,
            "XP by month and source",
            month=("Month", month),
            **{source: (SOURCE_TITLES[source], whole) for source in there},
            all=("All", whole),
        ),
    ]
    return Section("xp", "XP by source and month", blocks)


def _total_xp(figures: Balance) -> str:
    """How the producers' total XP stand to the ledger's sum."""
    ledger_xp = int(figures.ledger_days["xp"].sum())
    if ledger_xp == figures.total_xp:
        return "In all it is the sum of the producers' total XP, too."
    return (
        f"In all it is {ledger_xp:,} XP, the sum of the producers' total XP {figures.total_xp:,}: "
        "a total is never below 0, whatever adjustments took away."
    )


def concentration(figures: Balance) -> Section:
    """How unevenly XP and plays are spread."""
    both = {"XP": figures.xp, "Plays": figures.plays}
    blocks: list[Block] = [
        Text(
            "The Lorenz curve shows what share of all the poorest producers have together; the "
            "dashed line is where all have the same. The Gini coefficient is the area between the "
            "two in parts of the area below the line: 0 means that all have the same, 1 that one "
            "has everything. All producers count, also those with nothing; XP is the total XP of "
            "the progress table. Where XP lies above plays, the rules level out what plays do not."
        )
    ]
    told = {name: of for name, of in both.items() if of.gini is not None}
    if not told:
        blocks.append(Text("Nobody has any XP or plays yet."))
        return Section("concentration", "Concentration", blocks)
    blocks.append(
        Drawing(
            "Lorenz curves of XP and of plays below the line of equality.",
            partial(charts.lorenz, {name: of.lorenz for name, of in told.items()}),
        )
    )
    ginis = pl.DataFrame(
        {"of": list(told), "gini": [of.gini for of in told.values()]},
        schema={"of": pl.String, "gini": pl.Float64},
    )
    shares = figures.xp.shares.rename({"share": "xp"}).with_columns(
        figures.plays.shares["share"].alias("plays")
    )
    blocks += [
        table(ginis, "Gini coefficients", of=("Of", text), gini=("Gini", fine)),
        table(
            shares.with_columns(
                pl.format(
                    "Top {}%", pl.col("percent").cast(pl.String).str.strip_suffix(".0")
                ).alias("top")
            ),
            "What the richest have",
            top=("Of producers", text),
            producers=("That is", whole),
            xp=("Share of XP", percent),
            plays=("Share of plays", percent),
        ),
    ]
    return Section("concentration", "Concentration", blocks)
