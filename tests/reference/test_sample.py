"""A sample is right about its producers, and everything has its turn."""

from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.publication.manifest import Manifest, current
from pipelines.reference.sample import Sample, turn_of
from pipelines.refresh import open_store
from tests.product import Project
from tests.reference.compared import compared
from tests.reference.planted import plant

DAYS = {date(2026, 10, day): rows for day, rows in ((1, 3), (2, 3), (3, 4), (4, 2), (5, 2))}


def test_every_producer_has_one_turn_in_a_round() -> None:
    ids = [2, 3, 5, 7, 11, 13, 17]
    # 7 producers, 3 at a time: a round has 3 turns.
    assert [Sample(turn, 3).of(ids) for turn in (0, 1, 2)] == [[2, 7, 17], [3, 11], [5, 13]]
    assert Sample(3, 3).of(ids) == Sample(0, 3).of(ids)
    assert Sample(5, 100).of(ids) == ids
    assert Sample(5, 100).of([]) == []


def test_the_newest_day_is_always_looked_at_and_others_in_turn() -> None:
    # 12 plays before the newest day, 8 - 2 at a time: two stretches of 6.
    [first, newest], are_all = Sample(0, 100, plays=8).days_of([1], DAYS)
    assert (first, newest, are_all) == (list(DAYS)[:2], [date(2026, 10, 5)], False)
    [second, newest], _ = Sample(1, 100, plays=8).days_of([1], DAYS)
    assert (second, newest) == (list(DAYS)[2:4], [date(2026, 10, 5)])


def test_a_history_that_is_short_enough_is_looked_at_whole() -> None:
    assert Sample(7, 1, plays=14).days_of([1], DAYS) == (
        [list(DAYS)[:4], [date(2026, 10, 5)]],
        True,
    )
    assert Sample(7, 1).days_of([1], {}) == ([], True)
    only = {date(2026, 10, 5): 50}
    assert Sample(7, 1, plays=10).days_of([1], only) == ([[date(2026, 10, 5)]], True)


@pytest.mark.parametrize("producers", [1, 2, 3, 4])
@pytest.mark.parametrize("plays", [3, 5, 8])
def test_every_producer_meets_every_day(producers: int, plays: int) -> None:
    ids = [1, 2, 3, 4, 5, 6]
    met = set()
    for turn in range(60):
        sample = Sample(turn, producers, plays)
        days = [day for stretch in sample.days_of(ids, DAYS)[0] for day in stretch]
        met |= {(producer_id, day) for producer_id in sample.of(ids) for day in days}
    assert len(met) == len(ids) * len(DAYS)


def test_an_hour_has_a_turn_and_the_next_one_the_next() -> None:
    turns = [turn_of(datetime(2026, 11, 1, *time)) for time in ((6, 0), (6, 59), (7, 0))]
    assert turns == [turns[0], turns[0], turns[0] + 1]


EXPORTS = {
    "producers/2026-10-01.csv": (
        "producer_id,display_name,joined_at,profile_completion,status\n"
        + "".join(f"{n},Producer {n},2026-01-01,100,active\n" for n in (1, 2, 3))
    ),
    "tracks/2026-10-01.csv": (
        "track_id,producer_id,title,status,published_at,updated_at\n"
        "11,1,A,published,2026-09-01,2026-09-01\n12,2,B,published,2026-09-02,2026-09-02\n"
    ),
    # Producer 3 earns from the plays of a track of 1.
    "credits/2026-10-01.csv": "track_id,producer_id,credited_at\n11,3,2026-09-05\n",
    "plays/1.csv": (
        "play_id,track_id,played_at\n"
        + "".join(f"{n},11,2026-10-0{n % 4 + 1}T0{n}:00:00Z\n" for n in range(1, 9))
    ),
    # Play 4 was of track 12, and an earning was of producer 2.
    "plays/2.csv": "play_id,track_id,played_at\n4,12,2026-10-01T04:00:00Z\n",
    "earnings/1.csv": (
        "earning_id,producer_id,amount_cents,earned_at\n"
        "1,1,500,2026-10-01\n2,1,900,2026-10-02\n2,2,900,2026-10-02\n"
    ),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Manifest]:
    project = Project(tmp_path_factory.mktemp("sample"))
    project.deliver(EXPORTS)
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    return project, project.refresh(datetime(2026, 11, 1)).manifest


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_one_producer_is_computed_without_the_others(
    turn: int, published: tuple[Project, Manifest]
) -> None:
    for table, found in compared(*published, Sample(turn, 1)).items():
        assert not found.different, f"{table}: {found.first}"
        assert found.rows or table in ("level_ups", "leaderboard"), table


def test_a_wrong_value_is_found_when_it_has_its_turn(
    published: tuple[Project, Manifest], tmp_path: Path
) -> None:
    project = published[0].copied(tmp_path / "copy")
    store = open_store(project.settings())
    manifest, planted = plant(store, current(store.root))
    board = planted["leaderboard"]["category"]
    everybody = [Sample(turn, 3) for turn in range(7)]
    [now] = [sample for sample in everybody if sample.category == board]
    later = next(sample for sample in everybody if sample.category != board)
    for sample, unseen in ((now, {"inputs"}), (later, {"inputs", "leaderboard"})):
        found = compared(project, manifest, sample).items()
        assert {name for name, table in found if table.different} == planted.keys() - unseen
