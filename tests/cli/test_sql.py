"""`beatxp sql` and `beatxp catalog`: what is printed, what scripts and spreadsheets get."""

import csv
import json
import os
import pty
import select
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cli import catalog, sql  # noqa: F401
from cli.answers import cell
from cli.app import app
from cli.sql_prompt import is_complete
from cli.wording import plain
from pipelines.tables import PUBLISHED
from tests.analysis.kept import HOSTILE, publish_three


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sql")
    publish_three(folder)
    return folder


def run(folder: Path, *arguments: str, piped: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "100"})
    return runner.invoke(app, ["--config", str(folder / "beatxp.toml"), *arguments], input=piped)


def printed(folder: Path, *arguments: str, piped: str = "") -> list[str]:
    result = run(folder, *arguments, piped=piped)
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.stdout.splitlines()]


def parsed(folder: Path, query: str, *arguments: str) -> Any:
    [line] = printed(folder, "sql", query, "--json", *arguments)
    return json.loads(line)


# For people.


def test_numbers_are_right_aligned_and_nothing_is_null(folder: Path) -> None:
    query = "SELECT display_name, total_xp, 1/3 AS part, next_level_xp FROM progress LIMIT 2"
    assert printed(folder, "sql", query) == [
        "display_name  total_xp    part  next_level_xp",
        "Ada                105  0.3333           null",
        "Bo                   6  0.3333            500",
    ]


def test_more_rows_than_asked_for_are_said_and_not_computed(folder: Path) -> None:
    # So many rows would take minutes.
    lines = printed(folder, "sql", "SELECT range FROM range(100_000_000_000)", "--limit", "2")
    assert lines[:3] == ["range", "    0", "    1"]
    assert lines[3].startswith("There are more: these are the first 2 rows.")
    assert "the first 40 rows" in printed(folder, "sql", "FROM range(41)")[41]
    assert len(printed(folder, "sql", "FROM range(40)")) == 41


def narrow(folder: Path, width: int, query: str) -> list[str]:
    runner = CliRunner(env={"COLUMNS": str(width)})
    result = runner.invoke(app, ["--config", str(folder / "beatxp.toml"), "sql", query])
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.stdout.splitlines()]


def test_columns_that_do_not_fit_come_below_with_the_first_one(folder: Path) -> None:
    """Eight columns at 80 left out the last: `unmatched`."""
    query = "SELECT * FROM inputs UNION ALL SELECT * REPLACE ('tracks' AS entity) FROM inputs"
    assert narrow(folder, 80, query) == [
        "entity  files  rejected_files  rows_read  accepted  duplicates  rejected",
        "plays       2               1          9         6           1         2",
        "tracks      2               1          9         6           1         2",
        "",
        "entity  unmatched",
        "plays           1",
        "tracks          1",
    ]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_every_value_is_there_at_any_width(folder: Path, width: int) -> None:
    lines = narrow(folder, width, "FROM progress")
    names = PUBLISHED["progress"].schema.names()
    words = " ".join(lines).split()
    assert {name for name in names if name not in words} == set()
    assert words.count("105") == 1
    # A number is never cut, not even one that is wider than the terminal.
    query = "SELECT 9223372036854775807 AS id, 'x' AS x, -9223372036854775807 AS other UNION ALL "
    words = " ".join(narrow(folder, width, f"{query} SELECT 1, 'y', 2")).split()
    assert {"9223372036854775807", "-9223372036854775807"} <= set(words)


def test_where_the_first_column_is_too_wide_to_be_repeated_rows_have_numbers(
    folder: Path,
) -> None:
    query = "SELECT 'a much too long text' AS text, range AS first, range AS second FROM range(2)"
    assert narrow(folder, 30, query) == [
        "#  text                  first",
        "1  a much too long text      0",
        "2  a much too long text      1",
        "",
        "#  second",
        "1       0",
        "2       1",
    ]


def test_long_texts_are_folded_and_what_is_cut_is_said(folder: Path) -> None:
    text = "".join(f"{number:03}" for number in range(60))
    query = "SELECT '{}' AS text, 1 AS n UNION ALL SELECT 'b', 2"
    lines = narrow(folder, 80, query.format(text))
    assert "".join("".join(lines[1:6]).split()) == text[:40] + "1" + text[40:]
    lines = narrow(folder, 80, query.format(text * 2))
    assert "Texts of more than 200 characters are cut." in " ".join(lines)


def test_a_single_row_that_is_too_wide_becomes_a_list(folder: Path) -> None:
    lines = printed(folder, "sql", "FROM progress WHERE producer_id = 2")
    assert lines[1].split() == ["display_name", "Bo"]
    assert lines[-1].split() == ["listed", "true"]


def test_untrusted_names_stay_in_their_cells(folder: Path) -> None:
    output = "\n".join(printed(folder, "sql", "SELECT display_name FROM progress"))
    assert "=[red]\\x1b[2J\\u202eevil" in output
    # As the name of a column, and in what DuckDB says about it.
    output = "\n".join(printed(folder, "sql", "PIVOT progress ON display_name USING count(*)"))
    assert "\\x1b[2J\\u202eevil" in output
    mistake = run(folder, "sql", "SELECT display_name::INT FROM progress WHERE producer_id = 3")
    assert mistake.exit_code == 2
    assert "\\x1b[2J\\u202eevil" in mistake.stderr
    assert "\x1b" not in mistake.stderr


def test_no_rows_still_have_columns(folder: Path) -> None:
    assert printed(folder, "sql", "FROM level_ups WHERE false") == [
        "No rows. Columns: producer_id, level, reached_on"
    ]


def test_another_snapshot_can_be_meant(folder: Path) -> None:
    query = "SELECT count(*) AS producers FROM progress"
    assert printed(folder, "sql", query, "--snapshot", "20261030T000000-aa")[-1].strip() == "1"
    assert run(folder, "sql", query, "--snapshot", "other").exit_code == 2


# Statements.


def test_all_statements_of_standard_input_are_answered(folder: Path) -> None:
    piped = "SELECT 1 AS a; -- é; not a statement\nFROM levels;\nSELECT ';' AS b"
    assert printed(folder, "sql", piped=piped) == [
        "a",
        "1",
        "",
        "level  title   min_xp",
        "    1  Novice       0",
        "",
        "b",
        ";",
    ]


def test_an_answer_that_was_not_read_to_its_end_does_not_stop_the_next(folder: Path) -> None:
    piped = "FROM range(1_000_000); SELECT 7 AS seven"
    assert printed(folder, "sql", "--limit", "1", piped=piped)[-1].strip() == "7"


def test_order_is_kept_on_its_way_into_files(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.parquet"
    query = "SELECT (range * 7919) % 300_007 AS n FROM range(300_000) ORDER BY n DESC"
    printed(folder, "sql", query, "--parquet", str(file))
    assert pl.read_parquet(file)["n"].is_sorted(descending=True)
    assert parsed(folder, f"{query} LIMIT 2")["rows"] == [{"n": 300006}, {"n": 300005}]


def test_what_a_database_is_asked_first_is_answered(folder: Path) -> None:
    assert "levels" in printed(folder, "sql", "SHOW TABLES")
    assert printed(folder, "sql", "DESCRIBE levels")[1].split()[:2] == ["level", "BIGINT"]
    assert printed(folder, "sql", "SUMMARIZE levels")[2].split()[:2] == ["title", "VARCHAR"]


@pytest.mark.parametrize("how", ["EXPLAIN", "explain analyze", "EXPLAIN (FORMAT json)"])
def test_the_plan_of_a_question_is_shown_as_duckdb_draws_it(folder: Path, how: str) -> None:
    query = f"{how} /* why */ SELECT title, count(*) AS n FROM levels GROUP BY ALL; -- end"
    lines = printed(folder, "sql", query)
    assert len(lines) > 5
    assert any("title" in line for line in lines)
    assert "\\n" not in "".join(lines)
    [row] = parsed(folder, query)["rows"]
    assert row.keys() == {"explain_key", "explain_value"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT nope FROM progress", 'Referenced column "nope" not found'),
        ("FROM progres", "Did you mean"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1); SELECT (1", "syntax error"),
        ("FROM levels WHERE level = $1", "parameter"),
        ("FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("COPY levels TO 'x.csv'", "this is none: COPY levels TO 'x.csv'"),
        ("WITH x AS (COPY levels TO 'x.csv') FROM x", "Only questions can be asked"),
        ("SELECT 1; DROP VIEW progress", "What is published never changes."),
        ("EXPLAIN DROP VIEW progress", "this is none: EXPLAIN DROP VIEW progress"),
        ("EXPLAIN FROM progres", "Did you mean"),
        ("", "There is no question"),
        ("/* nothing */", "There is no question"),
    ],
)
def test_a_mistake_is_a_sentence(folder: Path, query: str, sentence: str) -> None:
    result = run(folder, "sql", query)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output
    assert "LINE" not in result.output


def test_a_mistake_shows_its_place_in_the_statement(folder: Path) -> None:
    result = run(folder, "sql", piped="SELECT 1;\nSELECT level,\n  nope\nFROM levels")
    place = result.stderr.splitlines()[-2:]
    assert place[0].index("nope") == place[1].index("^^^^")
    assert result.stdout.split() == ["1", "1"]


def test_too_little_memory_is_a_failure_and_no_mistake(folder: Path, tmp_path: Path) -> None:
    settings = tmp_path / "small.toml"
    text = (folder / "beatxp.toml").read_text().replace('= "', f'= "{folder}/')
    settings.write_text(f'{text}[engine]\nmemory_limit = "20MB"\n')
    query = "SELECT list(range) AS l FROM range(10_000_000)"
    result = CliRunner().invoke(app, ["--config", str(settings), "sql", query])
    assert result.exit_code == 1
    assert "Out of Memory" in result.stderr


# For programs.


def test_json_has_columns_rows_and_the_snapshot(folder: Path) -> None:
    found = parsed(
        folder,
        "SELECT producer_id, sum(xp) AS xp, max(day) AS day, list(source) AS sources, 1 AS xp "
        "FROM xp_ledger GROUP BY ALL ORDER BY producer_id LIMIT 1",
    )
    assert found["snapshot"]["snapshot_id"] == "20261101T000000-cc"
    assert [column["type"] for column in found["columns"]] == [
        "BIGINT",
        "HUGEINT",
        "DATE",
        "VARCHAR[]",
        "INTEGER",
    ]
    [row] = found["rows"]
    assert {**row, "sources": sorted(row["sources"])} == {
        "producer_id": "1",
        "xp": 105,
        "day": "2026-10-31",
        "sources": ["achievement", "play"],
        "xp_1": 1,
    }


def test_json_is_one_line_for_each_statement(folder: Path) -> None:
    first, second = printed(folder, "sql", "--json", piped="SELECT 1 AS a; SELECT 2 AS a;")
    assert (json.loads(first)["rows"], json.loads(second)["rows"]) == ([{"a": 1}], [{"a": 2}])


def test_values_of_every_kind_are_written(folder: Path, tmp_path: Path) -> None:
    query = """
        SELECT 100000000000000000001 AS huge, 1.50::DECIMAL(9, 2) AS exact,
            'nan'::DOUBLE AS nan, true AS yes, TIMESTAMP '2026-11-01 00:00:00.5' AS moment,
            TIMESTAMPTZ '2026-11-01 02:00:00+02' AS zoned, INTERVAL 1 MONTH AS month,
            {'a': [1, NULL]} AS nested, 'x'::BLOB AS bytes, NULL AS nothing, '101'::BIT AS bits,
            'b'::ENUM ('a', 'b') AS choice
    """
    [row] = parsed(folder, query)["rows"]
    assert row == {
        "huge": f"{10**20 + 1}",
        "exact": 1.5,
        "nan": None,
        "yes": True,
        "moment": "2026-11-01T00:00:00.500000Z",
        "zoned": "2026-11-01 00:00:00+00",
        "month": "1 month",
        "nested": {"a": [1, None]},
        "bytes": "x",
        "nothing": None,
        "bits": "101",
        "choice": "b",
    }
    printed(folder, "sql", query, "--parquet", str(tmp_path / "all.parquet"))
    stored = pl.read_parquet(tmp_path / "all.parquet").row(0, named=True)
    assert stored["huge"] == 10**20 + 1
    assert (stored["exact"], stored["month"]) == (Decimal("1.50"), "1 month")
    assert stored["nested"] == "{'a': [1, NULL]}"
    printed(folder, "sql", query, "--csv", str(tmp_path / "all.csv"))
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 2
    assert len(printed(folder, "sql", query)) == 12


def test_spreadsheets_get_no_formula(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    query = f'SELECT display_name AS "{HOSTILE}", original FROM progress, rejects WHERE producer_id'
    lines = printed(folder, "sql", f"{query} = 3 ORDER BY original", "--csv", str(file))
    assert lines == [f"Written: {file}"]
    with file.open(newline="") as text:
        assert list(csv.reader(text)) == [
            [f"'{HOSTILE}", "original"],
            [f"'{HOSTILE}", "'=1+1"],
            [f"'{HOSTILE}", ""],
        ]


def test_an_answer_is_written_in_every_form_that_is_asked_for(folder: Path, tmp_path: Path) -> None:
    csv_file, parquet_file = tmp_path / "out.csv", tmp_path / "out.parquet"
    files = ("--csv", str(csv_file), "--parquet", str(parquet_file))
    lines = printed(folder, "sql", "SELECT 1 AS a", *files)
    assert lines == [f"Written: {csv_file}", f"Written: {parquet_file}"]
    assert csv_file.read_text() == "a\n1\n"
    assert pl.read_parquet(parquet_file).rows() == [(1,)]
    assert parsed(folder, "SELECT 2 AS a", *files)["rows"] == [{"a": 2}]
    assert csv_file.read_text() == "a\n2\n"


def test_a_file_takes_one_answer(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert run(folder, "sql", "SELECT 1; SELECT 2", "--csv", str(file)).exit_code == 2
    assert run(folder, "sql", "SELECT 1", "--csv", str(tmp_path / "no/out.csv")).exit_code == 2
    assert run(folder, "sql", "SELECT 'a'::INT", "--parquet", str(file)).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_cells_for_people_and_values_for_programs() -> None:
    assert [cell(value) for value in (0.1 + 0.2, 1e-9, 4.0, float("inf"), True, [1, None])] == [
        "0.3",
        "1e-09",
        "4",
        "inf",
        "true",
        "[1, null]",
    ]
    assert plain({1: (float("inf"), Decimal("2.5"))}) == {"1": [None, 2.5]}


# The prompt.


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("SELECT 1;", True),
        ("SELECT 1; -- that is all", True),
        ("SELECT 1", False),
        ("SELECT ';", False),
        ("SELECT ';'", False),
        ("SELECT 'é';", True),
        ("SELECT 1 -- ;", False),
        ("SELECT $$;", False),
        ("-- ;", False),
    ],
)
def test_a_statement_ends_with_its_own_semicolon(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


@pytest.mark.parametrize("last", [".quit", ".exit", "exit", "quit;"])
def test_the_prompt_survives_mistakes_and_remembers(
    folder: Path, tmp_path: Path, last: str
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "--config", str(folder / "beatxp.toml"), "sql"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path), "TERM": "dumb", "COLUMNS": "80"},
    )
    os.close(theirs)

    def until(expected: str) -> str:
        said, end = b"", time.monotonic() + 60
        while expected.encode() not in said:
            ready, _, _ = select.select([ours], [], [], max(0, end - time.monotonic()))
            assert ready, said.decode()
            said += os.read(ours, 4096)
        return said.decode()

    try:
        assert "20261101T000000-cc" in until("beatxp> ")
        for line, answer, then in (
            ("SELECT count(*) AS n", "", "   ...> "),
            ("FROM levels;", "n\r\n1\r\n", "beatxp> "),
            ("FROM nope;", "Did you mean", "beatxp> "),
            ("DROP VIEW levels;", "Only questions", "beatxp> "),
            ("SELECT title FROM levels;", "Novice", "beatxp> "),
            (".tables", "xp_ledger", "beatxp> "),
            (".help", ".quit, exit, Ctrl+D", "beatxp> "),
            (".mode csv", "There is no command .mode csv; .help lists", "beatxp> "),
            # In the middle of a question these are part of it.
            ("SELECT 1 AS", "", "   ...> "),
            ("exit", "", "   ...> "),
            (";", "exit\r\n   1\r\n", "beatxp> "),
        ):
            os.write(ours, f"{line}\n".encode())
            assert answer in until(then)
        os.write(ours, f"{last}\n".encode())
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert "FROM nope;\n" in (tmp_path / "beatxp/sql_history").read_text()


# catalog


def test_a_catalog_says_where_and_what_it_is(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "beatxp.duckdb"
    lines = printed(folder, "catalog", str(file))
    assert lines[0] == f"Written: {file}"
    assert "20261101T000000-cc" in lines[1]
    [line] = printed(folder, "catalog", str(file), "--json")
    said = json.loads(line)
    assert said["file"] == str(file)
    assert said["schemas"][:2] == ["main", "previous"]
    assert said["snapshot"]["snapshot_id"] == "20261101T000000-cc"


def test_a_file_that_is_no_catalog_stays(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.duckdb"
    file.write_text("mine")
    result = run(folder, "catalog", str(file))
    assert result.exit_code == 1
    assert "Choose another name" in result.stderr
    assert file.read_text() == "mine"
    assert run(folder, "catalog", str(tmp_path / "no/beatxp.duckdb")).exit_code == 2
