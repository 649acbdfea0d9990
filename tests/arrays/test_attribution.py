"""Who earns a day's plays, beside the attribution read row by row."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays.attribution import FIRST_DAY, LAST_DAY, AttributionIndex
from pipelines.tables import Table

DAY = date(2026, 3, 2)
_DAYS = st.integers(-3, 3).map(lambda days: DAY + timedelta(days))
Row = tuple[int, int | None, date, date]


@st.composite
def attributions(draw: st.DrawFn) -> list[Row]:
    """Tracks 10 to 15: each with an uploader or none, some with collaborators."""
    rows: list[Row] = []
    for track in sorted(draw(st.sets(st.integers(10, 15)))):
        uploader = draw(st.one_of(st.none(), st.integers(1, 4)))
        rows.append((track, uploader, FIRST_DAY, LAST_DAY))
        for producer in draw(st.sets(st.integers(5, 8), max_size=2)):
            start = draw(_DAYS)
            until = draw(st.one_of(st.just(LAST_DAY), _DAYS))
            if start < until:
                rows.append((track, producer, start, until))
    return rows


def earners_of(rows: list[Row]) -> AttributionIndex:
    schema = Table("attribution").schema
    columns = ("track_id", "producer_id", "from_day", "until_day")
    return AttributionIndex(
        pl.DataFrame(rows, schema={c: schema[c] for c in columns}, orient="row")
    )


def plays_by(rows: list[Row], tracks: list[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for played in tracks:
        for track, producer, start, until in rows:
            if track == played and producer is not None and start <= DAY < until:
                counts[producer] = counts.get(producer, 0) + 1
    return counts


def test_who_earns_a_play_depends_on_its_track_and_day() -> None:
    index = earners_of(
        [(10, 1, FIRST_DAY, LAST_DAY), (10, 5, DAY, LAST_DAY), (11, None, FIRST_DAY, LAST_DAY)]
    )
    plays = index.tracks(np.array([10, 11, 12, 10]))
    earned = index.of(plays, DAY)
    assert index.ids(earned.uploaders[[0, 3]].astype(np.int64)).tolist() == [1, 1]
    assert earned.uploaders[1:3].tolist() == [0, 0]  # of 11 nobody does; 12 is unknown
    assert earned.shared.tolist() == [0, 3]
    assert index.ids(earned.collaborators.astype(np.int64)).tolist() == [5, 5]
    assert earned.unmatched == 1
    before = index.of(plays, DAY - timedelta(1))
    assert before.shared.tolist() == []


def test_the_day_on_which_a_credit_ends_is_not_its_last() -> None:
    index = earners_of([(10, 1, FIRST_DAY, LAST_DAY), (10, 5, DAY - timedelta(2), DAY)])
    plays = index.tracks(np.array([10]))
    assert index.of(plays, DAY).shared.tolist() == []
    assert index.of(plays, DAY - timedelta(1)).shared.tolist() == [0]


@given(attributions(), st.lists(st.integers(8, 17)), st.sets(st.integers(1, 9)))
def test_what_some_may_earn_holds_all_that_they_earn(
    rows: list[Row], plays: list[int], producers: set[int]
) -> None:
    earners = earners_of(rows)
    wanted = earners.find(np.array(sorted(producers), dtype=np.int64))
    wanted = wanted[wanted > 0]
    some, others = wanted[::2], wanted[1::2]
    tracks_of = earners.tracks_of(wanted)
    both = np.concatenate([tracks_of.any_of(some), tracks_of.any_of(others)])
    theirs = earners.are_of(np.array(plays, dtype=np.int64), both)
    places = set(np.flatnonzero(theirs).tolist())
    mine = {
        place
        for place, played in enumerate(plays)
        if plays_by(rows, [played]).keys() & set(earners.ids(wanted).tolist())
    }
    assert mine <= places


@given(attributions(), st.dictionaries(st.integers(10, 17), st.integers(1, 9)))
def test_the_best_track_of_each_uploader(rows: list[Row], totals: dict[int, int]) -> None:
    ids, plays = (np.array(list(part), dtype=np.int64) for part in (totals, totals.values()))
    best = earners_of(rows).best_tracks(ids, plays)
    expected: dict[int, int] = {}
    for track, producer, start, _ in rows:
        if producer is not None and start == FIRST_DAY and track in totals:
            expected[producer] = max(expected.get(producer, 0), totals[track])
    assert dict(best.iter_rows()) == expected
