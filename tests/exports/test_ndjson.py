"""NDJSON files (specification, section 1)."""

import pytest

from tests.exports.conftest import Read

GOOD = '{"track_id": %d, "producer_id": 2, "credited_at": "2026-01-01"}'
BAD_LINES = [
    "[1]",
    "1",
    "null",
    "{",
    "}",
    '{"track_id": 1} x',
    '{"track_id": 1}{"track_id": 2',
    '{"track_id": 1},{"track_id": 2}',
    '{"track_id": "a}{b"}{',
    '[{"track_id": 1}, 2]',
    "[{}][{}]",
    "[{}]{}",
    '{"track_id": NaN}',
    '{"track_id": Infinity}',
    '{"track_id": 01}',
    "{'track_id': 1}",
    '{"track_id": 1,}',
    '{"track_id": "\x01"}',
    "\ufeff{}",
    "\x0b{}",
    "\x0b[{}]",
    '{"track_id": ' + "[" * 100_000,
]


def test_a_bad_line_never_affects_its_neighbours(read: Read) -> None:
    lines = [GOOD % 1]
    for number, line in enumerate(BAD_LINES):
        lines += [line, GOOD % (number + 2)]
    for rows_per_chunk in (1_000_000, 1):
        reading = read("credits", "2026-01-01.ndjson", "\n".join(lines), rows_per_chunk)
        assert reading.rows["row"].to_list() == list(range(1, len(lines) + 1, 2))
        assert reading.rejects["reason"].unique().to_list() == ["row:malformed"]
        assert reading.rejects["original"].to_list() == BAD_LINES


def test_an_object_over_two_lines_is_two_bad_lines(read: Read) -> None:
    # As many objects as lines in all, and each line begins and ends like one.
    text = '{"track_id": {}\n}\n' + f"{GOOD % 1} {GOOD % 2}\n"
    reading = read("credits", "2026-01-01.ndjson", text)
    assert [reason for _, reason in reading.reasons] == ["row:malformed"] * 2
    assert reading.rows["row"].to_list() == [3, 4]


@pytest.mark.parametrize(
    "text",
    [
        # As Firehose writes them, which puts nothing between objects.
        f"{GOOD % 1}{GOOD % 3}",
        f"{GOOD % 1} \t{GOOD % 3}\n",
        f"[{GOOD % 1},{GOOD % 3}]",
        f"[]\n[{GOOD % 1}]\n[{GOOD % 3}]\n",
        f"[\n{GOOD % 1},\n{GOOD % 3}\n]\n",
        f"\n[\r\n{GOOD % 1}\r\n,{GOOD % 3}]",
        f"[{GOOD % 1},\n{GOOD % 3}\n]",
        f"{GOOD % 1}\n{GOOD % 3}",
        f"\ufeff{GOOD % 1}\r\n{GOOD % 3}\r\n",
        f"\n \t\r\n{GOOD % 1}\n\n  \n\t{GOOD % 3} \n",
        # The last of repeated keys counts; a key can be escaped.
        GOOD.replace("{", '{"track_id": "x", ') % 1
        + "\n"
        + GOOD.replace("track_id", "\\u0074rack_id") % 3,
    ],
)
def test_ways_to_write_the_same(read: Read, text: str) -> None:
    rows = read("credits", "2026-01-01.jsonl", text).rows
    assert list(rows.select("row", "track_id").iter_rows()) == [(1, 1), (2, 3)]


def test_missing_keys_are_null_and_unknown_ones_are_named(read: Read) -> None:
    text = '{"play_id":1,"track_id":1,"played_at":"2026-01-01","mood":1}\n{"play_id":1,"Mood":{}}'
    reading = read("plays", "a.ndjson", text)
    assert reading.rows["listener_id"].to_list() == [None]
    assert reading.reasons == [(2, "track_id:required")]
    assert reading.rejects["original"].to_list() == ['{"play_id":1,"Mood":{}}']
    assert reading.contribution.unknown_columns == ["Mood", "mood"]


def test_of_countless_unknown_keys_the_first_are_named(read: Read) -> None:
    lines = "".join(f'{{"k{n}":1}}\n' for n in range(25_000, 0, -1))
    for rows_per_chunk in (1_000_000, 500):
        reading = read("plays", "a.ndjson", lines, rows_per_chunk)
        names = sorted(f"k{n}" for n in range(1, 25_001))[:100]
        assert reading.contribution.unknown_columns == names


def test_numbers_and_texts_that_others_choke_on(read: Read) -> None:
    lines = [
        f'{{"track_id":{value},"producer_id":2,"credited_at":"2026-01-01"}}'
        for value in ("1e3", "7.0", '"8"', "9" * 5000, "18446744073709551616", "true", '"\\ud800"')
    ]
    reading = read("credits", "2026-01-01.ndjson", "\n".join(lines))
    assert reading.rows["track_id"].to_list() == [1000, 7, 8]
    assert reading.reasons == [
        (4, "track_id:range"),
        (5, "track_id:range"),
        (6, "track_id:type"),
        (7, "track_id:type"),
    ]
    assert reading.rejects["original"].to_list() == lines[3:]


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("0." + "0" * 5_000 + "7e5001", 7),
        ("7" + "0" * 5_000 + "e-5000", 7),
        ("7e" + "0" * 5_000, 7),
        ("0e99999999999999999999", 0),
        ("0.000e-99999999999999999999", 0),
        ("7e99999999999999999999", None),
        ("7e-99999999999999999999", None),
        ("0." + "0" * 5_000 + "7", None),
    ],
)
def test_numbers_of_any_length(read: Read, number: str, value: int | None) -> None:
    line = f'{{"play_id":1,"track_id":1,"played_at":"2026-01-01","seconds_played":{number}}}'
    reading = read("plays", "a.ndjson", line)
    assert reading.rows["seconds_played"].to_list() == [value]
    assert reading.contribution.bad_cells == ({} if value is not None else {"seconds_played": 1})


def test_a_file_without_rows_is_fine(read: Read) -> None:
    for text in ("", "\ufeff", "\n"):
        assert read("credits", "2026-01-01.ndjson", text).contribution.file_reason is None


def test_a_file_that_is_not_utf8_is_bad_wherever_it_is_not(read: Read) -> None:
    for data in (GOOD.encode() + b'\n{"unknown": "\xff"}', GOOD.encode("utf-16")):
        contribution = read("credits", "2026-01-01.ndjson", data).contribution
        assert contribution.file_reason == "file:encoding"


def test_a_brace_in_a_text_is_not_between_objects(read: Read) -> None:
    good = '{"track_id": 1, "producer_id": 2, "credited_at": "2026-01-01", "x": "}{ } {"}'
    for rows_per_chunk in (1_000_000, 1):
        reading = read("credits", "2026-01-01.json", f"{good} {good}\n", rows_per_chunk)
        assert reading.contribution.rows_read == 2
        assert reading.reasons == []


def test_elements_of_an_array_file_that_are_no_objects_are_bad_rows(read: Read) -> None:
    reading = read("credits", "2026-01-01.json", f"[\n{GOOD % 1},\n5, [], {GOOD % 2}]")
    assert reading.rows["row"].to_list() == [1, 4]
    assert reading.rejects.rows() == [(2, "row:malformed", "5"), (3, "row:malformed", "[]")]
    assert read("credits", "2026-01-01.json", "[\n]").contribution.rows_read == 0


def test_only_white_space_of_json_stands_before_an_array(read: Read) -> None:
    for before, rows, bad in ((" \t\r", 1, 0), ("\x0b\n", 1, 0), ("\x0b", 1, 2)):
        reading = read("credits", "2026-01-01.json", f"{before}[\n{GOOD % 1}\n]")
        assert (reading.contribution.accepted, reading.contribution.rejected) == (rows, bad)


@pytest.mark.parametrize("text", ["[\n{},", "[NaN]", "[\n{}\n]\n{}\n", "[1,\n2", "[{}] ]"])
def test_a_file_that_begins_like_an_array_is_one(read: Read, text: str) -> None:
    assert read("credits", "2026-01-01.json", text).contribution.file_reason == "file:unreadable"


def test_half_of_a_character_costs_no_row(read: Read) -> None:
    producer = (
        '{"producer_id": 1, "display_name": "a\\ud83c", "joined_at": "2026-01-01", '
        '"profile_completion": 5, "status": "active"}'
    )
    for text in (producer, f"[{producer}]", f"[\n{producer}]"):
        reading = read("producers", "2026-01-01.json", text)
        assert reading.rows["display_name"].to_list() == ["a\ufffd"]
        assert reading.contribution.bad_cells == {"display_name": 1}
