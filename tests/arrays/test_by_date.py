"""Cutting up by date, adding up, and comparing pieces, beside dictionaries."""

from collections import Counter
from datetime import date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays.by_date import daily_sums, digests, months, slices

TODAY = date(2026, 3, 2)
_POINTS = st.lists(
    st.tuples(
        st.integers(0, 4).map(lambda days: TODAY + timedelta(days)),
        st.integers(1, 4),
        st.integers(-9, 9),
    )
)
_SCHEMA = pl.Schema({"day": pl.Date, "producer_id": pl.Int64, "xp": pl.Int64})


def test_rows_of_a_producer_and_day_are_one_row_with_their_number_and_sum() -> None:
    rows = [
        (date(2026, 3, 3), 7, 100),
        (date(2026, 3, 2), 9, 50),
        (date(2026, 3, 2), 7, -20),
        (date(2026, 3, 3), 7, 5),
    ]
    assert daily_sums(pl.DataFrame(rows, schema=_SCHEMA, orient="row")).rows() == [
        (date(2026, 3, 2), 7, 1, -20),
        (date(2026, 3, 2), 9, 1, 50),
        (date(2026, 3, 3), 7, 2, 105),  # 100 + 5
    ]


def test_a_month_is_named_by_its_first_day() -> None:
    times = pl.Series([datetime(2026, 3, 1), datetime(2026, 3, 31, 23, 59, 59, 999_999)])
    assert months(times).to_list() == [date(2026, 3, 1)] * 2


@given(_POINTS)
def test_points_are_summed_by_day_and_producer(points: list[tuple[date, int, int]]) -> None:
    found = daily_sums(pl.DataFrame(points, schema=_SCHEMA, orient="row"))
    quantities = Counter((day, producer) for day, producer, _ in points)
    xp: Counter[tuple[date, int]] = Counter()
    for day, producer, amount in points:
        xp[day, producer] += amount
    assert found.rows() == [(*key, quantities[key], xp[key]) for key in sorted(quantities)]


@given(_POINTS, _POINTS)
def test_a_day_has_the_same_digest_if_its_rows_are_the_same(
    some: list[tuple[date, int, int]], others: list[tuple[date, int, int]]
) -> None:
    frames = [pl.DataFrame(sorted(rows), schema=_SCHEMA, orient="row") for rows in (some, others)]
    told = [digests(frame, frame["day"]) for frame in frames]
    cut = [slices(frame, frame["day"]) for frame in frames]
    assert [set(days) for days in told] == [set(days) for days in cut]
    for day in told[0].keys() & told[1].keys():
        assert (told[0][day] == told[1][day]) == cut[0][day].equals(cut[1][day])
