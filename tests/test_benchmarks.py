"""The benchmarks measure what they say: equal data sets, and runs that computed everything."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from benchmarks import floors, load, request_costs
from benchmarks.bench import Bench, Size
from benchmarks.chart import draw
from benchmarks.checks import CheckFailed, check_boards, check_product, check_rows, check_same
from benchmarks.datasets import data_set
from benchmarks.experiments import from_nothing, hourly
from benchmarks.figures import FIGURES, Measured
from benchmarks.marketplace import Marketplace, write_exports
from benchmarks.measure import CommandFailed, CommandRun, Round, peak_gib, ratio, run
from benchmarks.report import write_report
from benchmarks.results import save_failure, save_figure, save_floor, save_load, save_requests

LINUX = Path("/proc/self/status").exists()
WHY = "memory is measured on Linux"
SIZE = Size(plays=20_000, tracks=2_000, producers=300, days=10, rounds=1)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    if not LINUX:
        pytest.skip(WHY)
    folder = tmp_path_factory.mktemp("bench")
    return Bench(SIZE, folder / "data", folder / "work", Console(quiet=True))


@pytest.fixture(scope="module")
def measured(bench: Bench) -> dict[str, Measured]:
    """The figures of two experiments, with the stores that their runs left."""
    found = [*from_nothing(bench), *hourly(bench)]
    return {one.figure.name: one for one in found}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_equal_arguments_give_equal_files(bench: Bench, tmp_path: Path) -> None:
    write_exports(SIZE.market, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(bench.data_set().exports)
    other = Marketplace(100, 10, 5, 4, seed=8)
    write_exports(other, tmp_path / "other")
    assert contents(tmp_path / "other") != contents(tmp_path / "again")


def test_a_data_set_is_made_once_and_found_by_its_arguments(tmp_path: Path) -> None:
    market = Marketplace(100, 10, 5, 4)
    first = data_set(tmp_path, market)
    made = first.hour.stat().st_mtime_ns
    assert data_set(tmp_path, market).hour.stat().st_mtime_ns == made
    assert data_set(tmp_path, replace(market, seed=1)).folder != first.folder
    assert not list(tmp_path.glob("*.tmp"))


def test_both_sides_are_measured_and_checked(measured: dict[str, Measured]) -> None:
    assert set(measured) == {"from_nothing", "memory", "hourly"}
    for one in measured.values():
        assert one.value > 0
        assert one.checks
        for sides in one.rounds:
            for side in sides.values():
                assert side.seconds > 0.1
                assert side.cpu_seconds > 0.1
                assert side.peak_bytes > 50_000_000


def test_a_run_that_left_rows_out_fails(bench: Bench, measured: dict[str, Measured]) -> None:
    world, hour = bench.world(bench.data_set()), bench.world(bench.data_set(), "hour")
    product = measured["from_nothing"].rounds[0]["beatxp"]
    grown = measured["hourly"].rounds[0]["hourly"]
    check_rows(product, bench.rows(world))
    with pytest.raises(CheckFailed, match="has read all"):
        check_rows(product, bench.rows(hour))
    with pytest.raises(CheckFailed, match="the board of plays"):
        check_product(product, bench.activity(hour, bench.after))
    with pytest.raises(CheckFailed, match="one content"):
        check_same([product, grown], "Different files")


@pytest.mark.usefixtures("measured")
def test_a_board_with_one_wrong_score_fails(bench: Bench) -> None:
    expected = bench.activity(bench.world(bench.data_set()), bench.end)
    board = pl.read_parquet(bench.folder / "bare" / "0" / "leaderboard.parquet")
    check_boards(board, expected, "Bare script")
    is_last = pl.int_range(pl.len()) == pl.len() - 1
    wrong = board.with_columns(pl.col("score") + is_last.cast(pl.Int64))
    with pytest.raises(CheckFailed, match="the board of uploads"):
        check_boards(wrong, expected, "Bare script")


def test_what_happens_at_or_after_the_time_is_not_expected(bench: Bench) -> None:
    world = bench.world(bench.data_set())
    all_plays = bench.activity(world, bench.end)["plays"].sum()
    earlier = bench.activity(world, bench.end - timedelta(days=5))["plays"].sum()
    assert 0 < earlier < all_plays


def test_the_report_stands_between_its_markers(
    measured: dict[str, Measured], tmp_path: Path
) -> None:
    document = tmp_path / "performance.md"
    document.write_text(
        "Mine.\n<!-- figures -->\nold\n<!-- /figures -->\nToo.\n<!-- peers -->\n<!-- /peers -->\n"
        "<!-- floors -->\n<!-- /floors -->\n<!-- load -->\n<!-- /load -->\n"
        "<!-- requests -->\n<!-- /requests -->\n"
    )
    save_figure(tmp_path, measured["hourly"], SIZE)
    save_failure(tmp_path, "csv", "It was wrong.", SIZE)
    write_report(tmp_path, document)
    text = document.read_text()
    assert text.startswith("Mine.\n<!-- figures -->\n| Figure")
    assert "| `hourly` |" in text
    assert "not measured" in text
    assert "old" not in text
    kept = json.loads((tmp_path / "hourly.json").read_text())
    assert set(kept["rounds"][0]) == {"hourly", "from_nothing"}
    assert (tmp_path / "performance.svg").read_text().startswith("<svg")


def test_floors_are_measured_beside_a_refresh(bench: Bench, tmp_path: Path) -> None:
    found = floors.measure(bench)
    assert [floor["name"] for floor in found] == list(floors.FLOORS)
    for floor in found:
        assert floor["of_refresh"] > 0
        assert set(floor["rounds"][0]) == {*floors.FLOORS, "refresh"}
        save_floor(tmp_path, floor, SIZE)
    document = tmp_path / "performance.md"
    write_report(tmp_path, document)
    assert all(f"| {floor['says']} |" in document.read_text() for floor in found)


def test_the_dashboard_is_measured_while_snapshots_are_replaced(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "REPLACE_SECONDS", 1.0)
    found = load.measure(bench, rate=30, seconds=4)
    for side, snapshots in (("still", 1), ("replaced", 2)):
        counted = {name: found[side][name] for name in ("requests", "errors", "snapshots")}
        assert counted == {"requests": 120, "errors": 0, "snapshots": snapshots}
        assert 0 < found[side]["milliseconds"]["p50"] <= found[side]["milliseconds"]["most"]
    save_load(tmp_path, found, SIZE)
    write_report(tmp_path, tmp_path / "performance.md")
    assert "| errors | 0 | 0 | 0 |" in (tmp_path / "performance.md").read_text()


@pytest.mark.skipif(not LINUX, reason=WHY)
def test_what_requests_cost_is_told_beside_the_least_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_costs, "AGAIN", 300)
    with request_costs.demo_served(tmp_path, producers=40, plays=2_000) as server:
        found = request_costs.costs(server, producers=40, rounds=1)
    assert found.keys() == {"/healthz", *request_costs.KINDS}
    for kind, costs in found.items():
        assert costs["again"] > 0
        assert costs.get("first", 0) > costs["again"] or kind == "/healthz"
    save_requests(tmp_path, {"costs": found, "capacity": 300, "bare_capacity": 500})
    write_report(tmp_path, tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text()
    assert all(f"| {kind} |" in text for kind in request_costs.KINDS)
    assert "0.60 of what a bare Starlette application gives" in text


def test_the_chart_says_in_words_what_its_colours_say() -> None:
    kept = {"name": "late", "unit": "times", "at_most": 2.0}
    picture = draw([{**kept, "value": 1.0, "met": True}, {**kept, "value": 9.0, "met": False}])
    assert "1.00x of at most 2: met" in picture
    assert "9.00x of at most 2: missed" in picture


def test_the_median_round_counts() -> None:
    def took(seconds: float) -> CommandRun:
        return CommandRun(seconds, seconds, int(seconds) << 30, "")

    rounds: list[Round] = [{"a": took(a), "b": took(b)} for a, b in ((1, 2), (9, 3), (4, 4))]
    assert ratio(rounds, "a", "b") == 1
    assert peak_gib(rounds, "a") == 9


@pytest.mark.skipif(not LINUX, reason=WHY)
def test_memory_is_that_of_the_command_alone() -> None:
    """A process begins with the peak of the one that started it: something stands between."""
    filled = bytearray(b"x" * 300_000_000)
    took = run(["python3", "-c", "print('{}')"])
    assert took.peak_bytes < 100_000_000 < len(filled)
    with pytest.raises(CommandFailed, match="ended with 3"):
        run(["python3", "-c", "raise SystemExit(3)"])


def test_every_figure_has_a_target() -> None:
    assert all(figure.at_most > 0 and figure.says for figure in FIGURES.values())
