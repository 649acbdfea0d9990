"""What stands out, in figures with planted bots, holes and small numbers."""

import math
import statistics
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest

from analysis.balance.listening import PLAY, favourites, listening
from analysis.balance.unusual import (
    FAR,
    LEAST_SPREAD,
    busy_listeners,
    odd_days,
    outliers,
    repeated_tracks,
    spread,
    sudden_producers,
)

FIRST = date(2026, 3, 1)


def listeners(*best_day_plays: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"listener_id": range(1, len(best_day_plays) + 1), "best_day_plays": best_day_plays}
    )


def test_the_spread_is_the_scaled_median_deviation_of_logarithms() -> None:
    dice = Random(1)
    values = [math.exp(dice.gauss(2, 0.7)) for _ in range(501)]
    logs = [math.log(value) for value in values]
    middle = statistics.median(logs)
    wanted = 1.4826 * statistics.median(abs(one - middle) for one in logs)
    found = spread(pl.Series(values))
    assert found is not None
    assert found.median == pytest.approx(math.exp(middle))
    assert found.scale == pytest.approx(wanted)
    assert found.upper == pytest.approx(math.exp(middle + FAR * wanted))


def test_where_most_are_the_same_the_mean_deviation_counts() -> None:
    found = spread(pl.Series([1] * 60 + [8] * 40))
    assert found is not None
    assert found.scale == pytest.approx(1.2533 * 0.4 * math.log(8))
    same = spread(pl.Series([3] * 50))
    assert same is not None
    assert same.scale == LEAST_SPREAD


def test_a_bot_stands_out_however_many_plays_it_has() -> None:
    for plays in (500, 5_000_000):
        found = busy_listeners(listeners(*[1, 2, 3, 4] * 25, plays))
        assert found.far["listener_id"].to_list() == [101]
        assert found.count == 1
        assert found.bins["count"].sum() == 101
        assert found.bins["far"].sum() == 1


def test_many_bots_do_not_hide_each_other() -> None:
    found = busy_listeners(listeners(*[1, 2, 3, 4] * 25, *[9_000] * 40))
    assert found.count == 40
    assert found.head(5).far["listener_id"].to_list() == [101, 102, 103, 104, 105]
    assert found.head(5).count == 40


def test_small_numbers_do_not_stand_out() -> None:
    assert busy_listeners(listeners(*[1] * 100, 29)).count == 0
    assert busy_listeners(listeners(*[1] * 100, 30)).count == 1


def test_a_few_cannot_be_judged() -> None:
    found = busy_listeners(listeners(*[1] * 8, 1_000))
    assert found.spread is None
    assert found.count == 0
    assert busy_listeners(listeners()).count == 0


def test_outliers_may_lie_below_too() -> None:
    values = [100.0 + n for n in range(40)]
    measured = pl.DataFrame({"id": range(42), "value": [*values, 1.0, 9_000.0]})
    assert outliers(measured, "id").far["id"].to_list() == [41]
    assert outliers(measured, "id", low=True).far["id"].to_list() == [40, 41]


def test_a_track_in_a_loop_stands_out_and_a_hit_does_not() -> None:
    tracks = pl.DataFrame(
        {
            "track_id": range(1, 33),
            "plays": [*[40] * 30, 90_000, 60],
            "listener_days": [*[39] * 30, 88_000, 2],
        }
    )
    assert repeated_tracks(tracks).far["track_id"].to_list() == [32]


def test_a_producer_with_a_sudden_day_stands_out() -> None:
    rows = [
        (who, FIRST + timedelta(days=day), "play", 10 + day % 3, 0)
        for who in range(1, 21)
        for day in range(15)
    ]
    rows.append((7, FIRST + timedelta(days=20), "play", 5_000, 0))
    rows.append((7, FIRST + timedelta(days=20), "upload", 1, 0))
    columns = ["producer_id", "day", "source", "quantity", "xp"]
    ledger = pl.LazyFrame(rows, schema=columns, orient="row")
    found = sudden_producers(ledger)
    assert found.far["producer_id"].to_list() == [7]
    row = found.far.row(0, named=True)
    assert (row["best_day"], row["best_day_plays"]) == (FIRST + timedelta(days=20), 5_000)
    assert row["value"] == pytest.approx(5_000 * row["days"] / row["plays"])
    few = ledger.filter(pl.col("day") < FIRST + timedelta(days=5))
    assert sudden_producers(few).spread is None


def test_a_missing_day_and_a_flood_stand_out() -> None:
    plays = {FIRST + timedelta(days=n): 100 + 7 * (n % 5) for n in range(60)}
    hole, flood = FIRST + timedelta(days=30), FIRST + timedelta(days=45)
    del plays[hole]
    plays[flood] = 4_000
    frame = pl.DataFrame({"day": plays.keys(), "plays": plays.values()})
    every, found = odd_days(frame, FIRST + timedelta(days=60))
    assert every.height == 60
    assert set(found.far["day"]) == {hole, flood}
    # Today is not over: few plays so far mean nothing.
    today = frame.vstack(pl.DataFrame({"day": [FIRST + timedelta(days=60)], "plays": [3]}))
    assert odd_days(today, FIRST + timedelta(days=60))[1].count == 2
    assert odd_days(today, FIRST + timedelta(days=61))[1].count == 3


def test_no_plays_at_all() -> None:
    nothing = pl.DataFrame(schema={"day": pl.Date, "plays": pl.Int64})
    every, found = odd_days(nothing, FIRST)
    assert every.is_empty()
    assert found.spread is None
    heard = listening([], pl.Series(dtype=pl.Int64), pl.Series(dtype=pl.Int64))
    assert heard.listeners.is_empty()
    assert heard.tracks.is_empty()


def test_whom_a_listener_plays_most() -> None:
    plays = pl.DataFrame(
        [(1, 9), (1, 9), (2, 9), (3, 9), (5, 9), (5, 8)], schema=PLAY, orient="row"
    )
    tracks = pl.DataFrame({"track_id": [1, 2, 3], "producer_id": [20, 10, 10]})
    assert favourites(plays, tracks).rows() == [
        (8, 1, None, None),
        # Two plays each: the lower id comes first.
        (9, 4, 10, 2),
    ]
