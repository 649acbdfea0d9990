"""Writes results into a document, between its markers, and draws the chart beside it."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.chart import amount, draw, verdict
from benchmarks.comparison import NAMES
from benchmarks.figures import FIGURES
from benchmarks.floors import FLOORS
from benchmarks.peers import ALL_LEAVE_OUT
from benchmarks.results import load

SKELETON = """# Performance

<!-- figures -->
<!-- /figures -->

<!-- peers -->
<!-- /peers -->

<!-- floors -->
<!-- /floors -->

<!-- load -->
<!-- /load -->

<!-- requests -->
<!-- /requests -->
"""


def write_report(results: Path, document: Path) -> list[str]:
    """Put all results that are there into a document; returns the tables."""
    figures = [found for name in FIGURES if (found := load(results, name))]
    peers = [found for name in NAMES if (found := load(results, f"peer-{name}"))]
    floors = [found for name in FLOORS if (found := load(results, f"floor-{name}"))]
    chart = document.with_suffix(".svg")
    tables = {
        "figures": _figure_table(figures),
        "peers": _peer_table(peers),
        "floors": _floor_table(floors),
        "load": _load_table(load(results, "load")),
        "requests": _requests_table(load(results, "requests")),
    }
    text = document.read_text() if document.exists() else SKELETON
    for marker, table in tables.items():
        text = _between(text, marker, table)
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_text(text)
    chart.write_text(draw(figures))
    return list(tables.values())


def _between(text: str, marker: str, table: str) -> str:
    """Replace what stands between a marker's two comments. Raises ValueError without them."""
    pattern = re.compile(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"The document has no <!-- {marker} --> and <!-- /{marker} -->.")
    return pattern.sub(lambda found: f"{found[1]}{table}{found[2]}", text)


def _figure_table(figures: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"`{figure['name']}`",
            figure["says"],
            "not measured" if "failed" in figure else amount(figure["value"], figure["unit"]),
            amount(figure["at_most"], figure["unit"]),
            verdict(figure),
        )
        for figure in figures
    ]
    heads = ("Figure", "What", "Measured", "At most", "Target")
    return _table(heads, "llrrl", rows) + _conditions(figures)


def _peer_table(peers: list[dict[str, Any]]) -> str:
    rows = [
        (
            peer["title"],
            *(
                ("not measured", "", "")
                if "failed" in peer
                else (
                    f"{peer['load_seconds']:.1f} s",
                    f"{peer['refresh_seconds']:.1f} s",
                    f"{peer['peak_gib']:.1f} GiB",
                )
            ),
            peer["leaves_out"],
        )
        for peer in peers
    ]
    heads = ("", "From nothing", "After one more hour", "Most memory", "Leaves out, besides")
    if not rows:
        return ""
    return f"{_table(heads, 'lrrrl', rows)}\nAll but BeatXP leave out {ALL_LEAVE_OUT}.\n" + (
        _conditions(peers)
    )


def _floor_table(floors: list[dict[str, Any]]) -> str:
    rows = [
        (floor["says"], f"{floor['seconds']:.1f} s", f"{floor['of_refresh']:.2f}")
        for floor in floors
    ]
    heads = ("DuckDB, over the same files", "Takes", "To a first refresh")
    return _table(heads, "lrr", rows) + _conditions(floors) if rows else ""


def _load_table(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    still, replaced = found["still"], found["replaced"]
    took, took_replaced = still["milliseconds"], replaced["milliseconds"]
    slower = took_replaced["p99"] / took["p99"]
    peak = found["peak_bytes"] / 2**30

    def rate(side: dict[str, Any]) -> str:
        return f"{side['requests'] / side['seconds']:.0f}"

    rows = [
        ("requests a second", rate(still), rate(replaced), f"{found['rate']}"),
        ("median", f"{took['p50']:.1f} ms", f"{took_replaced['p50']:.1f} ms", ""),
        ("99 of 100 within", f"{took['p99']:.1f} ms", f"{took_replaced['p99']:.1f} ms", "20 ms"),
        ("the same, to that of one snapshot", "", f"{slower:.2f}x", "1.50x"),
        ("the slowest", f"{took['most']:.1f} ms", f"{took_replaced['most']:.1f} ms", ""),
        ("errors", f"{still['errors']}", f"{replaced['errors']}", "0"),
        ("most memory, mapped files included", "", f"{peak:.2f} GiB", "1.50 GiB"),
    ]
    heads = ("Under load", "One snapshot", "Replaced every five seconds", "Target")
    return _table(heads, "lrrr", rows) + _conditions([found])


#: At most so many times the cost of `/healthz` (asked for again).
_MOST_COSTS = {
    "progress, JSON": 1.5,
    "board, JSON": 1.5,
    "around, JSON": 1.5,
    "progress, HTML": 4.0,
    "board, HTML": 3.0,
}


def _requests_table(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    base = found["costs"]["/healthz"]["again"]
    rows = [
        (
            kind,
            f"{costs['first'] / base:.2f}x",
            f"{costs['again'] / base:.2f}x",
            f"{_MOST_COSTS[kind]:.2f}x",
        )
        for kind, costs in found["costs"].items()
        if kind in _MOST_COSTS
    ]
    taken = found["capacity"] / found["bare_capacity"]
    heads = ("Processor time, to `/healthz`", "First", "Again", "Again, at most")
    return (
        f"{_table(heads, 'lrrr', rows)}\n`/healthz` takes {base:.2f} ms. "
        f"{found['capacity']:,} JSON answers a second are given so that 99 of 100 come within "
        f"20 ms, {taken:.2f} of what a bare Starlette application gives that returns the same "
        f"bytes from memory ({found['bare_capacity']:,}; target: 0.50 at least).\n"
        f"{_conditions([found])}"
    )


def _table(heads: Iterable[str], sides: str, rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    rules = ["---" if side == "l" else "---:" for side in sides]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rules, *rows))


def _conditions(results: list[dict[str, Any]]) -> str:
    """A paragraph for each set of circumstances: usually one."""
    groups: dict[str, list[str]] = {}
    for result in results:
        groups.setdefault(_circumstances(result), []).append(result["name"])
    if len(groups) == 1:
        return f"\n{next(iter(groups))}\n"
    return "".join(f"\n{', '.join(names)}: {text}\n" for text, names in groups.items())


def _circumstances(result: dict[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"{_size(result)}. {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gib']:g} GiB, Linux {machine['kernel']}; "
        f"{versions}; commit {result['commit']}, {result['date'][:10]}."
    )


def _size(result: dict[str, Any]) -> str:
    size = result.get("size")
    if size is None:
        return "The demo"
    rounds = len(result.get("rounds", ())) or size["rounds"]
    return (
        f"{size['plays']:,} plays, {size['tracks']:,} tracks, {size['producers']:,} producers, "
        f"{size['days']} days; each side run {_times(rounds)}"
    )


def _times(rounds: int) -> str:
    return {1: "once", 2: "twice"}.get(rounds, f"{rounds} times")
