"""Rules in plain words, as the command line and the dashboard show them."""

from datetime import date

import pytest

from cli.wording import gap
from dashboard.wording import wording_for
from pipelines.rulebook.model import Metric, Weights
from pipelines.rulebook.wording import goal, how_far, needed_fields, plays_rule, share
from pipelines.vocabulary import plural


@pytest.mark.parametrize(
    ("rules", "sentences"),
    [
        ((0, True, 0), "A play counts however short it is. Own plays count too."),
        (
            (1, False, 0),
            "A play counts from 1 second of listening. Plays by the makers of a track do not "
            "count.",
        ),
        (
            (30, True, 1000),
            "A play counts from 30 seconds of listening. Own plays count too. A listener counts at "
            "most 1,000 times for a track in a day.",
        ),
    ],
)
def test_which_plays_count(rules: tuple[int, bool, int], sentences: str) -> None:
    assert plays_rule(*rules) == sentences


def test_numbers_are_written_as_the_reader_does() -> None:
    said = plays_rule(2_000, True, 3_000, wording_for("de").plural)
    assert "2.000 seconds" in said
    assert "3.000 times" in said


@pytest.mark.parametrize(
    ("metric", "threshold", "words"),
    [
        ("uploads", 1, "1 upload"),
        ("track_plays", 1_000, "1,000 plays of one track"),
        ("upload_streak", 4, "4 weeks in a row"),
        ("earnings", 123_456, "1,234.56 earned"),
        ("level", 5, "level 5"),
        ("joined_before", date(2026, 1, 1), "joining before 2026-01-01"),
        ("granted", None, "a grant by people"),
    ],
)
def test_what_unlocks_an_achievement(
    metric: Metric, threshold: int | date | None, words: str
) -> None:
    assert goal(metric, threshold) == words


@pytest.mark.parametrize(
    ("metric", "needed", "words"),
    [
        ("uploads", 1, "0 of 1 upload"),
        ("day_plays", 50, "0 of 50 plays in one day"),
        ("earnings", 100, "0.00 of 1.00 earned"),
        ("level", 500, "0 of 500 XP"),
    ],
)
def test_how_far_an_achievement_is(metric: Metric, needed: int, words: str) -> None:
    assert how_far(metric, 0, needed) == words


def test_changes_by_one_are_one() -> None:
    assert [plural(n, "upload") for n in (-2, -1, 0, 1)] == [
        "-2 uploads",
        "-1 upload",
        "0 uploads",
        "1 upload",
    ]
    assert [gap("uploads", n) for n in (-1, -2)] == ["-1 upload", "-2 uploads"]


@pytest.mark.parametrize(
    ("fields", "percent", "needed"), [(8, 80, 7), (8, 75, 6), (3, 34, 2), (3, 33, 1), (5, 0, 0)]
)
def test_how_many_fields_complete_a_track(fields: int, percent: int, needed: int) -> None:
    assert needed_fields(["f"] * fields, percent) == needed


def test_shares_of_the_overall_board() -> None:
    weights = Weights(points=2, plays=1)
    assert [share(weights, board) for board in ("points", "plays", "uploads")] == [
        "66.7%",
        "33.3%",
        "0%",
    ]
