"""The notebook runs on a published store and computes what the snapshots say."""

import os
import runpy
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.published import ledger_row, progress_row, publish_by_hand

NOTEBOOK = Path("docs/analysis/notebook.py").absolute()


def python(*arguments: str) -> str:
    said = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.fixture(scope="module")
def found(store: Path) -> dict[str, Any]:
    return run_on(store.parent)


def run_on(folder: Path) -> dict[str, Any]:
    app = runpy.run_path(str(NOTEBOOK))["app"]
    _, definitions = app.run(defs={"settings_file": folder / "beatxp.toml"})
    return dict(definitions)


def test_as_a_script_it_prints_its_tables(store: Path) -> None:
    printed = python(str(NOTEBOOK), "--config", str(store.parent / "beatxp.toml"))
    titles = ("The XP economy", "XP by source and month", "Producers per level", "Who moved most")
    assert [title for title in titles if title in printed] == list(titles)
    for value in ("20261101T000000-cc", "Novice", "achievement", "Ada"):
        assert value in printed


def test_marimo_finds_nothing_wrong_with_it() -> None:
    python("-m", "marimo", "check", "--strict", str(NOTEBOOK))


def test_xp_by_source_and_month(found: dict[str, Any]) -> None:
    october = date(2026, 10, 1)
    assert found["xp_by_month"].rows() == [
        (october, "achievement", 100),
        (october, "adjustment", -1),
        (october, "play", 5),
    ]


def test_producers_per_level(found: dict[str, Any]) -> None:
    assert found["levels"].rows() == [(1, "Novice", 3)]


def test_the_ledger_of_the_producer_with_the_most_xp(found: dict[str, Any]) -> None:
    assert found["producer"].value == "1"
    assert found["ledger"].rows() == [
        (date(2026, 10, 30), "play", 1, 5, 5),
        (date(2026, 10, 31), "achievement", 1, 100, 105),
    ]


def test_who_moved_most_since_the_snapshot_before(found: dict[str, Any]) -> None:
    assert found["movers"].rows() == [("1", "Ada", 5, 105, 100), ("2", "Bo", 7, 6, -1)]


def test_ids_are_texts_where_a_browser_reads_them(tmp_path: Path) -> None:
    """Browsers round numbers above 2^53: two producers were one bar."""
    ids = (2**53 + 1, 2**53 + 2)
    for snapshot_id, xp in (("1-older", 5), ("2-newer", 9)):
        publish_by_hand(
            tmp_path,
            snapshot_id,
            progress=[progress_row(number, "Ada", total_xp=xp) for number in ids],
            xp_ledger=[ledger_row(ids[0], date(2026, 10, 30), "play", 5)],
        )
    definitions = run_on(tmp_path)
    assert definitions["producer"].value == str(ids[0])
    assert definitions["ledger"].height == 1
    [rows] = definitions["gains"].to_dict()["datasets"].values()
    assert [row["producer_id"] for row in rows] == [str(number) for number in ids]


@pytest.mark.parametrize("chart", ["by_month", "by_level", "growth", "gains"])
def test_charts_have_the_data_that_is_shown(found: dict[str, Any], chart: str) -> None:
    drawn = found[chart].to_dict()
    [rows] = drawn["datasets"].values()
    assert rows
    fields = [c["field"] for c in drawn["encoding"].values() if isinstance(c, dict)]
    assert all(field in rows[0] for field in fields)
