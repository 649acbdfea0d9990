"""What a request costs the server: its processor time, to that of `/healthz` in the same run.

One connection asks for the demo's snapshot. `first`: an answer that nobody has asked for before;
`again`: one that was. A bare server has the same bytes in memory.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import BOARDS, capacity
from benchmarks.product import BEATXP
from benchmarks.server import Connection, Server, serving, wait_until_ready

ROUNDS = 5
PRODUCERS = 2_000
PLAYS = 1_000_000
#: So often each address is asked for again: for many ticks of the clock of processor time.
AGAIN = 2_000
BARE = Path(__file__).with_name("bare_server.py")
#: Of each kind of answer: an address with a place for a producer, or for a place on a board.
KINDS = {
    "progress, JSON": "/api/v2/producers/{}/progress",
    "board, JSON": f"/api/v2/leaderboards/{BOARDS[1]}?first={{}}",
    "around, JSON": f"/api/v2/leaderboards/{BOARDS[1]}/around/{{}}",
    "progress, HTML": "/producers/{}",
    "board, HTML": f"/leaderboards/{BOARDS[1]}?first={{}}",
}


def measure(folder: Path) -> dict[str, Any]:
    """Milliseconds of processor time of each kind, and requests a second of both servers."""
    with demo_served(folder, PRODUCERS, PLAYS) as server:
        found = costs(server, PRODUCERS, ROUNDS)
        answers = _answers(server)
        taken = capacity(server, sorted(answers))
    with serving(_bare(folder / "bare", answers), folder / "bare.log") as server:
        bare = capacity(server, sorted(answers))
    return {"costs": found, "capacity": taken, "bare_capacity": bare}


@contextmanager
def demo_served(folder: Path, producers: int, plays: int) -> Iterator[Server]:
    """A server that shows the demo's snapshot."""
    demo = folder / "demo"
    size = ("--producers", str(producers), "--plays", str(plays))
    subprocess.run([BEATXP, "demo", "--folder", demo, *size], check=True, capture_output=True)
    config = demo / "dagster_project.toml"
    with serving(
        [BEATXP, "--config", config, "serve", "--port", "0"], folder / "demo.log"
    ) as server:
        wait_until_ready(server)
        yield server


def costs(server: Server, producers: int, rounds: int) -> dict[str, dict[str, float]]:
    """The milliseconds of a request of each kind, by `first` and `again`, medians of rounds.

    Each producer is asked for first in one of the rounds.
    """
    some = random.Random(1).sample(range(1, producers + 1), producers)
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(rounds):
        found.setdefault("/healthz", {}).setdefault("again", []).append(
            _cost(server, ["/healthz"] * AGAIN)
        )
        for kind, address in KINDS.items():
            addresses = [address.format(producer) for producer in some[number::rounds]]
            sides = found.setdefault(kind, {"first": [], "again": []})
            sides["first"].append(_cost(server, addresses))
            few = islice(cycle(addresses[-10:]), AGAIN)
            sides["again"].append(_cost(server, list(few)))
    return {
        kind: {side: round(median(costs), 4) for side, costs in sides.items()}
        for kind, sides in found.items()
    }


def _cost(server: Server, addresses: Sequence[str]) -> float:
    with Connection(server) as connection:
        before = server.cpu_seconds()
        for address in addresses:
            status, _ = connection.get(address)
            if status != 200:
                raise ValueError(f"{address}: {status}")
    return 1_000 * (server.cpu_seconds() - before) / len(addresses)


def _answers(server: Server) -> dict[str, bytes]:
    """The answers to some requests of each kind of JSON."""
    addresses = [
        address.format(number)
        for kind, address in KINDS.items()
        for number in range(1, 101)
        if kind.endswith("JSON")
    ]
    with Connection(server) as connection:
        return {address: connection.get(address)[1] for address in addresses}


def _bare(folder: Path, answers: Mapping[str, bytes]) -> list[str | Path]:
    """The command of a server that has them in memory."""
    folder.mkdir()
    names = {address: f"{number}.json" for number, address in enumerate(answers)}
    for address, body in answers.items():
        (folder / names[address]).write_bytes(body)
    (folder / "answers.json").write_text(json.dumps(names))
    return [sys.executable, BARE, folder]
