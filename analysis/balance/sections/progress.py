"""Levels and achievements."""

from collections.abc import Iterator

import polars as pl

from analysis.balance import achievements, charts
from analysis.balance.report import Balance
from analysis.comparison import distinct_names
from analysis.document.blocks import Block, Text, drawing, grid, listed, percent, section

#: What is said of an achievement that is out of order with its rarity.
_MARKS = {"commoner": "common for its rarity", "rarer": "rare for its rarity"}


@section("levels", "Levels")
def levels(figures: Balance) -> Iterator[Block]:
    """Producers at each level, and how long it took them."""
    reached = figures.days_to_reach
    yield Text("All producers of the current dump by their present level, suspended ones included.")
    yield drawing(
        "Bars of the number of producers at each level.", charts.producers_by_level, figures.levels
    )
    yield grid(
        figures.levels.select("level", "title", "min_xp", "producers", "share", "suspended"),
        "Producers by level",
        min_xp="From XP",
        share=percent,
    )
    yield Text(
        "The time to reach a level is the number of days from a producer's first ledger day to "
        "the day on which the level was first reached, over those who ever reached it: the "
        "median, and the quartiles that hold the middle half. Who has not reached it yet is "
        "not in it, so young marketplaces look faster than they are."
    )
    if reached["reached"].sum():
        yield drawing(
            "For each level a bar from the lower to the upper quartile of days, with a stroke "
            "at the median.",
            charts.days_to_reach,
            reached,
        )
    yield grid(
        reached,
        "Days to reach each level",
        reached="Reached by",
        lower="Lower quartile",
        upper="Upper quartile",
    )


@section("achievements", "Achievements")
def unlocks(figures: Balance) -> Iterator[Block]:
    """How many have each achievement, beside its rarity."""
    shares = figures.achievements.with_columns(distinct_names())
    yield Text(
        "The share of all producers who have unlocked an achievement, beside the rarity that "
        "the rulebook gives it. One is marked as common for its rarity if more producers have "
        "it than most achievements of a commoner rarity (those that nobody has left aside), "
        "as rare if fewer have it than most of a rarer one. What is out of order with the most "
        "others is marked first, and these are then looked at without it."
    )
    if shares.is_empty():
        yield Text("The rulebook has no achievements.")
        return
    never = achievements.never_unlocked(shares)["name"].to_list()
    always = achievements.always_unlocked(shares)["name"].to_list()
    yield Text(f"Never unlocked: {listed(never)}." if never else "Each is unlocked by somebody.")
    yield Text(
        f"Unlocked by everybody: {listed(always)}." if always else "None is unlocked by everybody."
    )
    for mark, words in _MARKS.items():
        here = shares.filter(pl.col("misplaced") == mark).select("name", "rarity")
        if not here.is_empty():
            named = listed([f"{name} ({rarity})" for name, rarity in here.rows()])
            yield Text(f"{words.capitalize()}: {named}.")
    if shares["share"].null_count() == 0:
        yield drawing(
            "For each rarity a stroke for each achievement, at the share of producers who have it.",
            charts.unlock_shares,
            shares,
        )
    yield grid(
        achievements.by_rarity(shares),
        "By rarity",
        lowest=("Lowest share", percent),
        median=("Median share", percent),
        highest=("Highest share", percent),
        awarded_xp="XP given",
    )
    marks = pl.col("misplaced").replace_strict(_MARKS, default="").alias("mark")
    yield grid(
        shares.select("name", "rarity", "xp", "unlocked_by", "share", "awarded_xp", marks),
        "Each achievement",
        name="Achievement",
        share=percent,
        awarded_xp="XP given",
    )
