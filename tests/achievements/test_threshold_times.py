"""The time of the nth play of a day."""

import numpy as np
import polars as pl

from pipelines.achievements.threshold_times import Played, nth_times


def test_the_nth_smallest_time_of_each_id() -> None:
    plays = Played(np.array([5, 6, 5, 5, 6]), np.array([30, 7, 10, 20, 9]))
    crossings = pl.DataFrame({"producer_id": [6, 5, 5], "nth": [2, 1, 3]})
    # 6: 7, 9; 5: 10, 20, 30.
    assert nth_times(plays, crossings).tolist() == [9, 10, 30]


def test_plays_at_one_time_are_counted_one_by_one() -> None:
    plays = Played(np.array([5, 5, 5]), np.array([10, 10, 20]))
    crossings = pl.DataFrame({"producer_id": [5, 5, 5], "nth": [1, 2, 3]})
    assert nth_times(plays, crossings).tolist() == [10, 10, 20]
