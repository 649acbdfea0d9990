"""CSV files (specification, section 1)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.exports.csv_reader import CsvReader
from pipelines.exports.reading import Reading
from pipelines.exports.rejection import FileRejected
from pipelines.settings import Dialect
from tests.exports.conftest import Read

HEADER = "track_id,producer_id,credited_at\n"


def _credits(read: Read, text: str | bytes) -> list[tuple[int, int, int]]:
    """(row, track, producer) of the accepted rows."""
    rows = read("credits", "2026-01-01.csv", text).rows
    return list(rows.select("row", "track_id", "producer_id").iter_rows())


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "1,2,2026-01-01\n3,4,2026-01-01\n",
        HEADER + "1,2,2026-01-01\n3,4,2026-01-01",
        "\ufeff" + HEADER + "1,2,2026-01-01\n3,4,2026-01-01\n",
        (HEADER + "1,2,2026-01-01\n3,4,2026-01-01\n").replace("\n", "\r\n"),
        (HEADER + "1,2,2026-01-01\n3,4,2026-01-01\n").replace("\n", "\r"),
        HEADER + '"1","2","2026-01-01"\n3,"4",2026-01-01\n',
        '"track_id","producer_id","credited_at"\n1,2,2026-01-01\n3,4,2026-01-01\n',
        # Blank lines are nothing, before the header too, and do not count.
        "\n \t\n" + HEADER + "\n1,2,2026-01-01\n\r\n  \n3,4,2026-01-01\n\n",
        "credited_at,producer_id,track_id\n2026-01-01,2,1\n2026-01-01,4,3\n",
    ],
)
def test_ways_to_write_the_same(read: Read, text: str) -> None:
    assert _credits(read, text) == [(1, 1, 2), (2, 3, 4)]


def test_quoted_cells_hold_commas_quotes_and_line_ends(read: Read) -> None:
    text = (
        "producer_id,display_name,joined_at,profile_completion,status\n"
        '1,"Lo-Fi, Inc.",2026-01-01,1,active\n'
        '2,"Kay ""8"" Beats",2026-01-01,1,active\n'
        '3,"two\r\nlines\n",2026-01-01,1,active\n'
        '4,7" single,2026-01-01,1,active\n'
        "5,  spaced ,2026-01-01,1,active\n"
    )
    rows = read("producers", "2026-01-01.csv", text).rows
    names = ["Lo-Fi, Inc.", 'Kay "8" Beats', "two\r\nlines\n", '7" single', "  spaced "]
    assert rows["display_name"].to_list() == names


def test_cells_between_tabs(read: Read) -> None:
    text = 'track_id\tproducer_id\tcredited_at\n1\t2\t2026-01-01\n\n\t\t\n \n3\t"4"\t2026-01-01\n'
    reading = read("credits", "2026-01-01.tsv", text)
    assert list(reading.rows.select("row", "track_id", "producer_id").iter_rows()) == [
        (1, 1, 2),
        # Tabs alone are cells without anything in them.
        (3, 3, 4),
    ]
    assert reading.reasons == [(2, "track_id:required")]


@pytest.mark.parametrize("cell", ["\\N", '"\\N"', ""])
def test_the_null_of_mysql_and_postgresql(read: Read, cell: str) -> None:
    head = "track_id,producer_id,title,status,updated_at,genres,bpm\n"
    for title in ("x", '"a ""b"""'):  # read as a table, and record by record
        text = head + f"1,2,{title},draft,2026-01-01,{cell},{cell}\n3,4,y,draft,2026-01-01,\\n,1\n"
        reading = read("tracks", "2026-01-01.csv", text)
        assert reading.rows["genres"].to_list() == [False, True]
        assert reading.contribution.bad_cells == {}


@pytest.mark.parametrize("names", [", ", "\\N,\\N", '"\\N",""'])
def test_columns_without_a_name_are_nothing(read: Read, names: str) -> None:
    r"""Two columns of the name `\N`, which is no name, were taken for a repetition."""
    text = f"track_id,producer_id,credited_at,{names}\n1,2,2026-01-01,,\n3,4,2026-01-01,,\n"
    assert _credits(read, text) == [(1, 1, 2), (2, 3, 4)]
    reading = read("credits", "2026-01-01.csv", text)
    assert reading.contribution.unknown_columns == []
    # What stands in one is ignored, and that it is, is told.
    reading = read(
        "credits", "2026-01-01.csv", text.replace("3,4,2026-01-01,,", "3,4,2026-01-01,x,")
    )
    assert reading.contribution.accepted == 2
    assert reading.contribution.unknown_columns == [""]


def test_an_empty_cell_is_null(read: Read) -> None:
    text = 'play_id,track_id,played_at,listener_id\n1,1,2026-01-01,\n2,1,2026-01-01,""\n,1,x,1\n'
    reading = read("plays", "a.csv", text)
    assert reading.rows["listener_id"].to_list() == [None, None]
    assert reading.contribution.bad_cells == {}
    assert reading.reasons == [(3, "play_id:required")]


def test_records_with_the_wrong_number_of_cells_are_malformed(read: Read) -> None:
    text = HEADER + '1,2,2026-01-01\n1,2\n1,2,2026-01-01,\n""\n"a\nb",2\n5,6,2026-01-01\n'
    reading = read("credits", "2026-01-01.csv", text)
    assert reading.rows["row"].to_list() == [1, 6]
    assert list(reading.rejects.iter_rows()) == [
        (2, "row:malformed", "1,2"),
        (3, "row:malformed", "1,2,2026-01-01,"),
        (4, "row:malformed", '""'),
        (5, "row:malformed", '"a\nb",2'),
    ]


def test_a_long_and_a_short_record_do_not_make_up_for_each_other(read: Read) -> None:
    for bad in ("1,2\n1,2,3,4\n", "1,2,3,4\n1,2\n"):
        reading = read("credits", "2026-01-01.csv", HEADER + bad + "5,6,2026-01-01\n")
        assert [row for row, _ in reading.reasons] == [1, 2]
        assert reading.rows["track_id"].to_list() == [5]


def test_rejected_rows_keep_all_their_cells(read: Read) -> None:
    text = "track_id,mood,producer_id,credited_at\nx,blue,,2026-01-01\n"
    reading = read("credits", "2026-01-01.csv", text)
    assert reading.contribution.unknown_columns == ["mood"]
    assert reading.rejects["original"].to_list() == [
        '{"track_id":"x","mood":"blue","producer_id":null,"credited_at":"2026-01-01"}'
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "header"),
        ("\n\n", "header"),
        ("track_id,producer_id,credited_at,track_id\n", "header"),
        ("track_id,producer_id,credited_at,x,x\n", "header"),
        ("track_id,producer_id\n", "columns"),
        ("Track_id,producer_id,credited_at\n", "columns"),
        ("1,2,2026-01-01\n", "columns"),
        (HEADER.encode() + b"1,2,2026-01-01\n\xff,2,2026-01-01\n", "encoding"),
        (HEADER.encode("utf-16"), "encoding"),
        (HEADER + '1,2,"2026-01-01\n', "unreadable"),
        (HEADER + '1,2,"2026-01-01"\n"1,2,2026-01-01\n', "unreadable"),
        (HEADER + '1,2,"2026-01-01"x\n', "unreadable"),
        # Of several defects the one that is nearest to the bytes.
        (b"track_id\n\xff\n", "encoding"),
    ],
)
def test_bad_files(read: Read, text: str | bytes, reason: str) -> None:
    for rows_per_chunk in (1_000_000, 1):
        reading = read("credits", "2026-01-01.csv", text, rows_per_chunk)
        assert reading.contribution.file_reason == f"file:{reason}"
        assert reading.contribution.file_detail


def test_a_header_may_be_as_wide_as_it_likes(read: Read) -> None:
    """As of one long line of something else."""
    names = [f"c{n}" for n in range(200_000)]
    for text, reason in ((",".join(names), "columns"), (",".join([*names, "c7"]), "header")):
        started = time.process_time()
        reading = read("credits", "2026-01-01.csv", text)
        assert reading.contribution.file_reason == f"file:{reason}"
        # It took hours.
        assert time.process_time() - started < 5


def test_only_a_header_is_fine(read: Read) -> None:
    for text in (HEADER, HEADER.rstrip()):
        reading = read("credits", "2026-01-01.csv", text)
        assert reading.contribution.file_reason is None
        assert (reading.rows.height, reading.rejects.height) == (0, 0)


class _ExactReader(CsvReader):
    def _parse_plain(self, text: bytes) -> None:  # noqa: ARG002
        return None


_PIECES = ["1", "x", ",", ",", '"', '""', "\n", "\r\n", "\r", " ", '"a,b"', "\ufeff", "é"]
_RECORDS = ["1,2,2026-01-01\n", '"1",2,"2026-01-01"\n', '1,"a""b",3\n']


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(_PIECES + 4 * _RECORDS), max_size=12).map("".join))
def test_the_fast_and_the_exact_way_agree(text: str) -> None:
    """What Polars parses is what record by record parsing makes of the same text."""

    def chunk_cells(reader_type: type[CsvReader]) -> object:
        reader = reader_type(
            Reading("credits", Dialect()), iter([HEADER.encode() + text.encode()]), ","
        )
        found = []
        try:
            for chunk in reader.chunks():
                originals = chunk.originals(chunk.rows.is_not_null().arg_true())
                found += [*zip(chunk.rows, originals, strict=True), *chunk.malformed]
        except FileRejected as rejected:
            return rejected.reason
        return sorted(found)

    assert chunk_cells(CsvReader) == chunk_cells(_ExactReader)
