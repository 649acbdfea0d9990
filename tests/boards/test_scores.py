"""What producers are ranked by."""

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions
from pipelines.boards.leaderboard import rank_scores
from pipelines.boards.scores import (
    all_time_scores,
    overall_scores,
    period_scores,
    quality_scores,
)
from pipelines.run import Run
from tests.runs import frame


def scores(*rows: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"producer_id": pl.Int64, "score": pl.Int64}, orient="row")


def test_scores_of_all_time_are_those_of_progress_above_nothing() -> None:
    progress = frame(
        "progress",
        {"producer_id": 1, "total_xp": 0, "plays": 4, "earnings_cents": -5},
        {"producer_id": 2, "total_xp": 9, "plays": 0, "earnings_cents": 5},
    )
    found = {category: rows.rows() for category, rows in all_time_scores(progress).items()}
    assert (found["points"], found["plays"], found["earnings"]) == ([(2, 9)], [(1, 4)], [(2, 5)])


def test_quality_is_how_full_all_tracks_are_together_cut() -> None:
    uploads = frame(
        "uploads",
        {"producer_id": 2, "filled_fields": 3},
        {"producer_id": 1, "filled_fields": 3},
        {"producer_id": 1, "filled_fields": 2},
        {"producer_id": 3, "filled_fields": 0},
    )
    assert quality_scores(uploads, 3).rows() == [(1, 8_333), (2, 10_000)]  # 10000 x 5 / (3 x 2)


def test_scores_of_a_period_are_sums_of_its_rows_of_active_producers() -> None:
    ledger = frame(
        "xp_ledger",
        {"producer_id": 1, "source": "play", "quantity": 3, "xp": 6},
        {"producer_id": 1, "source": "play", "quantity": 4, "xp": 8},
        {"producer_id": 1, "source": "adjustment", "quantity": 1, "xp": -20},
        {"producer_id": 2, "source": "upload", "quantity": 1, "xp": 100},
        {"producer_id": 9, "source": "upload", "quantity": 1, "xp": 100},
    )
    earnings = frame("earnings", {"producer_id": 2, "amount_cents": 50})
    found = period_scores(ledger, earnings, Positions(np.array([1, 2])))
    assert {category: rows.rows() for category, rows in found.items()} == {
        "uploads": [(2, 1)],  # 9 is not active
        "plays": [(1, 7)],  # 3 + 4
        "collaboration": [],
        "points": [(2, 100)],  # 1 has 6 + 8 - 20
        "earnings": [(2, 50)],
    }


def test_overall_is_the_weighted_mean_of_percentiles(run: Run) -> None:
    # Quality, uploads, plays and points weigh 1, earnings nothing.
    boards = {
        "plays": rank_scores(scores((1, 9), (2, 5), (3, 5))),
        "uploads": rank_scores(scores((2, 1))),
        "earnings": rank_scores(scores((4, 100))),
    }
    found = overall_scores(boards, run.rulebook, Positions(np.array([1, 2, 3, 4])))
    assert found.rows() == [
        (1, 2_500),  # 10000 / 4
        (2, 4_166),  # 2 of 3 have 5 or less: (6666 + 10000) / 4
        (3, 1_666),  # 6666 / 4
    ]
