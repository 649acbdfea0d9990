"""A producer's row of `progress`: sums by source, and the way to the next level."""

import polars as pl

from pipelines.progress.summary import summary
from pipelines.rulebook.tables import levels
from pipelines.run import Run
from tests.runs import frame

PRODUCERS = frame(
    "producers",
    *({"producer_id": n, "display_name": f"P{n}", "status": "active"} for n in (1, 2, 3)),
)
NOTHING = frame("award_sums")
COLUMNS = [
    "xp",
    "play_xp",
    "plays",
    "partners",
    "best_track_plays",
    "best_day_plays",
    "best_upload_streak",
    "earnings_cents",
    "achievements_unlocked",
]


def numbers(**given: list[tuple[int, int]]) -> dict[str, pl.DataFrame]:
    schema = {"producer_id": pl.Int64, "amount": pl.Int64}
    return {
        name: pl.DataFrame(given.get(name, []), schema=schema, orient="row") for name in COLUMNS
    }


AWARDS = dict.fromkeys(
    (
        "activity_unlocks",
        "play_unlocks",
        "adjustments",
        "collaborations",
        "metadata_completions",
        "uploads",
    ),
    NOTHING,
)


def rows(run: Run, **given: list[tuple[int, int]]) -> pl.DataFrame:
    return summary(PRODUCERS, levels(run.rulebook), 4, numbers(**given), AWARDS)


def test_a_level_begins_at_its_xp_and_percents_are_cut(run: Run) -> None:
    found = rows(run, xp=[(1, 399), (2, 100), (3, 400)])
    columns = ["level", "level_title", "level_min_xp", "next_level_xp", "xp_to_next"]
    assert found.select(*columns, "progress_percent").rows() == [
        (2, "Two", 100, 400, 1, 99),  # 299 of 300
        (2, "Two", 100, 400, 300, 0),
        (3, "Three", 400, None, None, 100),
    ]


def test_points_below_nothing_are_none_and_nobody_is_left_out(run: Run) -> None:
    found = rows(run, xp=[(1, -50)])
    assert found["total_xp"].to_list() == [0, 0, 0]
    assert found["level"].to_list() == [1, 1, 1]


def test_amounts_of_several_tables_are_added_and_unknown_producers_dropped(run: Run) -> None:
    sums = frame("award_sums", {"producer_id": 2, "quantity": 3, "xp": 300})
    awards = AWARDS | {"uploads": sums, "activity_unlocks": sums, "play_unlocks": sums}
    found = summary(
        PRODUCERS,
        levels(run.rulebook),
        4,
        numbers(achievements_unlocked=[(2, 1), (2, 2), (9, 4)]),
        awards,
    )
    of_second = found.row(1, named=True)
    assert (of_second["upload_xp"], of_second["uploads"]) == (300, 3)
    assert of_second["achievement_xp"] == 600  # 300 + 300
    assert (of_second["achievements_unlocked"], of_second["achievements_locked"]) == (3, 1)
    assert found["achievements_unlocked"].to_list() == [0, 3, 0]
