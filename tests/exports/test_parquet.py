"""Parquet files (specification, section 1)."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.exports.conftest import Read, Reading

TIME = datetime(2026, 1, 2, 3, 4, 5)
N = None


def _read(read: Read, entity: str, columns: dict[str, Any], **options: Any) -> Reading:
    table = pa.table(columns)
    rows_per_chunk = options.pop("rows_per_chunk", 1_000_000)
    return read(
        entity,
        "2026-01-01.parquet",
        lambda path: pq.write_table(table, path, **options),
        rows_per_chunk,
    )


def _plays(read: Read, **columns: Any) -> Reading:
    rows = len(next(iter(columns.values())))
    good = {"play_id": [*range(1, rows + 1)], "track_id": [1] * rows, "played_at": [TIME] * rows}
    return _read(read, "plays", {**good, **columns})


@pytest.mark.parametrize(
    ("cells", "values", "bad"),
    [
        (pa.array([1, N], pa.int8()), [1, N], 0),
        (pa.array([1, 2**64 - 1], pa.uint64()), [1, N], 1),
        (pa.array([1.0, 1.5, float("nan"), float("inf")]), [1, N, N, N], 2),
        (pa.array([1.0, N], pa.float32()), [1, N], 0),
        (pa.array([1.0, 1.5], pa.float16()), [1, N], 1),
        (pa.array(["1", "x", N]), [1, N, N], 1),
        (pa.array(["1", "x", N], pa.large_string()), [1, N, N], 1),
        (pa.array(["1", "x", N], pa.string_view()), [1, N, N], 1),
        (pa.array(["1", "x", "1"]).dictionary_encode(), [1, N, 1], 1),
        (pa.nulls(2), [N, N], 0),
        (pa.array([True, N]), [N, N], 1),
        (pa.array([b"1", b"\xff", N]), [1, N, N], 1),
        (pa.array([b"1", b"\xff", N]).dictionary_encode(), [1, N, N], 1),
        (pa.array([b"1", N], pa.binary(1)), [N, N], 1),
        (pa.array([Decimal(1), N]), [1, N], 0),
        (pa.array([Decimal("7.00"), Decimal("7.50"), N], pa.decimal128(38, 2)), [7, N, N], 1),
        (pa.array([Decimal(2**63), N], pa.decimal256(40, 0)), [N, N], 1),
        # Arrow writes these with exponents: 0E-18, 1E-7, -1E-7.
        (pa.array([Decimal(0), Decimal(7), N], pa.decimal128(38, 18)), [0, 7, N], 0),
        (pa.array([Decimal("1e-7"), Decimal("-1e-7"), N], pa.decimal128(38, 18)), [N] * 3, 2),
        (pa.array([2.0**53 - 1, 2.0**53, N]), [2**53 - 1, N, N], 1),
        (pa.array([2.0**24 - 1, 2.0**24, N], pa.float32()), [2**24 - 1, N, N], 1),
        (pa.array([[1], N]), [N, N], 1),
        (pa.array([{"a": 1}, N]), [N, N], 1),
        (pa.array([[("a", 1)], N], pa.map_(pa.string(), pa.int64())), [N, N], 1),
        (pa.array([timedelta(1), N]), [N, N], 1),
        (pa.array([TIME, N]), [N, N], 1),
    ],
)
def test_integers_of_any_type(read: Read, cells: pa.Array, values: list[Any], bad: int) -> None:
    reading = _plays(read, seconds_played=cells)
    assert reading.rows["seconds_played"].to_list() == values
    assert reading.contribution.bad_cells == ({"seconds_played": bad} if bad else {})


def test_small_decimals_are_numbers(read: Read) -> None:
    cells = [Decimal(0), Decimal("1e-7"), Decimal("-1e-7"), Decimal("120.5")]
    columns = {
        "track_id": [1, 2, 3, 4],
        "producer_id": [1] * 4,
        "title": ["x"] * 4,
        "status": ["draft"] * 4,
        "updated_at": [TIME] * 4,
        "bpm": pa.array(cells, pa.decimal128(38, 18)),
    }
    reading = _read(read, "tracks", columns)
    assert reading.rows["bpm"].to_list() == [False, True, False, True]
    assert reading.contribution.bad_cells == {}


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        (pa.array([TIME], pa.timestamp("s")), TIME),
        (pa.array([TIME], pa.timestamp("ms")), TIME),
        (pa.array([TIME], pa.timestamp("us", "Asia/Kolkata")), TIME),
        (pa.array([TIME], pa.timestamp("us", "+05:30")), TIME),
        (pa.array([1767323045123456789], pa.timestamp("ns")), TIME.replace(microsecond=123456)),
        (pa.array([date(2026, 1, 2)]), datetime(2026, 1, 2)),
        (pa.array([date(2026, 1, 2)], pa.date64()), datetime(2026, 1, 2)),
        (pa.array(["2026-01-02T08:34:05+05:30"]), TIME),
        (pa.array([datetime(1999, 12, 31)]), "range"),
        (pa.array([2**62], pa.timestamp("ms")), "range"),
        (pa.array([2**31 - 1], pa.date32()), "range"),
        (pa.array([1767323045]), TIME),
        (pa.array([1767323045], pa.uint32()), TIME),
        (pa.array([1767323045.0]), TIME),
        (pa.array([1767323045000000000]), TIME),
        (pa.array([Decimal(1767323045000)]), TIME),
        (pa.array([1767323045.5]), "type"),
        (pa.array([float("nan")]), "required"),
        (pa.array([5]), "range"),
        (pa.array([True]), "type"),
        (pa.array(["today"]), "type"),
        (pa.array([N], pa.timestamp("us")), "required"),
    ],
)
def test_times_of_any_type(read: Read, cell: pa.Array, time: datetime | str) -> None:
    reading = _plays(read, played_at=cell)
    if isinstance(time, str):
        assert reading.reasons == [(1, f"played_at:{time}")]
    else:
        assert reading.rows["played_at"].to_list() == [time]


def test_spark_writes_times_as_96_bits(read: Read) -> None:
    # In nanoseconds of 64 bits the second would wrap around to a good time.
    times = [TIME, datetime(2610, 7, 1)]
    columns = {"play_id": [1, 2], "track_id": [1, 1], "played_at": times}
    reading = _read(read, "plays", columns, use_deprecated_int96_timestamps=True)
    assert reading.rows["played_at"].to_list() == [TIME]
    assert reading.reasons == [(2, "played_at:range")]


@pytest.mark.parametrize(
    ("cells", "filled", "bad"),
    [
        (pa.array([["a"], [N, " "], [], N, [N, "b"]]), [True, False, False, False, True], 0),
        (pa.array([["a"], N], pa.large_list(pa.large_string())), [True, False], 0),
        (pa.array([["a", " "], N], pa.list_(pa.string(), 2)), [True, False], 0),
        (pa.array([["a"], [N]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), [True, False], 0),
        (pa.array([[N], [], N], pa.list_(pa.null())), [False] * 3, 0),
        (pa.array([[1], [N], [], N]), [False] * 4, 1),
        (pa.array([[{"a": 1}], [], N, [N]]), [False] * 4, 1),
        (pa.array([[["a"]], [[]], []]), [False] * 3, 2),
        (pa.array([1, N]), [False] * 2, 1),
        (pa.array([["a"], [" "], N], pa.list_view(pa.string())), [True, False, False], 0),
        (pa.array([[b"a", N], [b" "], [b"\xff"], N]), [True, False, False, False], 1),
        (pa.array([b"a", b" ", b"\xff", N]), [True, False, False, False], 1),
        (pa.array(['["a"]', '[null, " "]', "[]", "{}", "{a}", "[1]"]), [1, 0, 0, 0, 1, 1], 0),
        (pa.array(["a", " ", N]).dictionary_encode(), [True, False, False], 0),
    ],
)
def test_metadata_as_text_or_lists(
    read: Read, cells: pa.Array, filled: list[bool], bad: int
) -> None:
    rows = len(cells)
    columns = {
        "track_id": range(1, rows + 1),
        "producer_id": [1] * rows,
        "title": ["x"] * rows,
        "status": ["draft"] * rows,
        "updated_at": [TIME] * rows,
        "genres": cells,
    }
    reading = _read(read, "tracks", columns)
    assert reading.rows["genres"].to_list() == filled
    assert reading.contribution.bad_cells == ({"genres": bad} if bad else {})


def test_originals_are_shown_whatever_their_type(read: Read) -> None:
    reading = _read(
        read,
        "plays",
        {
            "play_id": pa.array([N, N], pa.int64()),
            "track_id": pa.array([float("nan"), float("inf")]),
            "played_at": pa.array([TIME, N], pa.timestamp("ns", "UTC")),
            "listener_id": pa.array([[Decimal("1.5")], N]),
            "seconds_played": pa.array([b"\xff", N]),
            "not_of_plays": [1, 2],
        },
    )
    assert reading.contribution.unknown_columns == ["not_of_plays"]
    assert reading.rejects["original"].to_list() == [
        '{"play_id":null,"track_id":"nan","played_at":"2026-01-02 03:04:05.000000000",'
        '"listener_id":["1.5"],"seconds_played":"/w=="}',
        '{"play_id":null,"track_id":"inf","played_at":null,"listener_id":null,'
        '"seconds_played":null}',
    ]


def test_row_groups_and_chunks_make_no_difference(read: Read) -> None:
    count = 300
    columns = {
        "play_id": [n * 7 % count for n in range(count)],
        "track_id": [1] * count,
        "played_at": [TIME + timedelta(hours=7 * n % 99) for n in range(count)],
    }
    whole = _read(read, "plays", columns)
    for size in (7, 100):
        parts = _read(read, "plays", columns, row_group_size=64, rows_per_chunk=size)
        assert parts.contribution.days == whole.contribution.days
        assert parts.rows.sort("row").equals(whole.rows.sort("row"))
        assert parts.rejects.equals(whole.rejects)


def test_dictionaries_inside_of_lists_may_differ_between_row_groups(read: Read) -> None:
    genres = pa.array([["a"], ["b", "c"], None], pa.list_(pa.dictionary(pa.int8(), pa.string())))
    columns = {
        "track_id": [1, 2, 3],
        "producer_id": [1] * 3,
        "title": ["x"] * 3,
        "status": ["draft"] * 3,
        "updated_at": [TIME] * 3,
        "genres": genres,
    }
    reading = _read(read, "tracks", columns, row_group_size=1)
    assert reading.rows["genres"].to_list() == [True, True, False]


def _garbled(path: Path) -> None:
    table = pa.table({"play_id": range(1000), "track_id": range(1000), "played_at": [TIME] * 1000})
    pq.write_table(table, path, write_page_checksum=True, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)


def _shorter_column(path: Path) -> None:
    """Lists of which Arrow itself finds none again, and then no row of the file, without a word."""
    columns = {
        "track_id": [1, 2],
        "producer_id": [1, 1],
        "title": ["x", "x"],
        "status": ["draft", "draft"],
        "updated_at": [TIME, TIME],
        "genres": [["a"], ["b"]],
    }
    pq.write_table(pa.table(columns), path, row_group_size=1, data_page_size=1)
    assert pq.ParquetFile(path).metadata.num_rows == 2
    assert next(pq.ParquetFile(path).iter_batches(columns=["track_id", "genres"]), None) is None


def _not_utf8(path: Path) -> None:
    text = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    columns = {"grant_id": [1], "producer_id": [1], "achievement_id": text, "granted_at": [TIME]}
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize(
    ("entity", "write", "reason"),
    [
        ("plays", lambda path: path.touch(), "unreadable"),
        ("plays", lambda path: path.write_text("play_id,track_id\n"), "unreadable"),
        ("plays", lambda path: path.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1"), "unreadable"),
        ("plays", _garbled, "unreadable"),
        ("tracks", _shorter_column, "unreadable"),
        ("grants", _not_utf8, "encoding"),
        ("plays", lambda path: pq.write_table(pa.table({"play_id": [1]}), path), "columns"),
        (
            "plays",
            lambda path: pq.write_table(
                pa.table([[1], [1], [TIME], [1]], ["play_id", "track_id", "played_at", "track_id"]),
                path,
            ),
            "header",
        ),
    ],
)
def test_bad_files(read: Read, entity: str, write: Any, reason: str) -> None:
    contribution = read(entity, "a.parquet", write).contribution
    assert contribution.file_reason == f"file:{reason}"


def test_times_with_a_zone_are_in_utc(read: Read) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    cells = pa.array([TIME.replace(tzinfo=UTC).astimezone(east)], pa.timestamp("us", "UTC"))
    assert _plays(read, played_at=cells).rows["played_at"].to_list() == [TIME]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(["a"], pa.string_view()),
        pa.array([b"a"], pa.binary_view()),
        pa.array([b"a"]),
        pa.array([["a"]], pa.list_view(pa.string())),
        pa.array([["a"]], pa.list_(pa.string_view())),
        pa.array([["a"]], pa.list_view(pa.list_view(pa.string()))).flatten(),
        pa.array(["a"]).dictionary_encode(),
    ],
)
def test_what_is_rejected_shows_its_original_whatever_its_type(read: Read, cells: pa.Array) -> None:
    columns = {
        "track_id": [0],
        "producer_id": [1],
        "title": ["x"],
        "status": ["draft"],
        "updated_at": [TIME],
        "genres": cells,
    }
    reading = _read(read, "tracks", columns)
    assert reading.reasons == [(1, "track_id:range")]
    assert reading.contribution.examples == {"track_id:range": "0"}
    original = json.loads(reading.rejects["original"][0])
    assert original["genres"] in ("a", ["a"])


def test_what_python_has_no_values_for_is_shown_by_its_type(read: Read) -> None:
    away = pa.array([[2**62]], pa.list_(pa.timestamp("us", "Nowhere/Town")))
    reading = _plays(read, play_id=[0], listener_id=away)
    shown = json.loads(reading.rejects["original"][0])
    assert shown["listener_id"] == "a value of type list<element: timestamp[us, tz=Nowhere/Town]>"


@pytest.mark.parametrize("zone", ["Nowhere/Town", b"Nowhere\xc5Town"])
def test_a_time_is_in_utc_whatever_its_zone_is_called(read: Read, zone: str | bytes) -> None:
    """A flipped bit in the name of a zone ended a refresh with a traceback."""
    in_zone = pa.timestamp("us", "Nowhere/Town")
    table = pa.table(
        {
            "play_id": [1, 0],
            "track_id": [1, 1],
            "played_at": pa.array([TIME, TIME], pa.timestamp("us")).cast(in_zone),
            "listener_id": pa.array([[0], [2**62]], pa.list_(in_zone)),
        }
    )

    def write(path: Path) -> None:
        pq.write_table(table, path)
        if isinstance(zone, bytes):
            # Arrow keeps its schema in the metadata: there the name is.
            stored = pq.read_metadata(path).metadata[b"ARROW:schema"]
            renamed = b64encode(b64decode(stored).replace(b"Nowhere/Town", zone))
            with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
                writer.write_table(table)
                writer.add_key_value_metadata({"ARROW:schema": renamed})

    reading = read("plays", "2026-01-01.parquet", write)
    assert reading.rows["played_at"].to_list() == [TIME]
    assert reading.reasons == [(2, "play_id:range")]
    [original] = map(json.loads, reading.rejects["original"])
    assert original["played_at"] == "2026-01-02 03:04:05.000000"
    shown = "a value of type list<element: timestamp[us, tz=Nowhere"
    assert original["listener_id"].startswith(shown)


def test_damage_is_worse_than_bytes_that_are_no_text(read: Read) -> None:
    """Which of the two is told does not depend on the size of the chunks."""

    def write(path: Path) -> None:
        text = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
        names = pa.concat_arrays([text, pa.array(["a" * 5_000])])
        columns = {"grant_id": [1, 2], "producer_id": [1, 1], "achievement_id": names}
        table = pa.table({**columns, "granted_at": [TIME, TIME]})
        options = {"write_page_checksum": True, "compression": "none", "use_dictionary": False}
        pq.write_table(table, path, row_group_size=1, write_statistics=False, **options)
        path.write_bytes(path.read_bytes().replace(b"a" * 5_000, b"b" + b"a" * 4_999))

    for rows_per_chunk in (1, 1_000):
        contribution = read("grants", "a.parquet", write, rows_per_chunk).contribution
        assert contribution.file_reason == "file:unreadable"
