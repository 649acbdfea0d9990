"""How much the boards move."""

from collections.abc import Iterator

import polars as pl

from analysis.balance import charts
from analysis.balance.report import Balance
from analysis.document.blocks import Block, Text, drawing, fine, grid, section
from pipelines.vocabulary import CATEGORIES


@section("boards", "Stability of the boards")
def boards(figures: Balance) -> Iterator[Block]:
    """How much the boards moved since earlier snapshots."""
    compared = figures.boards
    yield Text(
        "The boards of all time beside those of the snapshots before that are still kept, at "
        "most a dozen of them. Stayed counts who was in the top and still is. The rank "
        "correlation is Spearman's, over producers on both boards: 1 means the same order. A "
        "new rulebook moves boards too."
    )
    if compared.is_empty():
        yield Text("No earlier snapshot is kept, so there is nothing to compare with.")
        return
    if compared["correlation"].null_count() < compared.height:
        yield drawing(
            "Lines of the rank correlation of each board, by days before this snapshot.",
            charts.stability,
            compared,
        )
    stayed = [
        pl.format("{} of {}", f"stayed_{top}", f"top_{top}").alias(f"of_{top}") for top in (10, 100)
    ]
    board = pl.col("category").replace_strict(CATEGORIES).alias("board")
    yield grid(
        compared.select("as_of", "rulebook_version", board, *stayed, "on_both", "correlation"),
        "Boards then and now",
        rulebook_version="Rules",
        of_10=("Stayed in the top 10", str),
        of_100=("Stayed in the top 100", str),
        correlation=("Rank correlation", fine),
    )
