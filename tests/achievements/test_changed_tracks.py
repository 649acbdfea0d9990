"""Tracks whose plays are other ones, although there may be as many."""

from datetime import datetime

import polars as pl

from pipelines.achievements.changed_tracks import PLAYS, different_tracks

SIX, SEVEN = datetime(2026, 10, 1, 6), datetime(2026, 10, 1, 7)


def plays(*rows: tuple[int, datetime]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=PLAYS, orient="row")


def test_a_track_has_changed_if_any_of_its_times_has() -> None:
    former = plays((1, SIX), (2, SIX), (3, SIX), (4, SIX), (4, SIX))
    # 1 is as it was, 2 came an hour later, 3 is gone, of 4 one remains, 5 is new.
    now = plays((4, SIX), (2, SEVEN), (1, SIX), (5, SEVEN))
    assert sorted(different_tracks(former, now)["track_id"]) == [2, 3, 4, 5]


def test_the_same_plays_in_another_order_are_no_change() -> None:
    former, now = plays((1, SIX), (1, SEVEN)), plays((1, SEVEN), (1, SIX))
    assert different_tracks(former, now).is_empty()
