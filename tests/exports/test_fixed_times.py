"""Times read by their layout are what the general way makes of them, or are left to it."""

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.exports import fixed_times
from pipelines.exports.cells import no_faults
from pipelines.exports.fixed_times import times_in_layouts
from pipelines.exports.times import _times_from_any_text
from pipelines.exports.values import from_text

_TIMES = st.datetimes().map(lambda time: time.isoformat(timespec="microseconds"))
_LAYOUTS = st.tuples(
    st.sampled_from(["T", " ", "t"]),
    st.sampled_from([10, 13, 16, 19, 20, *range(21, 27)]),
    st.sampled_from(["", "", "0", "999"]),
    st.sampled_from(["", "Z", "Z", "+00:00", "-05:30", "+1400", "+24:00", "-00:60", "z", "+05"]),
)
_PLACES = st.lists(
    st.tuples(st.integers(0, 35), st.sampled_from("0123456789-+:. TZtz\0\n/é٣")), max_size=2
)


@st.composite
def _columns(draw: st.DrawFn) -> list[str | None]:
    """Times in a few layouts, of which some characters are changed."""
    layouts = draw(st.lists(_LAYOUTS, min_size=1, max_size=3))
    texts: list[str | None] = draw(st.lists(st.sampled_from([None, "", "x"]), max_size=1))
    for time, (between, length, more, zone) in draw(
        st.lists(st.tuples(_TIMES, st.sampled_from(layouts)), max_size=8)
    ):
        text = [*(time.replace("T", between)[:length] + more + zone)]
        for place, character in draw(st.one_of(st.just([]), _PLACES)):
            text[place % len(text)] = character
        texts.append("".join(text))
    return texts


@settings(deadline=None, max_examples=500)
@given(_columns(), st.integers(0, 3))
@example(["2026-02-29T00:00:00.000Z", "2026-02-28T23:59:60.000Z", "2026-02-28T24:00:00.000Z"], 0)
@example(["2000-01-01T00:00+23:59", "2099-12-31T23:59-23:59", "2100-01-01T00:00-00:00"], 0)
def test_both_ways_agree(texts: list[str | None], sliced: int) -> None:
    column = pl.Series("column", texts, dtype=pl.String).slice(sliced)
    general = _times_from_any_text(column)
    cells = from_text("time", column)
    assert cells.values.equals(general.values, check_dtypes=True, check_names=True)
    nothing = no_faults(len(column))
    found, expected = (nothing if c.faults is None else c.faults for c in (cells, general))
    assert found.equals(expected, check_dtypes=True)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02",
        "2026-01-02T03:04",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04:05.372Z",
        "2026-01-02T03:04:05.372123456-0530",
        "2099-12-31T23:59:59.999999+00:00",
    ],
)
def test_usual_layouts_are_not_left_to_the_general_way(text: str) -> None:
    texts = [text] * (2 * fixed_times._ROWS_AT_A_TIME + 1)
    assert times_in_layouts(pl.Series([None, "x", *texts])).null_count() == 2
