"""How each figure is measured: its sides, which take turns, and the checks that they are right.

Some experiments give several figures from the same runs.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.bench import Bench, Later
from benchmarks.checks import (
    check_boards,
    check_product,
    check_rows,
    check_same,
    check_same_results,
    check_simulation,
    expect,
)
from benchmarks.figures import FIGURES, Measured
from benchmarks.measure import CommandRun, peak_gib, ratio, run, take_turns, warm
from benchmarks.product import World, changed_rulebook

BARE = Path(__file__).with_name("peers") / "bare.py"
MEMORY_LIMIT = "2GiB"


@dataclass(frozen=True)
class Experiment:
    """Runs that give one or several figures. `in_all` is false for one to ask for by name."""

    figures: tuple[str, ...]
    measure: Callable[[Bench], Iterator[Measured]]
    in_all: bool = True


def from_nothing(bench: Bench) -> Iterator[Measured]:
    """A first refresh and the bare script."""
    world = bench.world(bench.data_set())
    numbers = count()
    output = bench.folder / "bare"

    def bare() -> CommandRun:
        warm(world.files())
        return run([sys.executable, BARE, "load", world.exports, output / str(next(numbers))])

    rounds = take_turns(
        bench.size.rounds,
        {"beatxp": lambda: bench.product.from_nothing(world, bench.end)[0], "bare": bare},
    )
    expected = bench.activity(world, bench.end)
    checks = check_same([found["beatxp"] for found in rounds], "From nothing")
    checks += check_rows(rounds[0]["beatxp"], bench.rows(world))
    checks += check_product(rounds[0]["beatxp"], expected)
    boards = pl.read_parquet(output / "0" / "leaderboard.parquet")
    checks += check_boards(boards, expected, "Bare script")
    yield Measured(FIGURES["from_nothing"], ratio(rounds, "beatxp", "bare"), rounds, checks)
    yield Measured(FIGURES["memory"], peak_gib(rounds, "beatxp"), rounds, checks)


def hourly(bench: Bench) -> Iterator[Measured]:
    """One new file on a published store, and a first refresh of the same files."""
    world = bench.world(bench.data_set(), "hour")
    rounds = take_turns(
        bench.size.rounds,
        {
            "hourly": lambda: _grown(bench, "hour"),
            "from_nothing": lambda: bench.product.from_nothing(world, bench.after)[0],
        },
    )
    checks = check_same([r for found in rounds for r in found.values()], "Grown and from nothing")
    checks += check_rows(rounds[0]["hourly"], bench.rows(world))
    checks += check_product(rounds[0]["hourly"], bench.activity(world, bench.after))
    yield Measured(FIGURES["hourly"], ratio(rounds, "hourly", "from_nothing"), rounds, checks)


def flat(bench: Bench) -> Iterator[Measured]:
    """One new file on a history of all plays, and on one of a tenth of them."""
    whole, tenth = bench.data_set(), bench.data_set(bench.size.plays // 10)
    worlds = {
        "whole": bench.world(whole, "hour"),
        "tenth": bench.world(tenth, "hour", whole),
        "tenth_own": bench.world(tenth, "hour"),
    }
    bases = {name: bench.base(tenth if "tenth" in name else whole) for name in worlds}

    def side(name: str) -> Callable[[], CommandRun]:
        return lambda: bench.product.refresh(
            worlds[name], bench.product.copy(bases[name]), bench.after
        )

    rounds = take_turns(bench.size.rounds, {name: side(name) for name in worlds})
    checks = []
    for name, world in worlds.items():
        checks += check_same([found[name] for found in rounds], name)
        checks += check_rows(rounds[0][name], bench.rows(world))
    expected = bench.activity(worlds["tenth"], bench.after)
    checks += check_product(rounds[0]["tenth"], expected)
    yield Measured(FIGURES["flat"], ratio(rounds, "whole", "tenth"), rounds, checks)
    yield Measured(FIGURES["flat_own"], ratio(rounds, "whole", "tenth_own"), rounds, checks)


def late(bench: Bench) -> Iterator[Measured]:
    """A late file that touches old days, and an hour's file, on the same published store."""
    world = bench.world(bench.data_set(), "late")
    rounds = take_turns(
        bench.size.rounds,
        {"late": lambda: _grown(bench, "late"), "hourly": lambda: _grown(bench, "hour")},
    )
    fresh, _ = bench.product.from_nothing(world, bench.after)
    checks = check_same([fresh, *(found["late"] for found in rounds)], "Late and from nothing")
    checks += check_rows(rounds[0]["late"], bench.rows(world))
    yield Measured(FIGURES["late"], ratio(rounds, "late", "hourly"), rounds, checks)


def nothing_new(bench: Bench) -> Iterator[Measured]:
    """The whole command, an hour after the last refresh, when no file is new."""
    world = bench.world(bench.data_set(), "hour")
    store = bench.product.copy(bench.base(bench.data_set()))
    first = bench.product.refresh(world, store, bench.after)
    later = bench.after + timedelta(hours=1)
    rounds = take_turns(
        bench.size.rounds, {"nothing_new": lambda: bench.product.refresh(world, store, later)}
    )
    runs = [found["nothing_new"] for found in rounds]
    checks = check_same([first, *runs], "Nothing new")
    checks.append(expect(not any(r.said["published"] for r in runs), "nothing was published"))
    seconds = median(r.seconds for r in runs)
    yield Measured(FIGURES["nothing_new"], seconds, rounds, checks)


def rulebook(bench: Bench) -> Iterator[Measured]:
    """New rules on a published store, and a first refresh with the new rules."""
    history = bench.data_set()
    world = bench.world(history)
    rules = changed_rulebook(bench.folder / "changed.toml")
    base = bench.base(history)
    old = bench.product.refresh(world, bench.product.copy(base), bench.end)
    rounds = take_turns(
        bench.size.rounds,
        {
            "rulebook": lambda: bench.product.refresh(
                world, bench.product.copy(base), bench.end, rules
            ),
            "from_nothing": lambda: bench.product.from_nothing(world, bench.end, rules)[0],
        },
    )
    new = rounds[0]["rulebook"]
    checks = check_same([r for found in rounds for r in found.values()], "New rules, grown or not")
    differ = old.said["content_sha256"] != new.said["content_sha256"]
    checks.append(expect(differ, "new rules give other results"))
    checks += check_rows(new, bench.rows(world))
    yield Measured(FIGURES["rulebook"], ratio(rounds, "rulebook", "from_nothing"), rounds, checks)


def simulate(bench: Bench) -> Iterator[Measured]:
    """The whole command that says what new rules would change, on a published store."""
    history = bench.data_set()
    world = bench.world(history)
    rulebooks = {
        name: changed_rulebook(bench.folder / f"{name}.toml", name == "simulate_thresholds")
        for name in ("simulate", "simulate_thresholds")
    }
    base = bench.base(history)
    store = bench.product.copy(base)
    old = bench.product.refresh(world, store, bench.end)

    def side(name: str) -> Callable[[], CommandRun]:
        return lambda: bench.product.simulate(world, store, rulebooks[name])

    rounds = take_turns(bench.size.rounds, {name: side(name) for name in rulebooks})
    for name, rules in rulebooks.items():
        new = bench.product.refresh(world, bench.product.copy(base), bench.end, rules)
        runs = [found[name] for found in rounds]
        checks = [said for run in runs[:1] for said in check_simulation(run, old, new)]
        same = all(r.said == runs[0].said for r in runs)
        checks.append(expect(same, f"{len(runs)} simulations say the same"))
        yield Measured(FIGURES[name], median(r.seconds for r in runs), rounds, checks)


def csv(bench: Bench) -> Iterator[Measured]:
    """A first refresh of the same rows as gzipped CSV and as Parquet."""
    worlds = {
        "csv": bench.world(bench.data_set(ending=".csv.gz")),
        "parquet": bench.world(bench.data_set()),
    }

    def side(name: str) -> Callable[[], CommandRun]:
        return lambda: bench.product.from_nothing(worlds[name], bench.end)[0]

    rounds = take_turns(bench.size.rounds, {name: side(name) for name in worlds})
    first = rounds[0]
    checks = check_same_results(first["csv"], first["parquet"], "CSV and Parquet")
    for name, world in worlds.items():
        checks += check_rows(first[name], bench.rows(world))
    yield Measured(FIGURES["csv"], ratio(rounds, "csv", "parquet"), rounds, checks)


def capped(bench: Bench) -> Iterator[Measured]:
    """A first refresh with a memory limit in the settings, and one without."""
    world = bench.world(bench.data_set())

    def side(limit: str | None) -> Callable[[], CommandRun]:
        return lambda: bench.product.from_nothing(world, bench.end, memory_limit=limit)[0]

    sides = {"capped": side(MEMORY_LIMIT), "uncapped": side(None)}
    rounds = take_turns(bench.size.rounds, sides)
    checks = check_same([r for found in rounds for r in found.values()], "Capped and uncapped")
    checks += check_rows(rounds[0]["capped"], bench.rows(world))
    yield Measured(FIGURES["memory_capped"], peak_gib(rounds, "capped"), rounds, checks)
    yield Measured(FIGURES["seconds_capped"], ratio(rounds, "capped", "uncapped"), rounds, checks)


def billion(bench: Bench) -> Iterator[Measured]:
    """One first refresh of as many plays as are asked for."""
    world = bench.world(bench.data_set())
    rounds = take_turns(1, {"beatxp": lambda: bench.product.from_nothing(world, bench.end)[0]})
    checks = check_rows(rounds[0]["beatxp"], bench.rows(world))
    checks += check_product(rounds[0]["beatxp"], bench.activity(world, bench.end))
    yield Measured(FIGURES["billion"], peak_gib(rounds, "beatxp"), rounds, checks)


EXPERIMENTS = (
    Experiment(("from_nothing", "memory"), from_nothing),
    Experiment(("hourly",), hourly),
    Experiment(("flat", "flat_own"), flat),
    Experiment(("late",), late),
    Experiment(("nothing_new",), nothing_new),
    Experiment(("rulebook",), rulebook),
    Experiment(("simulate", "simulate_thresholds"), simulate),
    Experiment(("csv",), csv),
    Experiment(("memory_capped", "seconds_capped"), capped),
    Experiment(("billion",), billion, in_all=False),
)


def _grown(bench: Bench, later: Later) -> CommandRun:
    """A refresh of a published store after one more file."""
    history = bench.data_set()
    world: World = bench.world(history, later)
    return bench.product.refresh(world, bench.product.copy(bench.base(history)), bench.after)
