"""The same identity again: the later good row of a file wins (specification, section 1)."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.exports.deduplication import Deduplication
from pipelines.exports.schemas import SCHEMAS
from tests.exports.conftest import Read, Reading

HEADERS = {
    "producers": "producer_id,display_name,joined_at,profile_completion,status",
    "tracks": "track_id,producer_id,title,status,updated_at",
    "credits": "track_id,producer_id,credited_at",
    "plays": "play_id,track_id,played_at",
    "earnings": "earning_id,producer_id,amount_cents,earned_at",
    "grants": "grant_id,producer_id,achievement_id,granted_at",
    "adjustments": "adjustment_id,producer_id,xp,adjusted_at,reason",
}
MIDNIGHT_US = int((datetime(2026, 1, 2) - datetime(1970, 1, 1)) / timedelta(microseconds=1))


def _read(read: Read, entity: str, *lines: str, rows_per_chunk: int = 1_000_000) -> Reading:
    text = "\n".join([HEADERS[entity], *lines, ""])
    return read(entity, "2026-01-01.csv", text, rows_per_chunk)


def _plays(read: Read, *plays: tuple[int, str], rows_per_chunk: int = 1_000_000) -> Reading:
    lines = (f"{play_id},1,{time}" for play_id, time in plays)
    return _read(read, "plays", *lines, rows_per_chunk=rows_per_chunk)


@pytest.mark.parametrize(
    ("entity", "line", "other"),
    [
        ("producers", "1,Nova,2026-01-01,{},active", "2,Nova,2026-01-01,5,active"),
        ("tracks", "1,{},Beat,draft,2026-01-01", "2,5,Beat,draft,2026-01-01"),
        ("credits", "1,1,2026-01-0{}", "1,2,2026-01-01"),
        ("credits", "2,1,2026-01-0{}", "1,1,2026-01-01"),
        ("plays", "1,{},2026-01-01", "1,5,2026-01-02"),
        ("earnings", "1,1,{},2026-01-01", "2,1,5,2026-01-01"),
        ("grants", "1,{},x,2026-01-01", "2,5,x,2026-01-01"),
        ("adjustments", "1,1,{},2026-01-01,x", "2,1,5,2026-01-01,x"),
    ],
)
def test_the_later_row_of_an_identity_is_kept(
    read: Read, entity: str, line: str, other: str
) -> None:
    reading = _read(read, entity, line.format(1), other, line.format(2), line.format(3))
    contribution = reading.contribution
    assert (contribution.accepted, contribution.repeated, contribution.is_distinct) == (2, 2, True)
    assert sorted(reading.rows["row"]) == [2, 4]


def test_an_event_is_the_same_event_on_another_day(read: Read) -> None:
    reading = _read(read, "earnings", "1,1,1,2026-01-01", "1,1,2,2026-01-02")
    assert reading.rows["row"].to_list() == [2]
    assert list(reading.contribution.days) == ["2026-01-02"]


def test_a_rejected_row_repeats_nothing(read: Read) -> None:
    reading = _read(read, "credits", "1,1,2026-01-01", "1,1,2026-01-02", "1,1,someday")
    assert reading.rows["row"].to_list() == [2]
    contribution = reading.contribution
    assert (contribution.rows_read, contribution.repeated, contribution.rejected) == (3, 1, 1)


def test_bad_cells_of_repeated_rows_are_counted(read: Read) -> None:
    text = "play_id,track_id,played_at,listener_id\n1,1,2026-01-01,x\n1,1,2026-01-01,y\n"
    assert read("plays", "a.csv", text).contribution.bad_cells == {"listener_id": 2}


def test_a_play_is_told_by_its_id_and_its_day(read: Read) -> None:
    """Days are in UTC, wherever the exporter's clock stood."""
    reading = _plays(
        read,
        (1, "2026-01-02T00:30+01:00"),
        (1, "2026-01-02T00:30"),
        (2, "2026-01-02T12:00"),
        (1, "2026-01-01T05:00"),
        (7, "2026-01-02"),
    )
    assert reading.rows["row"].to_list() == [4, 2, 3, 5]
    assert reading.contribution.repeated == 1
    hour = 3_600_000_000
    morning = MIDNIGHT_US - 19 * hour
    assert reading.contribution.days == {
        "2026-01-01": [1, morning, morning, 1, 1],
        "2026-01-02": [3, MIDNIGHT_US, MIDNIGHT_US + 12 * hour, 1, 7],
    }
    assert reading.contribution.keys == []


def test_times_and_ids_of_repeated_rows_are_not_in_the_account(read: Read) -> None:
    reading = _plays(read, (5, "2026-01-02T23:00"), (3, "2026-01-02"), (5, "2026-01-02T01:00"))
    assert reading.contribution.days == {
        "2026-01-02": [2, MIDNIGHT_US, MIDNIGHT_US + 3_600_000_000, 3, 5]
    }


@pytest.mark.parametrize(
    ("ids", "settled"),
    [
        ((1, 2, 3, 4, 5, 6), True),
        ((5, 6, 3, 4, 1, 2), True),
        ((2, 1, 4, 3, 6, 5), True),
        # The ranges of two chunks touch or overlap, whether an identity stands twice or not.
        ((1, 2, 2, 4, 5, 6), False),
        ((1, 3, 2, 4, 5, 6), False),
    ],
)
def test_a_file_of_several_chunks_is_settled_if_their_ids_are_apart(
    ids: tuple[int, ...], settled: bool
) -> None:
    deduplication = Deduplication(SCHEMAS["tracks"])
    for start in (0, 2, 4):
        deduplication.deduplicated(pl.DataFrame({"track_id": ids[start : start + 2]}))
    assert (deduplication.is_distinct, deduplication.accepted, deduplication.keys) == (
        settled,
        6,
        [1, 6],
    )


def test_plays_of_other_days_do_not_disturb(read: Read) -> None:
    plays = [(1, "2026-01-01"), (1, "2026-01-02"), (2, "2026-01-01"), (2, "2026-01-02")]
    assert _plays(read, *plays, rows_per_chunk=1).contribution.is_distinct
    assert not _plays(read, *plays, plays[0], rows_per_chunk=1).contribution.is_distinct


def test_credits_of_one_track_in_two_chunks_are_told_apart_by_producer(read: Read) -> None:
    lines = ["1,1,2026-01-01", "1,2,2026-01-01", "2,1,2026-01-01"]
    reading = _read(read, "credits", *lines, rows_per_chunk=1)
    assert reading.contribution.is_distinct
    assert reading.contribution.keys == [1, 2]
    assert not _read(read, "credits", *lines, lines[1], rows_per_chunk=1).contribution.is_distinct


@pytest.mark.parametrize("entity", list(HEADERS))
def test_a_file_without_good_rows(read: Read, entity: str) -> None:
    for lines in ((), ("," * HEADERS[entity].count(","),)):
        contribution = _read(read, entity, *lines).contribution
        assert (contribution.accepted, contribution.repeated) == (0, 0)
        assert (contribution.is_distinct, contribution.days, contribution.keys) == (True, {}, [])


@settings(deadline=None, max_examples=300)
@given(
    entity=st.sampled_from(["plays", "credits", "earnings"]),
    rows=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(0, 71)), max_size=30),
    in_order=st.integers(0, 30),
    chunk_rows=st.integers(1, 31),
)
def test_what_is_kept_is_what_later_rows_leave(
    entity: str, rows: list[tuple[int, int, int]], in_order: int, chunk_rows: int
) -> None:
    """Whatever the rows, the order of their ids and the chunks, against one row at a time."""
    rows[:in_order] = sorted(rows[:in_order])
    names = {
        "plays": ("play_id", "track_id", "played_at"),
        "credits": ("track_id", "producer_id", "credited_at"),
        "earnings": ("earning_id", "producer_id", "earned_at"),
    }[entity]
    times = [datetime(2026, 1, 1) + timedelta(hours=hour) for _, _, hour in rows]

    def identity(row: int) -> tuple[int | date, ...]:
        first, second, _ = rows[row]
        if entity == "plays":
            return first, times[row].date()
        return (first, second) if entity == "credits" else (first,)

    frame = pl.DataFrame(
        {
            names[0]: pl.Series([row[0] for row in rows], dtype=pl.Int64),
            names[1]: pl.Series([row[1] for row in rows], dtype=pl.Int64),
            names[2]: pl.Series(times, dtype=pl.Datetime("us")),
            "row": pl.int_range(len(rows), eager=True),
        }
    )
    deduplication = Deduplication(SCHEMAS[entity])
    kept: list[int] = []
    for start in range(0, len(rows), chunk_rows):
        chunk = range(start, min(start + chunk_rows, len(rows)))
        found = deduplication.deduplicated(frame[start : start + chunk_rows])
        last = {identity(row): row for row in chunk}
        expected = sorted(last.values())
        if entity == "plays":
            expected.sort(key=lambda row: times[row].date())
        assert found["row"].to_list() == expected
        assert found.columns == frame.columns
        kept += expected
    identities = [identity(row) for row in kept]
    assert deduplication.accepted == len(kept)
    assert deduplication.repeated == len(rows) - len(kept)
    if deduplication.is_distinct:
        assert len(set(identities)) == len(identities)
    assert deduplication.is_distinct or len(rows) > chunk_rows

    ids = [rows[row][0] for row in kept]
    assert deduplication.keys == ([min(ids), max(ids)] if ids and entity != "plays" else [])
    days: dict[str, list[int]] = {}
    for day in sorted({times[row].date() for row in kept} if entity != "credits" else ()):
        of_day = [row for row in kept if times[row].date() == day]
        micros = [
            (times[row] - datetime(1970, 1, 1)) // timedelta(microseconds=1) for row in of_day
        ]
        days[day.isoformat()] = [len(of_day), min(micros), max(micros)]
        if entity == "plays":
            day_ids = [rows[row][0] for row in of_day]
            days[day.isoformat()] += [min(day_ids), max(day_ids)]
    assert deduplication.days == days
