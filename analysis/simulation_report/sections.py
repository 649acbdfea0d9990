"""The report's sections: what each says of the simulation, as texts, charts and tables."""

from collections.abc import Iterator

import polars as pl

from analysis.comparison import count_changes, distinct_names, gain_most, lose_most
from analysis.document.blocks import (
    Block,
    Grid,
    Heading,
    ReportSection,
    Sentences,
    Text,
    drawing,
    grid,
    percent,
    plural,
    section,
    signed,
    source_names,
)
from analysis.simulation import Simulation
from analysis.simulation_report import charts, figures
from pipelines.published.text_ids import told
from pipelines.vocabulary import RULE_SECTIONS, board_title

#: Producers in each list.
MOST_LISTED = 50


def all_sections(simulated: Simulation) -> list[ReportSection]:
    """Every section, in the order of the report."""
    return [one(simulated) for one in (rules, sources, levels, producers, achievements, boards)]


@section("rules", "What changes in the rules")
def rules(simulated: Simulation) -> Iterator[Block]:
    """What the other rulebook says otherwise."""
    yield Text("Each key of the rulebook that has another value, in words.")
    if not simulated.rules:
        yield Text("Both rulebooks say the same.")
    for name, title in RULE_SECTIONS.items():
        here = [sentence for of, sentence in simulated.told_rules if of == name]
        if here:
            yield Heading(title)
            yield Sentences("changes", here)
    if simulated.rules and simulated.warnings:
        yield Heading("What the rulebook hardly means")
        yield Sentences("warnings", [str(warning) for warning in simulated.warnings])


@section("sources", "XP by source")
def sources(simulated: Simulation) -> Iterator[Block]:
    """XP by source."""
    compared = simulated.sources
    yield Text(
        "The sum of the XP of all producers by source, as the ledger has it. "
        f"{_total_xp(simulated)}"
    )
    if compared.select((pl.col("xp_before", "xp_after") != 0).any()).row(0) == (False, False):
        yield Text("Nobody has any XP, before or after.")
    else:
        yield drawing(
            "For each source a bar of its XP before, and one of its XP after.",
            charts.xp_by_source,
            compared,
        )
    total = compared.select(pl.lit("All").alias("source"), pl.exclude("source").sum())
    before, change = pl.col("xp_before"), pl.col("xp_change")
    yield grid(
        pl.concat([compared.with_columns(source_names()), total]).with_columns(
            pl.when(before > 0).then(change / before).alias("of_before")
        ),
        "XP of each source",
        xp_before="Before",
        xp_after="After",
        xp_change=("Change", signed),
        of_before=_signed_percent,
    )


def _total_xp(simulated: Simulation) -> str:
    """How the producers' total XP stand to the sums of the sources."""
    totals = simulated.producers.select(pl.col("xp_before", "xp_after").sum()).row(0)
    if totals == simulated.sources.select(pl.col("xp_before", "xp_after").sum()).row(0):
        return "In all it is the sum of their total XP, too."
    return (
        f"The sum of their total XP is {totals[0]:,} before and {totals[1]:,} after: a total is "
        "never below 0, whatever adjustments took away."
    )


@section("levels", "Levels")
def levels(simulated: Simulation) -> Iterator[Block]:
    """Who is on which level."""
    counts = count_changes(simulated.producers)
    yield Text(
        "All producers by their level under the rules before and after, suspended ones "
        f"included: {counts['rise']:,} rise to a higher level, {counts['fall']:,} fall to a "
        "lower one."
    )
    by_level = figures.producers_by_level(simulated.levels)
    if by_level.is_empty():
        yield Text("There are no producers.")
        return
    moves = figures.level_moves(simulated.levels)
    yield drawing(
        "For each level a bar of its producers before, and one after.",
        charts.producers_by_level,
        by_level,
    )
    yield grid(by_level, "Producers by level", change=signed)
    yield Text(
        "A cell of the matrix counts the producers who were on the level of its row and come "
        "to the level of its column; the more they are, the stronger its colour."
    )
    yield drawing(
        "A matrix with a row for each level before and a column for each level after.",
        charts.level_matrix,
        moves,
        by_level["level"].to_list(),
    )
    yield grid(moves, "Producers by level before and after", share=("Of the level before", percent))


@section("producers", "Who gains and who loses")
def producers(simulated: Simulation) -> Iterator[Block]:
    """Who gains and who loses."""
    compared = simulated.producers
    counts = count_changes(compared)
    same = counts["all"] - counts["gain"] - counts["lose"]
    yield Text(
        "The change is a producer's total XP after less that before: "
        f"{counts['gain']:,} gain, {counts['lose']:,} lose, {same:,} keep what they have."
    )
    if counts["gain"] or counts["lose"]:
        bins = figures.xp_change_bins(compared)
        changed = compared.filter(pl.col("xp_change") != 0)["xp_change"]
        yield Text(
            f"Half of those whose XP change are at or below {_median(changed)}. Bars are of "
            "changes between 1, 2, 5, 10, 20, 50 and so on, either way; who keeps the same XP "
            "is in the table only."
        )
        yield drawing(
            "Bars of the number of producers by the change of their XP.", charts.xp_change, bins
        )
        yield grid(
            bins,
            "Producers by change of XP",
            from_change=("From", signed),
            to_change=("To", signed),
            share=percent,
        )
    if counts["gain"]:
        yield _listed("Who gains most", gain_most(compared, MOST_LISTED), counts["gain"])
    if counts["lose"]:
        yield _listed("Who loses most", lose_most(compared, MOST_LISTED), counts["lose"])


@section("achievements", "Achievements")
def achievements(simulated: Simulation) -> Iterator[Block]:
    """Which achievements are newly reached and lost."""
    every = simulated.achievements.with_columns(distinct_names())
    compared = figures.achievements_changed(every)
    reached, lost = compared.select(pl.col("reached", "lost").sum()).row(0)
    yield Text(
        "Reached counts producers who have an achievement after and not before, lost those who "
        "have it before and not after, sooner and later those who have it at both times but "
        "unlocked it at another moment. No XP before or after: it is not in that rulebook."
    )
    changed = compared.filter(pl.col("reached") + pl.col("lost") > 0)
    if changed.is_empty():
        yield Text("No achievement is reached or lost.")
    else:
        first = "" if changed.height <= charts.MOST_DRAWN else f" The first {charts.MOST_DRAWN}:"
        yield Text(
            f"{plural(changed.height, 'achievement')} of {compared.height:,} "
            f"{'has' if changed.height == 1 else 'have'} other holders: {reached:,} times one "
            f"is reached, {lost:,} times one is lost.{first}"
        )
        yield drawing(
            "For each achievement a bar to the right of those who reach it, and one to the "
            "left of those who lose it.",
            charts.achievements,
            changed.head(charts.MOST_DRAWN),
        )
    if not compared.is_empty():
        yield grid(compared.drop("achievement_id"), "Each achievement", name="Achievement")


@section("boards", "Boards")
def boards(simulated: Simulation) -> Iterator[Block]:
    """How much each board moves."""
    compared = figures.churn(simulated.boards)
    yield Text(
        "A producer moves on a board if the rank after is not the one before, or by entering "
        "or leaving it; the share is of all who are ranked before or after. Rise and fall are "
        "the most places that anybody goes up or down; kept counts who was in the top and "
        "still is."
    )
    if compared["movers"].sum():
        yield drawing(
            "For each board a bar of the share of its producers who move.", charts.churn, compared
        )
    else:
        yield Text("Nobody moves on any board.")
    names = [board_title(c, p) for c, p in compared.select("category", "period").iter_rows()]
    numbers = ("moved", "entered", "left", "ranked_after", "greatest_rise", "greatest_fall")
    kept = [
        pl.format("{} of {}", f"top_{top}_kept", f"top_{top}_before").alias(f"top_{top}_kept")
        for top in (10, 100)
    ]
    yield grid(
        compared.select(pl.Series("board", names), "share", *numbers, *kept),
        "Each board",
        share=("Move", percent),
        moved="Another rank",
        entered="Enter",
        left="Leave",
        greatest_rise="Rise",
        greatest_fall="Fall",
        top_10_kept=str,
        top_100_kept=str,
    )


def _listed(caption: str, found: pl.DataFrame, count: int) -> Grid:
    first = f", the first {found.height} of {count:,}" if count > found.height else ""
    before, after = pl.col("level_before"), pl.col("level_after")
    step = pl.when(before == after).then(before.cast(pl.String))
    level = step.otherwise(pl.format("{} → {}", before, after)).alias("level")
    return grid(
        found.select("display_name", told(found), "xp_before", "xp_after", "xp_change", level),
        f"{caption}{first}",
        display_name="Producer",
        producer_id="Id",
        xp_change=("Change", signed),
        level=str,
    )


def _median(changes: pl.Series) -> str:
    """The lower median, which is the change of somebody."""
    return f"{signed(changes.sort()[(changes.len() - 1) // 2])} XP"


def _signed_percent(share: float) -> str:
    return f"{'+' if share > 0 else '-' if share < 0 else ''}{percent(abs(share))}"
