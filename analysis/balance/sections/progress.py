"""Levels and achievements."""

from collections.abc import Iterator
from functools import partial

import polars as pl

from analysis.balance import achievements, charts
from analysis.balance.report import Balance
from analysis.comparison import distinct_names
from analysis.document.blocks import (
    Block,
    Drawing,
    Section,
    Text,
    decimal,
    listed,
    percent,
    table,
    text,
    whole,
)

#: What is said of an achievement that is out of order with its rarity.
_MARKS = {"commoner": "common for its rarity", "rarer": "rare for its rarity"}


def levels(figures: Balance) -> Section:
    """Producers at each level, and how long it took them."""
    reached = figures.days_to_reach
    blocks: list[Block] = [
        Text("All producers of the current dump by their present level, suspended ones included."),
        Drawing(
            "Bars of the number of producers at each level.",
            partial(charts.producers_by_level, figures.levels),
        ),
        table(
            figures.levels,
            "Producers by level",
            level=("Level", whole),
            title=("Title", text),
            min_xp=("From XP", whole),
            producers=("Producers", whole),
            share=("Share", percent),
            suspended=("Suspended", whole),
        ),
        Text(
            "The time to reach a level is the number of days from a producer's first ledger day to "
            "the day on which the level was first reached, over those who ever reached it: the "
            "median, and the quartiles that hold the middle half. Who has not reached it yet is "
            "not in it, so young marketplaces look faster than they are."
        ),
    ]
    if reached["reached"].sum():
        blocks.append(
            Drawing(
                "For each level a bar from the lower to the upper quartile of days, with a stroke "
                "at the median.",
                partial(charts.days_to_reach, reached),
            )
        )
    blocks.append(
        table(
            reached,
            "Days to reach each level",
            level=("Level", whole),
            title=("Title", text),
            reached=("Reached by", whole),
            lower=("Lower quartile", decimal),
            median=("Median", decimal),
            upper=("Upper quartile", decimal),
        )
    )
    return Section("levels", "Levels", blocks)


def unlocks(figures: Balance) -> Section:
    """How many have each achievement, beside its rarity."""
    shares = figures.achievements.with_columns(distinct_names())
    blocks: list[Block] = [
        Text(
            "The share of all producers who have unlocked an achievement, beside the rarity that "
            "the rulebook gives it. One is marked as common for its rarity if more producers have "
            "it than most achievements of a commoner rarity (those that nobody has left aside), "
            "as rare if fewer have it than most of a rarer one. What is out of order with the most "
            "others is marked first, and these are then looked at without it."
        )
    ]
    if shares.is_empty():
        blocks.append(Text("The rulebook has no achievements."))
        return Section("achievements", "Achievements", blocks)
    never = achievements.never_unlocked(shares)["name"].to_list()
    always = achievements.always_unlocked(shares)["name"].to_list()
    blocks += [
        Text(f"Never unlocked: {listed(never)}." if never else "Each is unlocked by somebody."),
        Text(
            f"Unlocked by everybody: {listed(always)}."
            if always
            else "None is unlocked by everybody."
        ),
        *(Text(f"{words.capitalize()}: {named}.") for words, named in _misplaced(shares)),
    ]
    if shares["share"].null_count() == 0:
        blocks.append(
            Drawing(
                "For each rarity a stroke for each achievement, at the share of producers who have "
                "it.",
                partial(charts.unlock_shares, shares),
            )
        )
    marks = pl.col("misplaced").replace_strict(_MARKS, default="")
    blocks += [
        table(
            achievements.by_rarity(shares),
            "By rarity",
            rarity=("Rarity", text),
            achievements=("Achievements", whole),
            lowest=("Lowest share", percent),
            median=("Median share", percent),
            highest=("Highest share", percent),
            awarded_xp=("XP given", whole),
        ),
        table(
            shares.with_columns(marks),
            "Each achievement",
            name=("Achievement", text),
            rarity=("Rarity", text),
            xp=("XP", whole),
            unlocked_by=("Unlocked by", whole),
            share=("Share", percent),
            awarded_xp=("XP given", whole),
            misplaced=("Mark", text),
        ),
    ]
    return Section("achievements", "Achievements", blocks)


def _misplaced(shares: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """What is said of achievements that are out of order with their rarity, and which these are."""
    for mark, words in _MARKS.items():
        here = shares.filter(pl.col("misplaced") == mark)
        named = [f"{name} ({rarity})" for name, rarity in here.select("name", "rarity").rows()]
        if named:
            yield words, listed(named)
