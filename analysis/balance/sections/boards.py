"""How much the boards move."""

from functools import partial

import polars as pl

from analysis.balance import charts
from analysis.balance.report import Balance
from analysis.document.blocks import (
    Block,
    Drawing,
    Section,
    Text,
    fine,
    moment,
    table,
    text,
    whole,
)
from pipelines.vocabulary import CATEGORIES


def boards(figures: Balance) -> Section:
    """How much the boards moved since earlier snapshots."""
    compared = figures.boards
    blocks: list[Block] = [
        Text(
            "The boards of all time beside those of the snapshots before that are still kept, at "
            "most a dozen of them. Stayed counts who was in the top and still is. The rank "
            "correlation is Spearman's, over producers on both boards: 1 means the same order. A "
            "new rulebook moves boards too."
        )
    ]
    if compared.is_empty():
        blocks.append(Text("No earlier snapshot is kept, so there is nothing to compare with."))
        return Section("boards", "Stability of the boards", blocks)
    if compared["correlation"].null_count() < compared.height:
        blocks.append(
            Drawing(
                "Lines of the rank correlation of each board, by days before this snapshot.",
                partial(charts.stability, compared),
            )
        )
    stayed = [
        pl.format("{} of {}", f"stayed_{top}", f"top_{top}").alias(f"of_{top}") for top in (10, 100)
    ]
    blocks.append(
        table(
            compared.with_columns(*stayed, pl.col("category").replace_strict(CATEGORIES)),
            "Boards then and now",
            as_of=("As of", moment),
            rulebook_version=("Rules", text),
            category=("Board", text),
            of_10=("Stayed in the top 10", str),
            of_100=("Stayed in the top 100", str),
            on_both=("On both", whole),
            correlation=("Rank correlation", fine),
        )
    )
    return Section("boards", "Stability of the boards", blocks)
