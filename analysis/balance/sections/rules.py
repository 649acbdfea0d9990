"""What caps, boosts and the collaboration gate do."""

from collections.abc import Iterator

import polars as pl

from analysis.balance import charts, gate, ledger
from analysis.balance.report import MOST_LISTED, Balance, Unavailable
from analysis.document.blocks import (
    Block,
    Text,
    Untellable,
    drawing,
    grid,
    plural,
    section,
    source_names,
)

_EFFECTS = ("lost_to_caps", "capped", "gained_from_boosts")


@section("caps", "Caps and boosts")
def caps_and_boosts(figures: Balance) -> Iterator[Block]:
    """What daily caps took and boosts gave."""
    yield Text(
        "From the ledger and the snapshot's rulebook: lost to caps is quantity times rate with "
        "the day's boost, less what the row holds; gained from boosts is what the row holds, "
        "less what it would hold at the rate alone, under the same cap. Achievements that came "
        "sooner or later by it are not followed."
    )
    if isinstance(figures.rulebook, Unavailable):
        yield Untellable(figures.rulebook.why)
        return
    rated = figures.ledger_days.filter(~pl.col("source").is_in(["achievement", "adjustment"]))
    months, sums = ledger.by_month(rated), ledger.by_source(rated)
    changed = months.filter((pl.col("lost_to_caps") != 0) | (pl.col("gained_from_boosts") != 0))
    if changed.is_empty():
        yield Text("No cap took anything, and no boost gave anything.")
    else:
        yield drawing(
            "Bars by month: XP gained from boosts above zero, lost to caps below.",
            charts.effects_by_month,
            months,
        )
    if not sums.is_empty():
        yield grid(
            sums.select(source_names(), "xp", *_EFFECTS),
            "Caps and boosts by source",
            xp="XP in the ledger",
            capped="Days of producers at the cap",
        )
    if not changed.is_empty():
        yield grid(
            changed.group_by("month").agg(pl.col(_EFFECTS).sum()).sort("month"),
            "Caps and boosts by month",
            capped="Days of producers at the cap",
        )


@section("gate", "The collaboration gate")
def collaboration_gate(figures: Balance) -> Iterator[Block]:
    """Plays that did not count for collaborators whose profiles were incomplete."""
    yield Text(
        "Valid plays of a track, from the day of a collaborator's credit on, that did not "
        "count for that collaborator because the own profile was not complete enough on the "
        "day; a play is counted once for each collaborator. XP withheld is what the ledger "
        "would hold more for them, up to the daily cap."
    )
    withheld = figures.withheld
    if isinstance(withheld, Unavailable):
        yield Untellable(withheld.why)
        return
    if withheld.is_empty():
        yield Text("The gate withheld nothing.")
        return
    months, producers = gate.by_month(withheld), gate.by_producer(withheld)
    yield Text(
        f"{plural(int(withheld['plays'].sum()), 'play')} did not count, worth "
        f"{withheld['xp'].sum():,} XP, for {plural(producers.height, 'collaborator')}."
    )
    yield drawing(
        "Bars of the plays that the gate withheld by month.", charts.withheld_by_month, months
    )
    yield grid(months, "Withheld by month", producers="Collaborators")
    name = pl.col("producer_id").replace_strict(figures.names, default="").alias("producer")
    listed = producers.head(MOST_LISTED).with_columns(name, *figures.told_ids(producers))
    yield grid(
        listed.select("producer", "producer_id", "plays", "xp"),
        f"The {listed.height} from whom most was withheld",
        producer_id="Id",
    )
