"""Days of plays, in order, at the positions of ids."""

from datetime import date

import numpy as np

from pipelines.activity.daily_amounts import PLAYS_OF_PRODUCERS, read_amounts
from pipelines.arrays.positions import Positions
from pipelines.run import Run
from tests.runs import table


def test_days_come_in_order_and_of_those_without_a_position_nothing_is_told(run: Run) -> None:
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    days = {
        second: table(run, "producer_plays", {"producer_id": 8, "plays": 5}),
        first: table(
            run,
            "producer_plays",
            {"producer_id": 3, "plays": 1},
            {"producer_id": 8, "plays": 2},
        ),
    }
    told = list(read_amounts(run, days, PLAYS_OF_PRODUCERS, Positions(np.array([7, 8]))))
    # 7 stands at 1, 8 at 2; 3 at none.
    assert [(day, where.tolist(), amounts.tolist()) for day, where, amounts in told] == [
        (first, [2], [2]),
        (second, [2], [5]),
    ]
    nobody = Positions(np.zeros(0, dtype=np.int64))
    assert list(read_amounts(run, days, PLAYS_OF_PRODUCERS, nobody)) == []
