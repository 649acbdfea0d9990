"""Running totals and thresholds, beside adding up and comparing one by one."""

from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays.positions import Positions
from pipelines.arrays.running_totals import Thresholds, Totals, adjusted

IDS = (3, 4, 7, 9)
_Amounts = dict[int, int]
_AMOUNTS = st.dictionaries(st.sampled_from(IDS), st.integers(1, 30))
#: The least and the greatest id, too.
_OF_ANY_ID = st.dictionaries(st.sampled_from((1, *IDS, 2**63 - 1)), st.integers(1, 30))


def positions() -> Positions:
    return Positions(np.array(IDS))


def arrays(amounts: _Amounts) -> tuple[np.ndarray, np.ndarray]:
    where = positions().find(np.array(list(amounts), dtype=np.int64))
    return where, np.array(list(amounts.values()), dtype=np.int64)


def frame(amounts: _Amounts) -> pl.DataFrame:
    rows = sorted(amounts.items())
    return pl.DataFrame(rows, schema={"track_id": pl.Int64, "plays": pl.Int64}, orient="row")


@given(st.lists(_AMOUNTS), st.sets(st.integers(1, 60)), _AMOUNTS)
def test_each_threshold_is_passed_once_on_its_day(
    days: list[_Amounts], thresholds: set[int], before: _Amounts
) -> None:
    totals, marks = Totals(positions()), Thresholds(positions(), thresholds)
    totals.add(*arrays(before))
    marks.skip(*arrays(before))
    running = Counter(before)
    for day in days:
        expected = {
            (id_, k)
            for id_, amount in day.items()
            for k in thresholds
            if running[id_] < k <= running[id_] + amount
        }
        running.update(day)
        where, amounts = arrays(day)
        passed = marks.passed(where, totals.add(where, amounts))
        found = list(
            zip(positions().ids(where[passed.at]).tolist(), passed.k.tolist(), strict=True)
        )
        assert len(found) == len(set(found))
        assert set(found) == expected
    assert dict(totals.table("track_id", "plays").iter_rows()) == dict(running)


@given(st.lists(st.tuples(st.sampled_from(IDS), st.integers(-5, 5))))
def test_amounts_of_one_id_are_all_added(amounts: list[tuple[int, int]]) -> None:
    totals = Totals(positions())
    ids, xp = (np.array([row[n] for row in amounts], dtype=np.int64) for n in (0, 1))
    totals.add_each(positions().find(ids), xp)
    expected = {id_: sum(x for i, x in amounts if i == id_) for id_ in IDS}
    found = dict(totals.table("producer_id", "xp").iter_rows())
    assert found == {id_: xp for id_, xp in expected.items() if xp}


@given(_OF_ANY_ID, _OF_ANY_ID, _OF_ANY_ID)
def test_totals_are_adjusted_by_what_came_and_went(
    before: _Amounts, came: _Amounts, went: _Amounts
) -> None:
    expected = Counter(before)
    expected.update(came)
    expected.subtract(went)
    found = adjusted(frame(before), frame(came), frame(went))
    assert found["track_id"].is_sorted()
    assert dict(found.iter_rows()) == {id_: plays for id_, plays in expected.items() if plays}
