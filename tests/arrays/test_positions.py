"""Looking ids up, counting them, and laying ranges out."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays.positions import (
    Positions,
    add_up,
    counts_of,
    members,
    ranges,
    run_starts,
    runs,
    tally,
)

#: Close together, so that a table finds them, and far apart, so that they are searched for.
_IDS = st.one_of(
    st.sets(st.integers(1, 30)), st.sets(st.integers(1, 2**63 - 1)), st.sets(st.integers(-50, 50))
)


def array(numbers: Iterable[int], dtype: type = np.int64) -> np.ndarray:
    return np.array(list(numbers), dtype=dtype)


@given(_IDS, st.lists(st.integers(-60, 60)), st.data())
def test_an_id_is_found_where_it_stands(
    ids: set[int], others: list[int], data: st.DataObject
) -> None:
    ordered = sorted(ids)
    some = data.draw(st.lists(st.sampled_from(ordered))) if ordered else []
    wanted = some + others
    positions = Positions(array(ordered))
    expected = [ordered.index(id_) + 1 if id_ in ids else 0 for id_ in wanted]
    assert positions.find(array(wanted)).tolist() == expected
    assert positions.ids(positions.find(array(some))).tolist() == some


@given(_IDS, st.lists(st.integers(-60, 60)), st.data())
def test_an_id_is_among_those_at_some_positions(
    ids: set[int], others: list[int], data: st.DataObject
) -> None:
    ordered = sorted(ids)
    some = data.draw(st.lists(st.sampled_from(ordered))) if ordered else []
    positions = Positions(array(ordered))
    asked = [*ordered, *others]
    found = positions.among(array(asked), positions.find(array(some)))
    assert found.tolist() == [id_ in some for id_ in asked]


@given(st.lists(st.one_of(st.integers(0, 20), st.just(5_000))))
def test_numbers_are_counted_but_not_zero(numbers: list[int]) -> None:
    for dtype in (np.int32, np.int64):
        distinct, counts = counts_of(array(numbers, dtype))
        found = dict(zip(distinct.tolist(), counts.tolist(), strict=True))
        assert found == Counter(number for number in numbers if number)
        assert list(found) == sorted(found)


@given(st.lists(st.integers(-9, 9)))
def test_runs_are_distinct_numbers_and_their_counts(numbers: list[int]) -> None:
    distinct, counts = runs(array(numbers))
    assert dict(zip(distinct.tolist(), counts.tolist(), strict=True)) == Counter(numbers)


@given(st.lists(st.tuples(st.one_of(st.integers(1, 9), st.just(2**60)), st.integers(-5, 5))))
def test_amounts_are_added_up_by_id(rows: list[tuple[int, int]]) -> None:
    expected: Counter[int] = Counter()
    for id_, amount in rows:
        expected[id_] += amount
    ids, amounts = array(id_ for id_, _ in rows), array(amount for _, amount in rows)
    distinct, counts = tally(ids)
    assert dict(zip(distinct.tolist(), counts.tolist(), strict=True)) == Counter(ids.tolist())
    summed, sums, doubled = add_up(ids, amounts, 2 * amounts)
    assert summed.tolist() == distinct.tolist() == sorted(expected)
    assert sums.tolist() == [expected[id_] for id_ in summed.tolist()]
    assert doubled.tolist() == (2 * sums).tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_a_run_starts_where_any_column_changes(rows: list[tuple[int, int]]) -> None:
    rows.sort()
    expected = [n for n, row in enumerate(rows) if n == 0 or row != rows[n - 1]]
    assert run_starts(*(array(row[n] for row in rows) for n in (0, 1))).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5))))
def test_ranges_follow_one_another(bounds: list[tuple[int, int]]) -> None:
    found = ranges(array(start for start, _ in bounds), array(length for _, length in bounds))
    expected = [n for start, length in bounds for n in range(start, start + length)]
    assert found.tolist() == expected


@given(st.sets(st.integers(0, 9)))
def test_members_are_true(numbers: set[int]) -> None:
    assert np.flatnonzero(members(array(numbers), 9)).tolist() == sorted(numbers)
