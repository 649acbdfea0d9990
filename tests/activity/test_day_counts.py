"""A day's plays by track and by producer, beside the attribution read row by row."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.activity.day_counts import count_day
from pipelines.arrays.attribution import FIRST_DAY, LAST_DAY
from tests.arrays.test_attribution import DAY, Row, attributions, earners_of, plays_by

_PLAYS_SCHEMA = pl.Schema({"track_id": pl.Int64, "valid": pl.Boolean})


def test_a_play_counts_for_the_uploader_and_the_collaborators_of_its_day() -> None:
    index = earners_of(
        [(10, 1, FIRST_DAY, LAST_DAY), (10, 5, DAY, LAST_DAY), (11, 1, FIRST_DAY, LAST_DAY)]
    )
    plays = [(10, True), (10, True), (11, True), (11, False), (99, True)]
    counted = count_day(pl.DataFrame(plays, schema=_PLAYS_SCHEMA, orient="row"), index, DAY)
    # One of track 11 does not pass the rules; nobody knows track 99.
    assert counted.track_plays.rows() == [(DAY, 10, 2), (DAY, 11, 1), (DAY, 99, 1)]
    assert counted.producer_plays.rows() == [(DAY, 1, 3), (DAY, 5, 2)]  # 2 + 1; 2
    assert counted.unmatched == 1


def test_a_track_without_a_valid_play_has_a_row_and_its_uploader_none() -> None:
    index = earners_of([(10, 1, FIRST_DAY, LAST_DAY)])
    plays = pl.DataFrame([(10, False)], schema=_PLAYS_SCHEMA, orient="row")
    counted = count_day(plays, index, date(2026, 3, 2))
    assert counted.track_plays.rows() == [(DAY, 10, 0)]
    assert counted.producer_plays.is_empty()


_PLAYS = st.lists(st.tuples(st.integers(8, 17), st.booleans()))


@given(attributions(), _PLAYS)
def test_a_day_is_counted_as_row_by_row(rows: list[Row], plays: list[tuple[int, bool]]) -> None:
    frame = pl.DataFrame(plays, schema=_PLAYS_SCHEMA, orient="row")
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
