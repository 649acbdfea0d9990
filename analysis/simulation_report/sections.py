"""The report's sections: what each says of the simulation, as texts, charts and tables."""

from functools import partial

import polars as pl

from analysis.comparison import count_changes, distinct_names, gain_most, lose_most
from analysis.document.blocks import (
    Block,
    Drawing,
    Heading,
    Section,
    Sentences,
    Table,
    Text,
    percent,
    plural,
    signed,
    source_names,
    table,
    text,
    whole,
)
from analysis.simulation import Simulation
from analysis.simulation_report import charts, figures
from pipelines.published.text_ids import told
from pipelines.vocabulary import RULE_SECTIONS, board_title

#: Producers in each list.
MOST_LISTED = 50


def all_sections(simulated: Simulation) -> list[Section]:
    """Every section, in the order of the report."""
    return [
        rules(simulated),
        sources(simulated),
        levels(simulated),
        producers(simulated),
        achievements(simulated),
        boards(simulated),
    ]


def rules(simulated: Simulation) -> Section:
    """What the other rulebook says otherwise."""
    blocks: list[Block] = [
        Text("Each key of the rulebook that has another value, in words."),
    ]
    if not simulated.rules:
        blocks.append(Text("Both rulebooks say the same."))
    for section, title in RULE_SECTIONS.items():
        here = [sentence for of, sentence in simulated.told_rules if of == section]
        if here:
            blocks += [Heading(title), Sentences("changes", here)]
    if simulated.rules and simulated.warnings:
        said = [str(warning) for warning in simulated.warnings]
        blocks += [Heading("What the rulebook hardly means"), Sentences("warnings", said)]
    return Section("rules", "What changes in the rules", blocks)


def sources(simulated: Simulation) -> Section:
    """XP by source."""
    compared = simulated.sources
    blocks: list[Block] = [
        Text(
            "The sum of the XP of all producers by source, as the ledger has it. "
            f"{_total_xp(simulated)}"
        )
    ]
    if compared.select((pl.col("xp_before", "xp_after") != 0).any()).row(0) == (False, False):
        blocks.append(Text("Nobody has any XP, before or after."))
    else:
        blocks.append(
            Drawing(
                "For each source a bar of its XP before, and one of its XP after.",
                partial(charts.xp_by_source, compared),
            )
        )
    total = compared.select(pl.lit("All").alias("source"), pl.exclude("source").sum())
    before, change = pl.col("xp_before"), pl.col("xp_change")
    blocks.append(
        table(
            pl.concat([compared.with_columns(source_names()), total]).with_columns(
                pl.when(before > 0).then(change / before).alias("share")
            ),
            "XP of each source",
            source=("Source", text),
            xp_before=("Before", whole),
            xp_after=("After", whole),
            xp_change=("Change", signed),
            share=("Of before", _signed_percent),
        )
    )
    return Section("sources", "XP by source", blocks)


def _total_xp(simulated: Simulation) -> str:
    """How the producers' total XP stand to the sums of the sources."""
    totals = simulated.producers.select(pl.col("xp_before", "xp_after").sum()).row(0)
    if totals == simulated.sources.select(pl.col("xp_before", "xp_after").sum()).row(0):
        return "In all it is the sum of their total XP, too."
    return (
        f"The sum of their total XP is {totals[0]:,} before and {totals[1]:,} after: a total is "
        "never below 0, whatever adjustments took away."
    )


def levels(simulated: Simulation) -> Section:
    """Who is on which level."""
    name, title = "levels", "Levels"
    counts = count_changes(simulated.producers)
    blocks: list[Block] = [
        Text(
            "All producers by their level under the rules before and after, suspended ones "
            f"included: {counts['rise']:,} rise to a higher level, {counts['fall']:,} fall to a "
            "lower one."
        )
    ]
    by_level = figures.producers_by_level(simulated.levels)
    if by_level.is_empty():
        return Section(name, title, [*blocks, Text("There are no producers.")])
    moves = figures.level_moves(simulated.levels)
    blocks += [
        Drawing(
            "For each level a bar of its producers before, and one after.",
            partial(charts.producers_by_level, by_level),
        ),
        table(
            by_level,
            "Producers by level",
            level=("Level", whole),
            before=("Before", whole),
            after=("After", whole),
            change=("Change", signed),
        ),
        Text(
            "A cell of the matrix counts the producers who were on the level of its row and come "
            "to the level of its column; the more they are, the stronger its colour."
        ),
        Drawing(
            "A matrix with a row for each level before and a column for each level after.",
            partial(charts.level_matrix, moves, by_level["level"].to_list()),
        ),
        table(
            moves,
            "Producers by level before and after",
            level_before=("Level before", whole),
            level_after=("Level after", whole),
            producers=("Producers", whole),
            share=("Of the level before", percent),
        ),
    ]
    return Section(name, title, blocks)


def producers(simulated: Simulation) -> Section:
    """Who gains and who loses."""
    compared = simulated.producers
    counts = count_changes(compared)
    same = counts["all"] - counts["gain"] - counts["lose"]
    blocks: list[Block] = [
        Text(
            "The change is a producer's total XP after less that before: "
            f"{counts['gain']:,} gain, {counts['lose']:,} lose, {same:,} keep what they have."
        )
    ]
    if counts["gain"] or counts["lose"]:
        bins = figures.xp_change_bins(compared)
        changed = compared.filter(pl.col("xp_change") != 0)["xp_change"]
        blocks += [
            Text(
                f"Half of those whose XP change are at or below {_median(changed)}. Bars are of "
                "changes between 1, 2, 5, 10, 20, 50 and so on, either way; who keeps the same XP "
                "is in the table only."
            ),
            Drawing(
                "Bars of the number of producers by the change of their XP.",
                partial(charts.xp_change, bins),
            ),
            table(
                bins,
                "Producers by change of XP",
                from_change=("From", signed),
                to_change=("To", signed),
                producers=("Producers", whole),
                share=("Share", percent),
            ),
        ]
    for word, found, count in (
        ("gains", gain_most(compared, MOST_LISTED), counts["gain"]),
        ("loses", lose_most(compared, MOST_LISTED), counts["lose"]),
    ):
        if count:
            blocks.append(_listed(f"Who {word} most", found, count))
    return Section("producers", "Who gains and who loses", blocks)


def achievements(simulated: Simulation) -> Section:
    """Which achievements are newly reached and lost."""
    every = simulated.achievements.with_columns(distinct_names())
    compared = figures.achievements_changed(every)
    reached, lost = compared.select(pl.col("reached", "lost").sum()).row(0)
    blocks: list[Block] = [
        Text(
            "Reached counts producers who have an achievement after and not before, lost those who "
            "have it before and not after, sooner and later those who have it at both times but "
            "unlocked it at another moment. No XP before or after: it is not in that rulebook."
        )
    ]
    changed = compared.filter(pl.col("reached") + pl.col("lost") > 0)
    if changed.is_empty():
        blocks.append(Text("No achievement is reached or lost."))
    else:
        first = "" if changed.height <= charts.MOST_DRAWN else f" The first {charts.MOST_DRAWN}:"
        blocks += [
            Text(
                f"{plural(changed.height, 'achievement')} of {compared.height:,} "
                f"{'has' if changed.height == 1 else 'have'} other holders: {reached:,} times one "
                f"is reached, {lost:,} times one is lost.{first}"
            ),
            Drawing(
                "For each achievement a bar to the right of those who reach it, and one to the "
                "left of those who lose it.",
                partial(charts.achievements, changed.head(charts.MOST_DRAWN)),
            ),
        ]
    if not compared.is_empty():
        blocks.append(
            table(
                compared,
                "Each achievement",
                name=("Achievement", text),
                xp_before=("XP before", whole),
                xp_after=("XP after", whole),
                holders_before=("Holders before", whole),
                holders_after=("Holders after", whole),
                reached=("Reached", whole),
                lost=("Lost", whole),
                sooner=("Sooner", whole),
                later=("Later", whole),
            )
        )
    return Section("achievements", "Achievements", blocks)


def boards(simulated: Simulation) -> Section:
    """How much each board moves."""
    compared = figures.churn(simulated.boards)
    blocks: list[Block] = [
        Text(
            "A producer moves on a board if the rank after is not the one before, or by entering "
            "or leaving it; the share is of all who are ranked before or after. Rise and fall are "
            "the most places that anybody goes up or down; kept counts who was in the top and "
            "still is."
        )
    ]
    if compared["movers"].sum():
        blocks.append(
            Drawing(
                "For each board a bar of the share of its producers who move.",
                partial(charts.churn, compared),
            )
        )
    else:
        blocks.append(Text("Nobody moves on any board."))
    names = [board_title(c, p) for c, p in compared.select("category", "period").iter_rows()]
    kept = [
        pl.format("{} of {}", f"top_{top}_kept", f"top_{top}_before").alias(f"top_{top}")
        for top in (10, 100)
    ]
    blocks.append(
        table(
            compared.with_columns(*kept, pl.Series("board", names)),
            "Each board",
            board=("Board", text),
            share=("Move", percent),
            moved=("Another rank", whole),
            entered=("Enter", whole),
            left=("Leave", whole),
            ranked_after=("Ranked after", whole),
            greatest_rise=("Rise", whole),
            greatest_fall=("Fall", whole),
            top_10=("Top 10 kept", str),
            top_100=("Top 100 kept", str),
        )
    )
    return Section("boards", "Boards", blocks)


def _listed(caption: str, found: pl.DataFrame, count: int) -> Table:
    first = f", the first {found.height} of {count:,}" if count > found.height else ""
    before, after = pl.col("level_before"), pl.col("level_after")
    step = pl.when(before == after).then(before.cast(pl.String))
    return table(
        found.with_columns(
            told(found), step.otherwise(pl.format("{} → {}", before, after)).alias("level")
        ),
        f"{caption}{first}",
        display_name=("Producer", text),
        producer_id=("Id", str),
        xp_before=("XP before", whole),
        xp_after=("XP after", whole),
        xp_change=("Change", signed),
        level=("Level", str),
    )


def _median(changes: pl.Series) -> str:
    """The lower median, which is the change of somebody."""
    return f"{signed(changes.sort()[(changes.len() - 1) // 2])} XP"


def _signed_percent(share: float) -> str:
    return f"{'+' if share > 0 else '-' if share < 0 else ''}{percent(abs(share))}"
