"""Ranks of equal and of different scores."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.boards.leaderboard import rank_scores

SCHEMA = {"producer_id": pl.Int64, "score": pl.Int64}


def test_equal_scores_share_a_rank_and_the_next_counts_all_above_it() -> None:
    scores = pl.DataFrame([(1, 5), (2, 9), (3, 5), (4, 1)], schema=SCHEMA, orient="row")
    assert rank_scores(scores).rows() == [(1, 2, 9), (2, 1, 5), (2, 3, 5), (4, 4, 1)]
    assert rank_scores(scores.clear()).rows() == []


@settings(max_examples=30)
@given(st.dictionaries(st.integers(1, 20), st.integers(1, 5)))
def test_a_rank_is_one_more_than_there_are_higher_scores(scores: dict[int, int]) -> None:
    ranked = rank_scores(pl.DataFrame(sorted(scores.items()), schema=SCHEMA, orient="row"))
    assert ranked.rows() == sorted(
        (1 + sum(other > score for other in scores.values()), producer, score)
        for producer, score in scores.items()
    )
