"""What a good row is, and why a bad one is rejected (specification, section 1: the table)."""

import msgspec
import pytest

from pipelines.exports.files import EVENT_ENTITIES
from pipelines.exports.schemas import SCHEMAS, kinds, required_columns, time_column
from pipelines.vocabulary import ENTITIES
from tests.exports.conftest import Read

GOOD: dict[str, dict[str, object]] = {
    "producers": {
        "producer_id": 1,
        "display_name": "Nova",
        "joined_at": "2026-01-01",
        "profile_completion": 80,
        "status": "active",
        "user_id": 7,
        "listed": True,
    },
    "tracks": {
        "track_id": 1,
        "producer_id": 1,
        "title": "Beat",
        "status": "published",
        "published_at": "2026-01-01",
        "updated_at": "2026-01-01",
    },
    "credits": {"track_id": 1, "producer_id": 1, "credited_at": "2026-01-01"},
    "plays": {
        "play_id": 1,
        "track_id": 1,
        "played_at": "2026-01-01",
        "listener_id": 1,
        "seconds_played": 0,
    },
    "earnings": {
        "earning_id": 1,
        "producer_id": 1,
        "amount_cents": -(10**12),
        "earned_at": "2026-01-01",
        "track_id": 1,
    },
    "grants": {
        "grant_id": 1,
        "producer_id": 1,
        "achievement_id": "x",
        "granted_at": "2026-01-01",
        "granted_by": "",
        "note": None,
    },
    "adjustments": {
        "adjustment_id": 1,
        "producer_id": 1,
        "xp": -(10**9),
        "adjusted_at": "2026-01-01",
        "reason": " ",
        "adjusted_by": "ops",
    },
}


def _line(entity: str, **changes: object) -> str:
    return msgspec.json.encode({**GOOD[entity], **changes}).decode()


def test_every_entity_has_a_schema() -> None:
    assert tuple(SCHEMAS) == ENTITIES
    assert [entity for entity in ENTITIES if time_column(SCHEMAS[entity])] == list(EVENT_ENTITIES)


@pytest.mark.parametrize("entity", ENTITIES)
def test_good_rows_are_accepted(read: Read, entity: str) -> None:
    reading = read(entity, "2026-01-01.ndjson", _line(entity))
    assert (reading.contribution.accepted, reading.contribution.bad_cells) == (1, {})
    assert reading.rows.columns == [*kinds(SCHEMAS[entity]), "row"]


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_row_of_nulls_lacks_the_first_required_column(read: Read, entity: str) -> None:
    reading = read(entity, "2026-01-01.ndjson", "{}")
    assert reading.reasons == [(1, f"{required_columns(SCHEMAS[entity])[0]}:required")]


@pytest.mark.parametrize(
    ("entity", "column", "value", "reason"),
    [
        ("producers", "producer_id", 0, "range"),
        ("producers", "producer_id", 2**63, "range"),
        ("producers", "producer_id", "x", "type"),
        ("producers", "display_name", "", "length"),
        ("producers", "display_name", 5, "type"),
        ("producers", "joined_at", "1999-12-31T23:59:59.999999", "range"),
        ("producers", "joined_at", "2100-01-01", "range"),
        ("producers", "joined_at", "9999-12-31T23:59-23:59", "range"),
        # By its own clock it is the last day of 1999, in UTC it is not, and the other way round.
        ("producers", "joined_at", "1999-12-31T23:00-01:00", None),
        ("producers", "joined_at", "2000-01-01T00:59+01:00", "range"),
        ("producers", "profile_completion", -1, "range"),
        ("producers", "profile_completion", 101, "range"),
        ("producers", "profile_completion", 99.5, "type"),
        ("producers", "status", "Active", "allowed"),
        ("tracks", "title", "x" * 300, None),
        ("tracks", "status", "deleted", "allowed"),
        ("tracks", "published_at", None, "required"),
        ("tracks", "published_at", "soon", "type"),
        ("tracks", "published_at", "1970-01-01", "range"),
        ("earnings", "amount_cents", 10**12 + 1, "range"),
        ("adjustments", "xp", 0, "range"),
        ("adjustments", "xp", 10**9 + 1, "range"),
        ("adjustments", "reason", "", "length"),
        ("grants", "achievement_id", "", "length"),
        ("grants", "granted_at", 5, "range"),
    ],
)
def test_bad_required_cells_reject_the_row(
    read: Read, entity: str, column: str, value: object, reason: str | None
) -> None:
    reading = read(entity, "2026-01-01.ndjson", _line(entity, **{column: value}))
    assert reading.reasons == ([(1, f"{column}:{reason}")] if reason else [])


@pytest.mark.parametrize(
    ("entity", "column", "value"),
    [
        ("producers", "user_id", 0),
        ("plays", "listener_id", "someone"),
        ("plays", "seconds_played", -1),
        ("plays", "seconds_played", 1.5),
        ("earnings", "track_id", 2**70),
        ("grants", "note", 5),
        ("adjustments", "adjusted_by", ["ops"]),
    ],
)
def test_bad_optional_cells_become_null(
    read: Read, entity: str, column: str, value: object
) -> None:
    reading = read(entity, "2026-01-01.ndjson", _line(entity, **{column: value}))
    assert reading.contribution.bad_cells == {column: 1}
    assert reading.rows[column].to_list() == [None]


@pytest.mark.parametrize(
    ("value", "listed", "bad"),
    [
        (None, True, {}),
        (True, True, {}),
        (False, False, {}),
        ("true", True, {}),
        ("false", False, {}),
        # A mistake shows nobody who asked to be hidden.
        ("False", False, {"listed": 1}),
        ("", False, {"listed": 1}),
        (1, False, {"listed": 1}),
        ([True], False, {"listed": 1}),
    ],
)
def test_producers_are_listed_unless_their_row_says_otherwise(
    read: Read, value: object, listed: bool, bad: dict[str, int]
) -> None:
    reading = read("producers", "2026-01-01.ndjson", _line("producers", listed=value))
    assert reading.rows["listed"].to_list() == [listed]
    assert reading.contribution.bad_cells == bad


def test_bad_cells_of_rejected_rows_are_not_counted(read: Read) -> None:
    lines = [_line("plays", play_id=None, listener_id="x"), _line("plays", seconds_played="x")]
    assert read("plays", "a.ndjson", "\n".join(lines)).contribution.bad_cells == {
        "seconds_played": 1
    }


@pytest.mark.parametrize("status", ["draft", "removed"])
def test_only_published_tracks_need_published_at(read: Read, status: str) -> None:
    lines = [
        _line("tracks", status=status, published_at=None),
        _line("tracks", track_id=2, status=status, published_at="soon"),
    ]
    reading = read("tracks", "2026-01-01.ndjson", "\n".join(lines))
    assert reading.rows["published_at"].to_list() == [None, None]
    assert reading.contribution.bad_cells == {"published_at": 1}


def test_the_reason_is_the_first_failing_column_of_the_table(read: Read) -> None:
    line = '{"seconds_played": "x", "played_at": "x", "track_id": -1, "play_id": 1}'
    assert read("plays", "a.ndjson", line).reasons == [(1, "track_id:range")]


def test_metadata_fields_are_kept_as_filled_or_not(read: Read) -> None:
    lines = [
        _line("tracks", artwork="a.png", description=" ", genres=["", "trap"], bpm=140.5),
        _line("tracks", track_id=2, artwork=7, tags=[], genres=["trap", 5], bpm="fast"),
    ]
    reading = read("tracks", "2026-01-01.ndjson", "\n".join(lines))
    fields = ["artwork", "description", "genres", "tags", "bpm", "scale"]
    assert reading.rows.select(fields).rows() == [
        (True, False, True, False, True, False),
        (False, False, False, False, False, False),
    ]
    assert reading.contribution.bad_cells == {"artwork": 1, "genres": 1, "bpm": 1}


@pytest.mark.parametrize(
    ("entity", "column", "longest"),
    [("producers", "display_name", 200), ("tracks", "title", 300), ("adjustments", "reason", 500)],
)
def test_a_text_that_is_too_long_is_cut_and_costs_no_row(
    read: Read, entity: str, column: str, longest: int
) -> None:
    for text, kept, bad in (
        ("x" * longest, "x" * longest, {}),
        ("x" * longest + "y", "x" * longest, {column: 1}),
        ("\U0001f3a7" * (longest + 1), "\U0001f3a7" * longest, {column: 1}),
    ):
        reading = read(entity, "2026-01-01.ndjson", _line(entity, **{column: text}))
        assert reading.rows[column].to_list() == [kept]
        assert reading.contribution.bad_cells == bad
