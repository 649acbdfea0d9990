"""Days of plays: what as_of cuts, and which days are read together."""

from datetime import date, datetime

import polars as pl

from pipelines.activity.plays import (
    BATCH_ROWS,
    READ_ROWS,
    CountedPlays,
    PlayDay,
    before,
    by_day,
    reading_groups,
)
from pipelines.tables import Table

FIRST, SECOND, THIRD = (date(2026, 10, day) for day in (1, 2, 3))


def play_day(day: date, *files: str, rows: int = 10, deduplicated: Table | None = None) -> PlayDay:
    """A day with plays from 06:00 to 18:00."""
    first, last = (datetime(day.year, day.month, day.day, hour) for hour in (6, 18))
    return PlayDay("key", files, len(files) > 1, deduplicated, rows, first, last)


def test_as_of_cuts_a_day_if_a_play_is_not_before_it() -> None:
    counted = CountedPlays({FIRST: play_day(FIRST, "a")}, Table("self_listeners"), 0)
    last = datetime(2026, 10, 1, 18)
    assert counted.cut(FIRST, last) == last  # the play at as_of itself does not count
    assert counted.cut(FIRST, datetime(2026, 10, 1, 18, 0, 0, 1)) is None
    plays = pl.DataFrame({"played_at": [datetime(2026, 10, 1, 17), last]})
    assert before(plays, last).height == 1
    assert before(plays, None).height == 2


def test_the_next_play_is_the_first_of_the_days_that_are_not_over() -> None:
    days = {FIRST: play_day(FIRST, "a"), THIRD: play_day(THIRD, "b")}
    counted = CountedPlays(days, Table("self_listeners"), 0)
    assert counted.next_play(datetime(2026, 10, 2)) == datetime(2026, 10, 3, 6)
    within = datetime(2026, 10, 3, 7)
    assert counted.next_play(within) == within
    assert counted.next_play(datetime(2026, 10, 4)) is None


def test_what_replaces_a_row_makes_it_a_duplicate() -> None:
    fewer = play_day(FIRST, "a", rows=10, deduplicated=Table("counted_plays", ("f",), 7))
    days = {FIRST: fewer, SECOND: play_day(SECOND, "b")}
    # 10 - 7 from another file, and 2 within one.
    assert CountedPlays(days, Table("self_listeners"), 2).duplicates == 5


def test_small_days_are_read_together_and_so_are_days_that_share_files() -> None:
    half = READ_ROWS // 2
    days = {
        FIRST: play_day(FIRST, "a", rows=half),
        SECOND: play_day(SECOND, "b", rows=half),
        THIRD: play_day(THIRD, "c", rows=half),
    }
    assert list(reading_groups(days, days)) == [[FIRST, SECOND], [THIRD]]
    shared = {day: play_day(day, "a", rows=READ_ROWS) for day in days}
    assert 3 * READ_ROWS <= BATCH_ROWS
    assert list(reading_groups(shared, shared)) == [[FIRST, SECOND, THIRD]]


def test_rows_are_told_apart_by_their_day_and_keep_their_order() -> None:
    times = [datetime(2026, 10, 2), datetime(2026, 10, 1, 23, 59), datetime(2026, 10, 2, 1)]
    cut = by_day(pl.DataFrame({"played_at": times}), pl.col("played_at").dt.date())
    assert {day: rows["played_at"].to_list() for day, rows in cut.items()} == {
        FIRST: [times[1]],
        SECOND: [times[0], times[2]],
    }
