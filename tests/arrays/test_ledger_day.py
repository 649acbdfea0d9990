"""A day of the ledger, and points by day, beside dictionaries."""

from collections import Counter
from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays.by_date import daily_sums, digests, slices
from pipelines.ledger.ledger import book_day

TODAY = date(2026, 3, 2)
_ROWS = st.dictionaries(st.integers(1, 9), st.tuples(st.integers(1, 5), st.integers(-50, 50)))
_SOURCES = st.sampled_from(["play", "upload", "achievement", "adjustment"])


@given(st.dictionaries(_SOURCES, _ROWS, min_size=1))
def test_a_ledger_day_has_every_row_in_order(
    sources: dict[str, dict[int, tuple[int, int]]],
) -> None:
    frames = {
        source: pl.DataFrame(
            [(producer, *amounts) for producer, amounts in sorted(rows.items())],
            schema={"producer_id": pl.Int64, "quantity": pl.Int64, "xp": pl.Int64},
            orient="row",
        )
        for source, rows in sources.items()
    }
    expected = sorted(
        (producer, TODAY, source, *amounts)
        for source, rows in sources.items()
        for producer, amounts in rows.items()
    )
    assert book_day(TODAY, frames.items()).rows() == expected


_POINTS = st.lists(
    st.tuples(
        st.integers(0, 4).map(lambda days: TODAY + timedelta(days)),
        st.integers(1, 4),
        st.integers(-9, 9),
    )
)
_SCHEMA = pl.Schema({"day": pl.Date, "producer_id": pl.Int64, "xp": pl.Int64})


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
