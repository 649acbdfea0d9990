"""After some days changed, milestones of plays are what they are from nothing."""

from datetime import date

import pytest

from pipelines.achievements.changed_days import from_changes
from pipelines.achievements.play_thresholds import follow_plays
from pipelines.run import Run
from tests.achievements.test_play_thresholds import produced, reached

BEFORE = [[6], [7, 9], [5, 8], [1], [2]]


@pytest.mark.parametrize(
    ("changed", "later"),
    [
        (6, [[6], [7, 9], [5, 8], [1], [2], [3, 4]]),  # another day
        (5, [[6], [7, 9], [5, 8], [1], [3]]),  # a corrected time
        (2, [[6], [7, 10], [5, 8], [1], [2]]),  # the time of a threshold
        (2, [[6], [7], [5, 8], [1], [2]]),  # the best day of producer 1 lost a play
        (3, [[6], [7, 9], [5], [1], [2]]),  # the best day of producer 2 did
        (1, [[6, 8], [7, 9], [5, 8], [1], [2]]),  # an earlier day has two plays
        (5, [[6], [7, 9], [5, 8], [1]]),  # a day is gone
    ],
)
def test_after_a_change_it_is_what_it_is_from_nothing(
    changed: int, later: list[list[int]], run: Run
) -> None:
    """`changed`: the day of September that is another one."""
    before = follow_plays(run, None, produced(run, *BEFORE))
    now = produced(run, *later)
    grown = from_changes(run, before, now, [date(2026, 9, changed)])
    fresh = follow_plays(run, None, now)
    assert reached(run, grown) == reached(run, fresh)
    for name in ("track_totals", "play_totals", "best_days"):
        some, others = (run.store.read(getattr(found, name)) for found in (grown, fresh))
        assert some.rows() == others.rows(), name
