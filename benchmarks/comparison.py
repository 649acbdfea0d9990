"""The peers and BeatXP on the same files: from nothing, and after one more hour."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.bench import Bench
from benchmarks.checks import check_boards, check_product
from benchmarks.measure import CommandFailed, CommandRun, run, warm
from benchmarks.peers import PEERS, Peer
from benchmarks.product import World

PROGRAMS = Path(__file__).with_name("peers")
#: Set up by `make`: where pandas is installed, pandera imports it, and BeatXP would be slower.
PYTHON = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"
BEATXP = Peer("beatxp", "BeatXP", "", "nothing: it computes all of its tables")
NAMES = (BEATXP.name, *(peer.name for peer in PEERS))


@dataclass(frozen=True)
class Compared:
    """What one of them took, in each round."""

    peer: Peer
    loads: list[CommandRun]
    refreshes: list[CommandRun]
    checks: list[str]

    @property
    def load_seconds(self) -> float:
        """From nothing: the median."""
        return median(run.seconds for run in self.loads)

    @property
    def refresh_seconds(self) -> float:
        """After one more hour: the median."""
        return median(run.seconds for run in self.refreshes)

    @property
    def peak_gib(self) -> float:
        """Most memory, in GiB."""
        return max(run.peak_bytes for run in (*self.loads, *self.refreshes)) / 2**30


Pair = tuple[CommandRun, CommandRun, list[str]]


def compare(bench: Bench, peers: list[Peer]) -> Iterator[Compared | tuple[Peer, Exception]]:
    """Run each for all rounds; an error is handed on with whose it is."""
    if not PYTHON.exists():
        raise CommandFailed(f"{PYTHON} is not there: `make bench-small` sets it up.")
    for peer in peers:
        one: Callable[[Bench, Peer], Pair] = _product if peer is BEATXP else _program
        try:
            pairs = [one(bench, peer) for _ in range(bench.size.rounds)]
        except Exception as error:
            yield peer, error
            continue
        finally:
            bench.product.clear()
        yield Compared(peer, [p[0] for p in pairs], [p[1] for p in pairs], pairs[0][2])


def chosen(names: list[str]) -> list[Peer]:
    """The peers of these names, all without any; BeatXP is always there to compare with."""
    return [BEATXP, *(peer for peer in PEERS if not names or peer.name in names)]


def _product(bench: Bench, _: Peer) -> Pair:
    before, after = _worlds(bench)
    load, store = bench.product.from_nothing(before, bench.end)
    checks = check_product(load, bench.activity(before, bench.end))
    refresh = bench.product.refresh(after, store, bench.after)
    return load, refresh, checks + check_product(refresh, bench.activity(after, bench.after))


_NUMBERS = count()


def _program(bench: Bench, peer: Peer) -> Pair:
    folder = bench.folder / f"{peer.name}-{next(_NUMBERS)}"
    runs, checks = [], []
    for mode, world, as_of in zip(
        ("load", "refresh"), _worlds(bench), (bench.end, bench.after), strict=True
    ):
        warm(world.files())
        output = folder / mode
        program = PROGRAMS / peer.program
        took = run([PYTHON, program, mode, world.exports, output, folder / "state"])
        runs.append(replace(took, seconds=took.said["seconds"]) if took.output else took)
        boards = pl.read_parquet(output / "leaderboard.parquet")
        checks += check_boards(boards, bench.activity(world, as_of), peer.title)
    return runs[0], runs[1], checks


def _worlds(bench: Bench) -> tuple[World, World]:
    history = bench.data_set()
    return bench.world(history), bench.world(history, "hour")
