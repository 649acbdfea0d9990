"""A day of the ledger, beside a sorted list."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ledger.ledger import book_day

TODAY = date(2026, 3, 2)


def of(*rows: tuple[int, int, int]) -> pl.DataFrame:
    schema = {"producer_id": pl.Int64, "quantity": pl.Int64, "xp": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_day_is_ordered_by_producer_and_source_and_one_source_is_added_up() -> None:
    plays, activity, of_levels = of((1, 4, 40), (3, 1, 10)), of((3, 1, 100)), of((3, 2, 0))
    awarded = [("play", plays), ("achievement", activity), ("achievement", of_levels)]
    assert book_day(TODAY, awarded).rows() == [
        (1, TODAY, "play", 4, 40),
        (3, TODAY, "achievement", 3, 100),  # 1 + 2, 100 + 0
        (3, TODAY, "play", 1, 10),
    ]


_ROWS = st.dictionaries(st.integers(1, 9), st.tuples(st.integers(1, 5), st.integers(-50, 50)))
_SOURCES = st.sampled_from(["play", "upload", "achievement", "adjustment"])


@given(st.dictionaries(_SOURCES, _ROWS, min_size=1))
def test_a_ledger_day_has_every_row_in_order(
    sources: dict[str, dict[int, tuple[int, int]]],
) -> None:
    frames = {
        source: of(*((producer, *amounts) for producer, amounts in sorted(rows.items())))
        for source, rows in sources.items()
    }
    expected = sorted(
        (producer, TODAY, source, *amounts)
        for source, rows in sources.items()
        for producer, amounts in rows.items()
    )
    assert book_day(TODAY, frames.items()).rows() == expected
