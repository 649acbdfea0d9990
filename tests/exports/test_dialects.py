"""Files that say things differently, as tables in the settings tell (specification, section 1)."""

import json
import uuid
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow
import pyarrow.parquet
import pytest

from pipelines.exports.read import check_text_ids
from pipelines.exports.rejection import FileRejected
from pipelines.exports.schemas import SCHEMAS
from pipelines.exports.stamps import stamp_of
from pipelines.exports.text_ids import two_of_one_id
from pipelines.settings import Dialect
from pipelines.vocabulary import COLUMNS
from tests.exports.conftest import Read

PLAYS = "play_id,track_id,played_at\n"


def _parquet(**columns: pyarrow.Array) -> Callable[[Path], None]:
    return lambda path: pyarrow.parquet.write_table(pyarrow.table(columns), path)


def test_the_columns_of_the_vocabulary_are_those_of_the_schemas() -> None:
    assert {entity: tuple(schema.columns) for entity, schema in SCHEMAS.items()} == COLUMNS


# Names ---------------------------------------------------------------------------------------

RENAMED = Dialect(columns={"play_id": "id", "played_at": "payload.after.ts"})


def test_columns_have_other_names_in_csv(read: Read) -> None:
    dialect = Dialect(columns={"play_id": "Id", "played_at": "when"})
    reading = read(
        "plays", "a.csv", "Id,track_id,when,play_id\n1,7,2026-01-02,9\n", dialect=dialect
    )
    assert reading.rows.select("play_id", "track_id", "played_at").rows() == [
        (1, 7, datetime(2026, 1, 2))
    ]
    assert reading.contribution.unknown_columns == ["play_id"]


def test_a_dotted_path_reaches_into_objects(read: Read) -> None:
    lines = [
        {"id": 1, "track_id": 7, "payload": {"after": {"ts": "2026-01-02"}, "op": "c"}},
        {"id": 2, "track_id": 7, "payload": {"after": None}},
        {"id": 3, "track_id": 7, "payload": "none"},
        {"id": 4, "track_id": 7, "payload.after.ts": "2026-01-03"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    reading = read("plays", "a.json", text, dialect=RENAMED)
    assert reading.rows.select("play_id", "played_at").rows() == [
        (1, datetime(2026, 1, 2)),
        (4, datetime(2026, 1, 3)),
    ]
    assert reading.reasons == [(2, "played_at:required"), (3, "played_at:required")]
    assert reading.contribution.unknown_columns == []
    assert reading.contribution.unseen == []


def test_a_dotted_path_reaches_into_structs(read: Read) -> None:
    payload = pyarrow.array(
        [{"after": {"ts": datetime(2026, 1, 2), "x": 1}}, None, {"after": None}],
        pyarrow.struct(
            {"after": pyarrow.struct({"ts": pyarrow.timestamp("us"), "x": pyarrow.int32()})}
        ),
    )
    file = _parquet(id=pyarrow.array([1, 2, 3]), track_id=pyarrow.array([7] * 3), payload=payload)
    reading = read("plays", "a.parquet", file, dialect=RENAMED)
    assert reading.rows.select("play_id", "played_at").rows() == [(1, datetime(2026, 1, 2))]
    assert reading.reasons == [(2, "played_at:required"), (3, "played_at:required")]


def test_a_rejected_row_shows_the_value_under_the_name_that_it_has(read: Read) -> None:
    line = {"id": 1, "track_id": 7, "payload": {"after": {"ts": "soon"}}}
    reading = read("plays", "a.json", json.dumps(line), dialect=RENAMED)
    assert reading.contribution.examples == {"played_at:type": "soon"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "play_id,track_id,played_at\n1,7,2026-01-02\n"),
        ("a.json", '{"play_id": 1, "track_id": 7, "played_at": "2026-01-02"}'),
        (
            "a.parquet",
            _parquet(
                play_id=pyarrow.array([1]),
                track_id=pyarrow.array([7]),
                played_at=pyarrow.array([datetime(2026, 1, 2)]),
            ),
        ),
    ],
)
def test_what_a_file_does_not_have_is_told(read: Read, name: str, data: Any) -> None:
    reading = read("plays", name, data, dialect=RENAMED)
    assert reading.contribution.unseen == ["play_id", "played_at"]
    assert reading.contribution.unknown_columns == ["play_id", "played_at"]
    if not name.endswith("json"):
        assert reading.contribution.file_reason == "file:columns"


# CSV of another kind -------------------------------------------------------------------------


def test_a_header_is_declared(read: Read) -> None:
    dialect = Dialect(header=("play_id", "track_id", "played_at"))
    reading = read("plays", "a.csv", "1,7,2026-01-02\n\n2,7,2026-01-03\n", dialect=dialect)
    assert reading.rows.select("play_id", "row").rows() == [(1, 1), (2, 2)]
    assert read("plays", "b.csv", "", dialect=dialect).contribution.rows_read == 0


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "\x01", " "])
def test_a_delimiter_is_declared_for_csv_and_not_for_tabs(read: Read, delimiter: str) -> None:
    dialect = Dialect(delimiter=delimiter)
    text = f"{PLAYS}1,7,2026-01-02\n"
    assert read("plays", "a.csv", text.replace(",", delimiter), dialect=dialect).rows.height == 1
    assert read("plays", "a.tsv", text.replace(",", "\t"), dialect=dialect).rows.height == 1


def _titles(read: Read, dialect: Dialect, *cells: str) -> list[str]:
    lines = [f"{n},1,{cell},draft,2026-01-01\n" for n, cell in enumerate(cells, 1)]
    text = "track_id,producer_id,title,status,updated_at\n" + "".join(lines)
    reading = read("tracks", "2026-01-01.csv", text, dialect=dialect)
    assert reading.contribution.file_reason is None, reading.contribution.file_detail
    return reading.rows.sort("row")["title"].to_list()


def test_another_quote(read: Read) -> None:
    assert _titles(read, Dialect(quote="'"), "'a,b'", '"c"', "'it''s'", "'x\ny'") == [
        "a,b",
        '"c"',
        "it's",
        "x\ny",
    ]


def test_no_quote(read: Read) -> None:
    assert _titles(read, Dialect(quote=""), '"a', 'b"c"', '"d"') == ['"a', 'b"c"', '"d"']


ESCAPED = Dialect(escape="\\")


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        (r'"say \"hi\""', 'say "hi"'),
        (r'"a\\"', "a\\"),
        (r"a\,b", "a,b"),
        (r"a\"b", 'a"b'),
        ("a\\\nb", "a\nb"),
        ('"a\\\nb"', "a\nb"),
        ("a\\\r\nb", "a\r\nb"),
        (r"a\nb\tc\0d\Ze\bf\rg", "a\nb\tc\0d\x1ae\bf\rg"),
        # PostgreSQL writes these.
        (r"a\fb\vc", "a\fb\vc"),
        # MySQL escapes the end of a line, and not what stands before it.
        ("a\r\\\nb", "a\r\nb"),
        ("a\rb", "a\rb"),
        # Null is written without the second backslash.
        (r"\\N", r"\N"),
        (r'"\\N"', r"\N"),
        (r"C:\dir", r"C:\dir"),
        (r'"C:\dir"', r"C:\dir"),
        ('"a""b"', 'a"b'),
        ('"a,b"', "a,b"),
        (r'x"y', 'x"y'),
    ],
)
def test_an_escape_takes_the_meaning_of_the_next_character(
    read: Read, cell: str, title: str
) -> None:
    assert _titles(read, ESCAPED, "plain", cell, "after") == ["plain", title, "after"]


def test_an_escaped_line_end_at_the_end_of_a_chunk_goes_on(read: Read) -> None:
    header = "track_id,producer_id,title,status,updated_at\n"
    rows = "".join(f"{n},1,a\\\nb{n},draft,2026-01-01\n" for n in range(1, 200))
    reading = read("tracks", "2026-01-01.csv", header + rows, rows_per_chunk=2, dialect=ESCAPED)
    assert reading.rows["title"].to_list() == [f"a\nb{n}" for n in range(1, 200)]


def test_null_is_null_with_an_escape_too(read: Read) -> None:
    text = "play_id,track_id,played_at,listener_id\n1,7,2026-01-02,\\N\n2,7,2026-01-02,5\n"
    assert read("plays", "a.csv", text, dialect=ESCAPED).rows["listener_id"].to_list() == [None, 5]
    text += "3,7,2026-01-0\\2,\\N\n4,7,2026-01-02,\\N\n"
    reading = read("plays", "b.csv", text, dialect=ESCAPED)
    assert reading.rows["listener_id"].to_list() == [None, 5, None]
    assert reading.reasons == [(3, "played_at:type")]


def test_a_quote_that_nothing_closes_makes_the_file_unreadable(read: Read) -> None:
    text = PLAYS + '1,7,"2026-01-02\\"\n2,7,2026-01-02\n'
    reading = read("plays", "a.csv", text, dialect=ESCAPED)
    assert reading.contribution.file_reason == "file:unreadable"
    reading = read("plays", "b.csv", PLAYS + '1,7,"2026-01-02"x\\\\\n', dialect=ESCAPED)
    assert reading.contribution.file_reason == "file:unreadable"


# Nulls and values ----------------------------------------------------------------------------

WORDS = Dialect(
    nulls=("NULL", "nan"),
    values={"status": {"1": "published", "0": "draft", "true": "published", "": "removed"}},
)
TRACK = {"track_id": 1, "producer_id": 2, "title": "t", "updated_at": "2026-01-01"}


def test_texts_that_mean_null_in_csv(read: Read) -> None:
    text = "play_id,track_id,played_at,listener_id\n1,7,2026-01-02,NULL\n2,7,2026-01-02,null\n"
    reading = read("plays", "a.csv", text, dialect=WORDS)
    assert reading.rows["listener_id"].to_list() == [None, None]
    assert reading.contribution.bad_cells == {"listener_id": 1}
    assert reading.contribution.written["listener_id"] == 1


def test_texts_that_mean_null_in_json_and_parquet(read: Read) -> None:
    rows = [{**TRACK, "status": "draft", "genres": word} for word in ("nan", "pop", ["nan"])]
    text = "".join(json.dumps({**row, "track_id": n}) + "\n" for n, row in enumerate(rows, 1))
    reading = read("tracks", "2026-01-01.json", text, dialect=WORDS)
    assert reading.rows["genres"].to_list() == [False, True, True]
    assert reading.contribution.written["genres"] == 2
    for dtype in (pyarrow.string(), pyarrow.dictionary(pyarrow.int8(), pyarrow.string())):
        file = _parquet(
            **{name: pyarrow.array([value] * 2) for name, value in TRACK.items()}
            | {
                "track_id": pyarrow.array([1, 2]),
                "status": pyarrow.array(["draft"] * 2),
                "genres": pyarrow.array(["NULL", "pop"]).cast(dtype),
            }
        )
        reading = read("tracks", "2026-01-01.parquet", file, dialect=WORDS)
        assert reading.rows["genres"].to_list() == [False, True]
        assert reading.contribution.written["genres"] == 1


@pytest.mark.parametrize("status", [1, 1.0, True, "1", "published"])
def test_words_of_theirs_are_ours_in_json(read: Read, status: Any) -> None:
    row = {**TRACK, "status": status, "published_at": "2026-01-01"}
    reading = read("tracks", "2026-01-01.json", json.dumps(row), dialect=WORDS)
    assert reading.rows["status"].to_list() == ["published"]


@pytest.mark.parametrize("status", [2, "2", None, 1.5, [1]])
def test_other_words_mean_what_they_meant(read: Read, status: Any) -> None:
    row = {**TRACK, "status": status}
    with_words = read("tracks", "2026-01-01.json", json.dumps(row), dialect=WORDS)
    without = read("tracks", "2026-01-01.json", json.dumps(row))
    assert with_words.reasons == without.reasons != []


@pytest.mark.parametrize(
    "statuses",
    [
        pyarrow.array([1, 0]),
        pyarrow.array([1.0, 0.0]),
        pyarrow.array(["1", "0"]),
        pyarrow.array([b"1", b"0"]),
        pyarrow.array([True, None]).fill_null(False).cast(pyarrow.int8()),
        pyarrow.array([1, 0]).cast(pyarrow.decimal128(38, 0)),
        pyarrow.array([1, 0]).cast(pyarrow.decimal128(38, 2)),
    ],
    ids=lambda array: str(array.type),
)
def test_words_of_theirs_are_ours_in_parquet(read: Read, statuses: pyarrow.Array) -> None:
    file = _parquet(
        **{name: pyarrow.array([value] * 2) for name, value in TRACK.items()}
        | {
            "track_id": pyarrow.array([1, 2]),
            "status": statuses,
            "published_at": pyarrow.array(["2026-01-01"] * 2),
        }
    )
    reading = read("tracks", "2026-01-01.parquet", file, dialect=WORDS)
    assert reading.rows["status"].to_list() == ["published", "draft"]


def test_a_boolean_of_parquet_has_words(read: Read) -> None:
    file = _parquet(
        **{name: pyarrow.array([value]) for name, value in TRACK.items()}
        | {"status": pyarrow.array([True]), "published_at": pyarrow.array(["2026-01-01"])}
    )
    reading = read("tracks", "2026-01-01.parquet", file, dialect=WORDS)
    assert reading.rows["status"].to_list() == ["published"]


def test_words_stand_for_numbers_and_flags(read: Read) -> None:
    dialect = Dialect.model_validate(
        {"values": {"profile_completion": {"full": 100}, "listed": {"no": False, "yes": True}}}
    )
    text = (
        "producer_id,display_name,joined_at,profile_completion,status,listed\n"
        "1,A,2026-01-01,full,active,no\n2,B,2026-01-01,7,active,yes\n"
    )
    reading = read("producers", "2026-01-01.csv", text, dialect=dialect)
    assert reading.rows.select("profile_completion", "listed").rows() == [(100, False), (7, True)]


# Zones ---------------------------------------------------------------------------------------

BERLIN = Dialect(timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-07-01 10:00:00", datetime(2026, 7, 1, 8)),
        ("2026-01-01T10:00", datetime(2026, 1, 1, 9)),
        ("2026-01-01", datetime(2025, 12, 31, 23)),
        ("2026-07-01 10:00:00.25", datetime(2026, 7, 1, 8, 0, 0, 250_000)),
        # Named zones and numbers are what they say.
        ("2026-07-01 10:00:00Z", datetime(2026, 7, 1, 10)),
        ("2026-07-01 10:00:00 UTC", datetime(2026, 7, 1, 10)),
        ("2026-07-01 10:00:00+00", datetime(2026, 7, 1, 10)),
        ("1767225600", datetime(2026, 1, 1)),
        # Clocks went back at 03:00 on 2026-10-25: 02:30 came twice, and is the first.
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30)),
        # They went forward at 02:00 on 2026-03-29: 02:30 never was, and is 03:30.
        ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30)),
        # 01:30 in UTC was always there.
        ("2026-03-29 01:30:00Z", datetime(2026, 3, 29, 1, 30)),
    ],
)
def test_times_without_a_zone_are_in_that_of_the_table(
    read: Read, written: str, utc: datetime
) -> None:
    reading = read("plays", "a.csv", f"{PLAYS}1,7,{written}\n", dialect=BERLIN)
    assert reading.rows["played_at"].to_list() == [utc]
    text = json.dumps({"play_id": 1, "track_id": 7, "played_at": written})
    assert read("plays", "a.json", text, dialect=BERLIN).rows["played_at"].to_list() == [utc]
    file = _parquet(
        play_id=pyarrow.array([1]), track_id=pyarrow.array([7]), played_at=pyarrow.array([written])
    )
    assert read("plays", "a.parquet", file, dialect=BERLIN).rows["played_at"].to_list() == [utc]


@pytest.mark.parametrize(
    ("array", "utc"),
    [
        (pyarrow.array([datetime(2026, 7, 1, 10)]), datetime(2026, 7, 1, 8)),
        (
            pyarrow.array([datetime(2026, 7, 1, 10)], pyarrow.timestamp("ns")),
            datetime(2026, 7, 1, 8),
        ),
        (
            pyarrow.array([datetime(2026, 7, 1, 10)], pyarrow.timestamp("us", "UTC")),
            datetime(2026, 7, 1, 10),
        ),
        (pyarrow.array([date(2026, 7, 1)]), datetime(2026, 6, 30, 22)),
        (pyarrow.array([1767225600]), datetime(2026, 1, 1)),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_typed_times_without_a_zone_are_in_that_of_the_table(
    read: Read, array: pyarrow.Array, utc: datetime
) -> None:
    file = _parquet(play_id=pyarrow.array([1]), track_id=pyarrow.array([7]), played_at=array)
    assert read("plays", "a.parquet", file, dialect=BERLIN).rows["played_at"].to_list() == [utc]


def test_the_range_of_times_is_that_of_utc(read: Read) -> None:
    """2000-01-01 00:30 in Berlin is 1999-12-31 23:30 in UTC."""
    reading = read("plays", "a.csv", f"{PLAYS}1,7,2000-01-01 00:30:00\n", dialect=BERLIN)
    assert reading.reasons == [(1, "played_at:range")]


# Stamps --------------------------------------------------------------------------------------


MINUTES = "{YYYY}{MM}{DD}-{HH}{mm}"


@pytest.mark.parametrize(
    ("path", "template", "zone", "stamp"),
    [
        ("20261122-0600.csv", MINUTES, "UTC", datetime(2026, 11, 22, 6)),
        ("22.11.2026/x.csv", "{DD}.{MM}.{YYYY}", "UTC", datetime(2026, 11, 22)),
        (
            "a/20261122-0600/20261123-0701.csv",
            "{YYYY}{MM}{DD}-{HH}{mm}",
            "UTC",
            datetime(2026, 11, 23, 7, 1),
        ),
        # The last place that is a time counts.
        (
            "20261122-0600/20261123-2500.csv",
            "{YYYY}{MM}{DD}-{HH}{mm}",
            "UTC",
            datetime(2026, 11, 22, 6),
        ),
        ("120261122-06001.csv", MINUTES, "UTC", None),
        # Where the template finds nothing, the rules do.
        ("2026-11-22T06.csv", MINUTES, "UTC", datetime(2026, 11, 22, 6)),
        ("2026-11-22T06.csv", "", "Europe/Berlin", datetime(2026, 11, 22, 5)),
        ("2026-11-22.csv", "", "Europe/Berlin", datetime(2026, 11, 21, 23)),
        ("20261122T060000Z/x.csv", "", "Europe/Berlin", datetime(2026, 11, 22, 6)),
        (
            "20261122-060001.csv",
            "{YYYY}{MM}{DD}-{HH}{mm}{ss}",
            "Asia/Tokyo",
            datetime(2026, 11, 21, 21, 0, 1),
        ),
    ],
)
def test_stamps_of_a_table(path: str, template: str, zone: str, stamp: datetime | None) -> None:
    assert stamp_of(path, template, zone) == stamp


# Ids that are texts --------------------------------------------------------------------------

TEXT_IDS = Dialect(text_ids=("producer_id", "track_id", "listener_id"))
ID = "0b1f7c3e-2b1a-4d9e-8a53-0c8f2d1e4a77"


def _id(text: str) -> int:
    """The first 63 bits of the SHA-256."""
    return int(sha256(text.encode()).hexdigest()[:16], 16) // 2


def test_ids_stand_for_texts_in_every_format(read: Read) -> None:
    texts = [ID, "5", ""]
    text = "".join(f"{n},{ID},2026-01-02,{t}\n" for n, t in enumerate(texts, 1))
    header = "play_id,track_id,played_at,listener_id\n"
    listeners = [_id(ID), _id("5"), None]
    reading = read("plays", "a.csv", header + text, dialect=TEXT_IDS)
    assert reading.rows["listener_id"].to_list() == listeners
    assert set(reading.rows["track_id"]) == {_id(ID)}
    row: dict[str, Any] = {"track_id": ID, "played_at": "2026-01-02"}
    values: list[Any] = [ID, 5, None, 5.5, "", " ", True]
    lines = [json.dumps({**row, "play_id": n, "listener_id": t}) for n, t in enumerate(values, 1)]
    reading = read("plays", "a.json", "\n".join(lines), dialect=TEXT_IDS)
    assert reading.rows["listener_id"].to_list() == [*listeners, None, None, None, None]
    assert reading.contribution.bad_cells == {"listener_id": 4}
    for array in (
        pyarrow.array([ID, "5", None]),
        pyarrow.array([ID.encode(), b"5", None]),
        pyarrow.array([ID, "5", None]).dictionary_encode(),
    ):
        file = _parquet(
            play_id=pyarrow.array([1, 2, 3]),
            track_id=pyarrow.array([ID] * 3),
            played_at=pyarrow.array([date(2026, 1, 2)] * 3),
            listener_id=array,
        )
        reading = read("plays", "a.parquet", file, dialect=TEXT_IDS)
        assert reading.rows["listener_id"].to_list() == listeners


def test_a_uuid_of_parquet_is_its_text(read: Read) -> None:
    for array, listener in (
        (pyarrow.array([uuid.UUID(ID).bytes], pyarrow.uuid()), _id(ID)),
        (pyarrow.array([77]), _id("77")),
    ):
        file = _parquet(
            play_id=pyarrow.array([1]),
            track_id=pyarrow.array([ID]),
            played_at=pyarrow.array([date(2026, 1, 2)]),
            listener_id=array,
        )
        reading = read("plays", "a.parquet", file, dialect=TEXT_IDS)
        assert reading.rows["listener_id"].to_list() == [listener]


def test_the_texts_of_producers_are_kept(read: Read) -> None:
    text = (
        "producer_id,display_name,joined_at,profile_completion,status\n"
        f"{ID},A,2026-01-01,1,active\n ,B,2026-01-01,1,active\n"
    )
    reading = read("producers", "2026-01-01.csv", text, dialect=TEXT_IDS)
    assert reading.rows.select("producer_id", "text_id").rows() == [(_id(ID), ID)]
    assert reading.reasons == [(2, "producer_id:type")]


def test_two_texts_of_one_id_are_told() -> None:
    """No two texts are known that have one id: what looks for them is given such ids."""
    ids, texts = pl.Series([1, 2, 1, 1]), pl.Series(["a", "b", "a", "c"])
    assert two_of_one_id(ids, texts) == ("a", "c")
    assert two_of_one_id(ids[:3], texts[:3]) is None
    with pytest.raises(FileRejected, match="'a' and 'c'"):
        check_text_ids(ids, texts)
