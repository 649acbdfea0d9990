"""What caps, boosts and the collaboration gate do."""

from functools import partial

import polars as pl

from analysis.balance import charts, gate, ledger
from analysis.balance.report import MOST_LISTED, Balance, Unavailable
from analysis.document.blocks import (
    Block,
    Drawing,
    Section,
    Text,
    Untellable,
    month,
    plural,
    source_names,
    table,
    text,
    whole,
)


def caps_and_boosts(figures: Balance) -> Section:
    """What daily caps took and boosts gave."""
    name, title = "caps", "Caps and boosts"
    blocks: list[Block] = [
        Text(
            "From the ledger and the snapshot's rulebook: lost to caps is quantity times rate with "
            "the day's boost, less what the row holds; gained from boosts is what the row holds, "
            "less what it would hold at the rate alone, under the same cap. Achievements that came "
            "sooner or later by it are not followed."
        )
    ]
    if isinstance(figures.rulebook, Unavailable):
        return Section(name, title, [*blocks, Untellable(figures.rulebook.why)])
    rated = figures.ledger_days.filter(~pl.col("source").is_in(["achievement", "adjustment"]))
    months, sums = ledger.by_month(rated), ledger.by_source(rated)
    changed = months.filter((pl.col("lost_to_caps") != 0) | (pl.col("gained_from_boosts") != 0))
    if changed.is_empty():
        blocks.append(Text("No cap took anything, and no boost gave anything."))
    else:
        blocks.append(
            Drawing(
                "Bars by month: XP gained from boosts above zero, lost to caps below.",
                partial(charts.effects_by_month, months),
            )
        )
    if not sums.is_empty():
        blocks.append(
            table(
                sums.with_columns(source_names()),
                "Caps and boosts by source",
                source=("Source", text),
                xp=("XP in the ledger", whole),
                lost_to_caps=("Lost to caps", whole),
                capped=("Days of producers at the cap", whole),
                gained_from_boosts=("Gained from boosts", whole),
            )
        )
    if not changed.is_empty():
        by_month = changed.group_by("month").agg(
            pl.col("lost_to_caps", "capped", "gained_from_boosts").sum()
        )
        blocks.append(
            table(
                by_month.sort("month"),
                "Caps and boosts by month",
                month=("Month", month),
                lost_to_caps=("Lost to caps", whole),
                capped=("Days of producers at the cap", whole),
                gained_from_boosts=("Gained from boosts", whole),
            )
        )
    return Section(name, title, blocks)


def collaboration_gate(figures: Balance) -> Section:
    """Plays that did not count for collaborators whose profiles were incomplete."""
    name, title = "gate", "The collaboration gate"
    blocks: list[Block] = [
        Text(
            "Valid plays of a track, from the day of a collaborator's credit on, that did not "
            "count for that collaborator because the own profile was not complete enough on the "
            "day; a play is counted once for each collaborator. XP withheld is what the ledger "
            "would hold more for them, up to the daily cap."
        )
    ]
    withheld = figures.withheld
    if isinstance(withheld, Unavailable):
        return Section(name, title, [*blocks, Untellable(withheld.why)])
    if withheld.is_empty():
        return Section(name, title, [*blocks, Text("The gate withheld nothing.")])
    months, producers = gate.by_month(withheld), gate.by_producer(withheld)
    names = pl.col("producer_id").replace_strict(figures.names, default="").alias("name")
    blocks += [
        Text(
            f"{plural(int(withheld['plays'].sum()), 'play')} did not count, worth "
            f"{withheld['xp'].sum():,} XP, for {plural(producers.height, 'collaborator')}."
        ),
        Drawing(
            "Bars of the plays that the gate withheld by month.",
            partial(charts.withheld_by_month, months),
        ),
        table(
            months,
            "Withheld by month",
            month=("Month", month),
            producers=("Collaborators", whole),
            plays=("Plays", whole),
            xp=("XP", whole),
        ),
        table(
            producers.head(MOST_LISTED).with_columns(names, *figures.told_ids(producers)),
            f"The {min(MOST_LISTED, producers.height)} from whom most was withheld",
            name=("Producer", text),
            producer_id=("Id", str),
            plays=("Plays", whole),
            xp=("XP", whole),
        ),
    ]
    return Section(name, title, blocks)
