"""What the specification says about `[exports.<entity>]`: the oracle reads files so."""

import io
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.oracle.cells import BadCellError, Mended, Moment, Rounded, Uuid
from tests.oracle.clock import DAY, micros_of
from tests.oracle.entities import ENTITIES
from tests.oracle.formats import rows_of
from tests.oracle.inputs import read_all
from tests.oracle.mappings import id_of_text, mapping_of, parse_text_id
from tests.oracle.raw import BadFileError, Dialect
from tests.oracle.stamps import stamp_of
from tests.oracle.times import parse_time

_BERLIN = ZoneInfo("Europe/Berlin")
_MYSQL = Dialect(escape="\\")


def _utc(text: str) -> int:
    return micros_of(datetime.fromisoformat(text).replace(tzinfo=UTC))


def _cells(text: str, dialect: Dialect, width: int = 1) -> list[list[object] | None]:
    """The cells of records of so many columns, which have no header."""
    header = tuple(f"c{number}" for number in range(width))
    dialect = Dialect(header, dialect.delimiter, dialect.quote, dialect.escape)
    rows = rows_of("x.csv", text.encode(), [], [], dialect)
    return [None if row is None else list(row.values()) for row in rows]


def _parquet(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        # Winter is an hour ahead of UTC, summer two.
        ("2026-01-05 07:08", "2026-01-05T06:08"),
        ("2026-07-05T07:08:09.5", "2026-07-05T05:08:09.500000"),
        ("2026-07-05", "2026-07-04T22:00"),
        # The clocks go from 02:00 to 03:00, an hour after 00:00 UTC.
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59"),
        ("2026-03-29 02:30", "2026-03-29T01:30"),
        ("2026-03-29 03:30", "2026-03-29T01:30"),
        # They go from 03:00 to 02:00: 02:30 is first 00:30 UTC, and then 01:30 UTC.
        ("2026-10-25 02:30", "2026-10-25T00:30"),
        ("2026-10-25 03:00", "2026-10-25T02:00"),
        # Summer time does not end with the tables of transitions of a zone.
        ("2099-07-05 07:08", "2099-07-05T05:08"),
        # What says its zone, or counts from 1970, is no local time.
        ("2026-07-05 07:08 UTC", "2026-07-05T07:08"),
        ("2026-07-05T07:08Z", "2026-07-05T07:08"),
        ("2026-07-05T07:08-01:00", "2026-07-05T08:08"),
        ("1783235289", "2026-07-05T07:08:09"),
        # The range is one of UTC.
        ("2000-01-01 00:59:59", "range"),
        ("2000-01-01 01:00", "2000-01-01T00:00"),
        ("2100-01-01 00:59", "2099-12-31T23:59"),
        ("2100-01-01 01:00", "range"),
        ("0001-01-01", "range"),
    ],
)
def test_naive_texts_are_times_of_the_zone(text: str, time: str) -> None:
    if time == "range":
        with pytest.raises(BadCellError, match="range"):
            parse_time(text, _BERLIN)
    else:
        assert parse_time(text, _BERLIN) == _utc(time)


def test_a_gap_may_hold_midnight_and_may_be_half_an_hour() -> None:
    # In Cairo, Friday 2026-04-24 begins at 01:00 of summer time (+3), which is 22:00 UTC.
    assert parse_time("2026-04-24", ZoneInfo("Africa/Cairo")) == _utc("2026-04-23T22:00")
    # On Lord Howe Island, 02:15 on 2026-10-04 is 02:45 of summer time (+11): 15:45 UTC.
    time = parse_time("2026-10-04 02:15", ZoneInfo("Australia/Lord_Howe"))
    assert time == _utc("2026-10-03T15:45")


def test_naive_timestamps_and_dates_of_parquet_are_times_of_the_zone() -> None:
    moment = datetime(2026, 7, 5, 7, 8)
    content = _parquet(
        {
            "naive": pa.array([moment], pa.timestamp("ms")),
            "aware": pa.array([moment], pa.timestamp("us", "America/New_York")),
            "day": pa.array([moment.date()], pa.date32()),
        }
    )
    [row] = rows_of("x.parquet", content, [], ["naive", "aware", "day"])
    assert row is not None
    assert parse_time(row["naive"], _BERLIN) == _utc("2026-07-05T05:08")
    # Arrow keeps the instant, for which the naive value stood as UTC.
    assert parse_time(row["aware"], _BERLIN) == _utc("2026-07-05T07:08")
    assert parse_time(row["day"], _BERLIN) == _utc("2026-07-04T22:00")
    with pytest.raises(BadCellError, match="range"):
        parse_time(Moment(10**6 * DAY), _BERLIN)


@pytest.mark.parametrize(
    ("path", "stamp"),
    [
        ("2026-07-05T06.csv", "2026-07-05T04:00"),
        ("2026-07-05.csv", "2026-07-04T22:00"),
        ("2026-07-05T06Z.csv", "2026-07-05T06:00"),
        ("20260705T060000Z/full.json", "2026-07-05T06:00"),
        ("2026-07-05Z.csv", "2026-07-05T00:00"),
        ("2026-07-05T06-Z.csv", "2026-07-05T04:00"),
        ("2026-07-05/hour=06/Zoo.csv", "2026-07-05T04:00"),
        ("2026-03-29T02-30.csv", "2026-03-29T01:30"),
        ("2026-10-25T02-30.csv", "2026-10-25T00:30"),
    ],
)
def test_a_stamp_without_a_z_is_a_time_of_the_zone(path: str, stamp: str) -> None:
    assert stamp_of(path, _BERLIN) == _utc(stamp)


@pytest.mark.parametrize(
    ("template", "path", "stamp"),
    [
        ("{YYYY}{MM}{DD}-{HH}{mm}", "20260705-0607.csv", "2026-07-05T06:07"),
        ("{YYYY}{MM}{DD}-{HH}{mm}", "20260705-0607Z.csv", "2026-07-05T06:07"),
        ("{YYYY}{MM}{DD}-{HH}{mm}", "v20260705-0607x.csv", "2026-07-05T06:07"),
        # Digits next to it: the ordinary rules find the date alone.
        ("{YYYY}{MM}{DD}-{HH}{mm}", "20260705-06071.csv", "2026-07-05T00:00"),
        ("{YYYY}{MM}{DD}-{HH}{mm}", "2026-07-04T03/x.csv", "2026-07-04T03:00"),
        # The last place, also before a date of the ordinary rules, but not one that is no date.
        ("{YYYY}{MM}{DD}-{HH}", "20260704-03/20260705-06/2027-01-01.csv", "2026-07-05T06:00"),
        ("{YYYY}{MM}{DD}-{HH}", "20260704-03/20260231-06.csv", "2026-07-04T03:00"),
        ("{DD}.{MM}.{YYYY}", "05.07.2026/x.csv", "2026-07-05T00:00"),
        ("{DD}.{MM}.{YYYY}", "105.07.2026/x.csv", None),
        ("{DD}.{MM}.{YYYY}", "05x07.2026/x.csv", None),
        ("y{YYYY}/m{MM}/d{DD}/{HH}h{mm}m{ss}", "y2026/m07/d05/06h07m08s", "2026-07-05T06:07:08"),
        # Only digits next to those of the stamp may make others of them.
        ("y{YYYY}/m{MM}/d{DD}", "1y2026/m07/d05-1.csv", "2026-07-05T00:00"),
        ("part{YYYY}{MM}{DD}-", "part20260705-01.csv", "2026-07-05T00:00"),
        ("v1.{YYYY}{MM}{DD}", "v1.20260705.csv", "2026-07-05T00:00"),
        # A time that does not exist: the place before it, or the ordinary rules.
        ("{DD}.{MM}.{YYYY} {HH}h", "05.07.2026 06h/06.07.2026 24h.csv", "2026-07-05T06:00"),
        ("{YYYY}{MM}{DD}-{HH}", "20260705-24.csv", "2026-07-05T00:00"),
    ],
)
def test_a_template_says_where_the_stamp_stands(
    template: str, path: str, stamp: str | None
) -> None:
    assert stamp_of(path, None, template) == (stamp and _utc(stamp))


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (r"a\,b,c" + "\n", [["a,b", "c"]]),
        ("a\\\nb,c\\\r\\\nd\n", [["a\nb", "c\r\nd"]]),
        ("a\\\r\nb,c\n", [["a\r\nb", "c"]]),
        ("a,b\\\r\nc\r\nd\re,f\r\n", [["a", "b\r\nc"], ["d\re", "f"]]),
        (r"\"a\",\\" + "\n", [['"a"', "\\"]]),
        (r"\n\t\r\b\0\Z,\a\x\-" + "\n", [["\n\t\r\b\0\x1a", r"\a\x\-"]]),
        (r'"a\"b","c""d\,\n\q"' + "\n", [['a"b', 'c"d,\n\\q']]),
        ('\\N,"\\N"\n\\\\N,\\N \n', [[None, "\\N"], ["\\N", "\\N "]]),
        ('"",\n', [[None, None]]),
        ("a,b\\", [["a", "b\\"]]),
    ],
)
def test_escapes(text: str, records: list[object]) -> None:
    assert _cells(text, _MYSQL, 2) == records


@pytest.mark.parametrize("text", ['"a\\"\n', '"a"b\n', '"a" \n', '"a"\\,b\n', '"a"\\n\n'])
def test_a_quote_that_an_escape_takes_closes_nothing_and_nothing_follows_one_that_does(
    text: str,
) -> None:
    with pytest.raises(BadFileError, match="file:unreadable"):
        _cells(text, _MYSQL)


def test_delimiters_and_quotes() -> None:
    assert _cells("a,b;'c;d';\"e\"\n", Dialect(delimiter=";", quote="'"), 3) == [
        ["a,b", "c;d", '"e"']
    ]
    assert _cells('"a;b";c"\n', Dialect(delimiter=";", quote=""), 3) == [['"a', 'b"', 'c"']]
    # A tab between two cells is no blank.
    assert _cells("\t\n \n", Dialect(delimiter="\t"), 2) == [[None, None]]
    assert _cells(" | \n  \n", Dialect(delimiter="|"), 2) == [[" ", " "]]
    # A .tsv file has tabs whatever the delimiter of .csv files is.
    dialect = Dialect(("a", "b"), ";", "'", "^")
    assert rows_of("x.tsv", b"1;2\t'3\t4'\n^t^\t\t5\n", ["a"], [], dialect) == [
        {"a": "1;2", "b": "3\t4"},
        {"a": "\t\t", "b": "5"},
    ]


def test_files_without_a_header() -> None:
    dialect = Dialect(("a", "", "b", ""))
    assert rows_of("x.csv", b"\xef\xbb\xbf1,,2,\n3,4\n", ["a", "b"], [], dialect) == [
        {"a": "1", "": None, "b": "2"},
        None,
    ]
    assert rows_of("x.csv", b"", ["a"], [], dialect) == []


def test_a_name_is_taken_as_it_is_before_it_is_taken_for_a_path() -> None:
    mapping = mapping_of({"columns": {"played_at": "a.b.c", "track_id": "played_at"}})
    for row, cell in (
        ({"a": {"b": {"c": 1}}}, 1),
        ({"a": {"b": {"c": 1}}, "a.b.c": 2}, 2),
        ({"a": {"b": {"c": 1}}, "a.b.c": None}, None),
        ({"a": {"b": 5}}, None),
        ({"a": [{"b": {"c": 1}}]}, None),
        ({"a": {"b.c": 1}}, None),
        ({"played_at": 3}, None),
        ({}, None),
    ):
        assert mapping.cell(row, "played_at") == cell  # type: ignore[arg-type]
    assert mapping.cell({"track_id": 1, "played_at": 3}, "track_id") == 3


def test_paths_lead_through_structs() -> None:
    inner = pa.array([{"c": 1, "d": "x"}, None, {"c": 3, "d": None}, {"c": 4, "d": "y"}])
    mask = pa.array([False, False, False, True])
    structs = pa.StructArray.from_arrays([inner], names=["b"], mask=mask)
    content = _parquet({"a": structs, "a.b.d": pa.array(["p", "q", None, "s"])})
    assert rows_of("x.parquet", content, ["a.b.c"], ["a.b.c", "a.b.d", "a.x", "a.b.c.d"]) == [
        {"a.b.c": 1, "a.b.d": "p"},
        {"a.b.c": None, "a.b.d": "q"},
        {"a.b.c": 3, "a.b.d": None},
        {"a.b.c": None, "a.b.d": "s"},
    ]
    for missing in ("a.x", "a.b.c.d", "b.c"):
        with pytest.raises(BadFileError, match="file:columns"):
            rows_of("x.parquet", content, [missing], [missing])


def test_texts_that_mean_null_and_words_for_values() -> None:
    mapping = mapping_of(
        {
            "nulls": ["NULL", "0"],
            "values": {
                "status": {"1": "published", "0": "draft", "true": "removed", "1.5": "x", "": "y"},
                "listed": {"Y": True, "N": False},
                "bpm": {"fast": 140, "NULL": 7},
            },
        }
    )

    def cell(column: str, raw: object) -> object:
        return mapping.cell({column: raw}, column)

    assert cell("title", "NULL") is None
    assert cell("title", " NULL") == " NULL"
    assert cell("title", ["NULL"]) == ["NULL"]
    # A text that means null has no other meaning; the number is no text.
    assert cell("bpm", "NULL") is None
    assert cell("status", "0") is None
    assert cell("status", 0) == "draft"
    for one in ("1", 1, Rounded(Decimal("1.0"), 2**53), Rounded(Decimal("1e0"), 2**24)):
        assert cell("status", one) == "published"
    assert cell("status", Decimal("1.00")) == "published"
    assert cell("status", "1.0") == "1.0"
    assert cell("status", Rounded(Decimal("1.50"), 2**53)) == "x"
    assert cell("status", True) == "removed"
    assert cell("status", "true") == "removed"
    assert cell("status", "") == "y"
    assert cell("status", None) is None
    assert cell("status", [1]) == [1]
    assert cell("status", "published") == "published"
    assert (cell("listed", "Y"), cell("listed", "N"), cell("bpm", "fast")) == (
        "true",
        "false",
        "140",
    )


def test_text_ids() -> None:
    # SHA-256 of "abc" begins ba7816bf8f01cfea: 0xba7816bf8f01cfea >> 1.
    assert id_of_text("abc") == 0xBA7816BF8F01CFEA // 2 == 6718257250126850037
    assert parse_text_id(7) == parse_text_id("7") != parse_text_id("07")
    assert parse_text_id("-1") != parse_text_id(" -1")
    assert parse_text_id("a\ud83c") == Mended(id_of_text("a\ufffd"))
    rounded = Rounded(Decimal("7.0"), 2**53)
    bad: list[object] = ["", " \t", True, rounded, Decimal("7"), [], Moment(0)]
    for cell in bad:
        with pytest.raises(BadCellError, match="type"):
            parse_text_id(cell)


def test_ids_of_parquet() -> None:
    one = uuid.UUID("550E8400-E29B-41D4-A716-446655440000")
    storage = pa.array([one.bytes, None], pa.binary(16))
    content = _parquet(
        {
            "track_id": pa.ExtensionArray.from_storage(pa.uuid(), storage),
            "producer_id": pa.array([b"5f9d", b"\xff"], pa.binary()),
        }
    )
    first, second = rows_of("x.parquet", content, [], ["track_id", "producer_id"])
    assert first is not None
    assert second is not None
    mapping = mapping_of({"text_ids": ["track_id"], "nulls": [str(one)]})
    assert mapping.cell(first, "track_id") is None
    assert mapping_of({}).cell(first, "track_id") == Uuid(str(one))
    text = mapping_of({"text_ids": ["track_id"]}).cell(first, "track_id")
    assert text == "550e8400-e29b-41d4-a716-446655440000"
    assert mapping.cell(second, "track_id") is None
    assert parse_text_id(first["producer_id"]) == id_of_text("5f9d")
    with pytest.raises(BadCellError, match="type"):
        parse_text_id(second["producer_id"])


def test_an_entity_is_read_by_its_table(tmp_path: Path) -> None:
    folder = tmp_path / "raw" / "people"
    folder.mkdir(parents=True)
    (folder / "dump 05.07.2026.csv").write_text(
        "u-1|Kay \\| Co|2026-07-01|80|A\nu-2|Nova|NULL|80|A\nu-3|Zoë|2026-07-01 12:00|x|Z\n"
    )
    table = {
        "folder": "raw/people",
        "header": ["user", "display_name", "joined_at", "profile_completion", "state"],
        "columns": {"producer_id": "user", "status": "state"},
        "delimiter": "|",
        "escape": "\\",
        "nulls": ["NULL"],
        "values": {"status": {"A": "active"}},
        "timezone": "Europe/Berlin",
        "stamp": "{DD}.{MM}.{YYYY}",
        "text_ids": ["producer_id"],
    }
    reading = read_all(tmp_path, {"producers": table})["producers"]
    [(stamp, snapshot)] = reading.snapshots.items()
    assert stamp == _utc("2026-07-04T22:00")
    assert [reject["reason"] for reject in reading.rejects] == [
        "joined_at:required",
        "profile_completion:type",
    ]
    [row] = snapshot.rows.values()
    assert set(row) == set(ENTITIES["producers"].columns)
    assert (row["producer_id"], row["display_name"]) == (id_of_text("u-1"), "Kay | Co")
    assert row["joined_at"] == _utc("2026-06-30T22:00")
    assert row["status"] == "active"
    assert read_all(tmp_path)["producers"].files == 0
