"""Who earns a day's plays, beside the attribution read row by row."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.activity.day_counts import count_day
from pipelines.arrays.attribution import FIRST_DAY, LAST_DAY, AttributionIndex
from pipelines.tables import Table

DAY = date(2026, 3, 2)
_DAYS = st.integers(-3, 3).map(lambda days: DAY + timedelta(days))
_Row = tuple[int, int | None, date, date]


@st.composite
def attributions(draw: st.DrawFn) -> list[_Row]:
    """Tracks 10 to 15: each with an uploader or none, some with collaborators."""
    rows: list[_Row] = []
    for track in sorted(draw(st.sets(st.integers(10, 15)))):
        uploader = draw(st.one_of(st.none(), st.integers(1, 4)))
        rows.append((track, uploader, FIRST_DAY, LAST_DAY))
        for producer in draw(st.sets(st.integers(5, 8), max_size=2)):
            start = draw(_DAYS)
            until = draw(st.one_of(st.just(LAST_DAY), _DAYS))
            if start < until:
                rows.append((track, producer, start, until))
    return rows


def earners_of(rows: list[_Row]) -> AttributionIndex:
    schema = Table("attribution").schema
    columns = ("track_id", "producer_id", "from_day", "until_day")
    return AttributionIndex(
        pl.DataFrame(rows, schema={c: schema[c] for c in columns}, orient="row")
    )


def plays_by(rows: list[_Row], tracks: list[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for played in tracks:
        for track, producer, start, until in rows:
            if track == played and producer is not None and start <= DAY < until:
                counts[producer] = counts.get(producer, 0) + 1
    return counts


_PLAYS = st.lists(st.tuples(st.integers(8, 17), st.booleans()))


@given(attributions(), _PLAYS)
def test_a_day_is_counted_as_row_by_row(rows: list[_Row], plays: list[tuple[int, bool]]) -> None:
    frame = pl.DataFrame(plays, schema={"track_id": pl.Int64, "valid": pl.Boolean}, orient="row")
    counted = count_day(frame, earners_of(rows), DAY)
    valid = [track for track, is_valid in plays if is_valid]
    tracks = {track: valid.count(track) for track in sorted({track for track, _ in plays})}
    known = {track for track, *_ in rows}
    assert dict(counted.track_plays.select("track_id", "plays").iter_rows()) == tracks
    assert counted.track_plays["track_id"].is_sorted()
    found = dict(counted.producer_plays.select("producer_id", "plays").iter_rows())
    assert found == plays_by(rows, valid)
    assert list(found) == sorted(found)
    assert counted.unmatched == sum(track not in known for track, _ in plays)


@given(attributions(), st.lists(st.integers(8, 17)), st.sets(st.integers(1, 9)))
def test_what_some_may_earn_holds_all_that_they_earn(
    rows: list[_Row], plays: list[int], producers: set[int]
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
def test_the_best_track_of_each_uploader(rows: list[_Row], totals: dict[int, int]) -> None:
    ids, plays = (np.array(list(part), dtype=np.int64) for part in (totals, totals.values()))
    best = earners_of(rows).best_tracks(ids, plays)
    expected: dict[int, int] = {}
    for track, producer, start, _ in rows:
        if producer is not None and start == FIRST_DAY and track in totals:
            expected[producer] = max(expected.get(producer, 0), totals[track])
    assert dict(best.iter_rows()) == expected
