"""CSV files for spreadsheets, of the command line and of the pages."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from dashboard.downloads import csv_text
from pipelines.published.result_files import write_csv

Rows = list[list[str]]


def written(name: str, cell: str, path: Path) -> Rows:
    write_csv(pl.LazyFrame({name: [cell], "xp": [-3]}), path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def downloaded(name: str, cell: str) -> Rows:
    text = csv_text((name, "xp"), [(cell, -3)])
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "  @", "\n@", " \t"])
def test_what_a_spreadsheet_would_run_is_text(start: str, tmp_path: Path) -> None:
    cell = f"{start}1+1"
    assert written(cell, cell, tmp_path / "a.csv") == [[f"'{cell}", "xp"], [f"'{cell}", "-3"]]
    assert downloaded("name", cell) == [["name", "xp"], [f"'{cell}", "-3"]]


@pytest.mark.parametrize("cell", ["1+1", "DJ = 2", "'=1", " a", "a\n=1"])
def test_what_it_would_not_run_stays(cell: str, tmp_path: Path) -> None:
    assert written("name", cell, tmp_path / "a.csv")[1] == downloaded("name", cell)[1]
    assert downloaded("name", cell)[1] == [cell, "-3"]
