"""The dashboard under load: a million producers, and snapshots that change beneath it.

`load.py ADDRESS RATE SECONDS` is the load, of the paths on standard input: requests begin at fixed
times, whatever those before them do, and a request's time is counted from when it should have
begun.
"""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.server import Server

#: Half of what one process takes of requests that are half for pages, none asked for before.
RATE = 150
SECONDS = 60
REPLACE_SECONDS = 5.0
CONNECTIONS = 32
BOARDS = (
    "plays/all_time",
    "points/all_time",
    "points/month",
    "uploads/all_time",
    "overall/all_time",
)
#: Within so many milliseconds 99 of 100 requests are answered at a rate that a server can take.
WITHIN = 20.0
_TRIED_SECONDS = 5


def measure(bench: "Bench", rate: int = RATE, seconds: int = SECONDS) -> dict[str, Any]:
    """Serve a marketplace's two last snapshots under load: the last one, then both in turns.

    Gives for `still` and `replaced` milliseconds (p50, p99, most), errors, requests and snapshots
    seen; and the server's peak_bytes, mapped files included.
    """
    # Imported here: the program below is to need no more than Python.
    from benchmarks.product import BEATXP, RULEBOOK
    from benchmarks.server import serving, wait_until_ready

    history = bench.data_set()
    store = bench.product.copy(bench.base(history))
    pointer = store / "current.json"
    pointers = [pointer.read_bytes()]
    bench.product.refresh(bench.world(history, "hour"), store, bench.after)
    pointers.append(pointer.read_bytes())
    config = bench.folder / "serve.toml"
    config.write_text(
        f"[project]\nexports = {json.dumps(str(history.exports))}\n"
        f"store = {json.dumps(str(store))}\nrulebook = {json.dumps(str(RULEBOOK))}\n"
    )
    paths = _paths(bench.size.producers, rate * seconds)
    command: list[str | Path] = [BEATXP, "--config", config, "serve", "--port", "0"]
    with serving(command, bench.folder / "serve.log") as server:
        wait_until_ready(server)
        still = load(server, paths, rate, seconds)
        with _replaced(store, pointers):
            replaced = load(server, paths, rate, seconds)
        peak = server.peak_bytes()
    return {"still": still, "replaced": replaced, "rate": rate, "peak_bytes": peak}


def load(server: "Server", paths: Sequence[str], rate: int, seconds: int) -> dict[str, Any]:
    """Ask for paths, one after the other, at a rate; see `measure`."""
    said = subprocess.run(
        [sys.executable, __file__, server.address, str(rate), str(seconds)],
        input="\n".join(paths),
        text=True,
        capture_output=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def capacity(server: "Server", paths: Sequence[str]) -> int:
    """The most requests a second, to some 5 %, of which 99 of 100 are answered within 20 ms."""
    least, most = 0, 100
    while _takes(server, paths, most):
        least, most = most, 2 * most
    while most - least > most // 20:
        between = (least + most) // 2
        if _takes(server, paths, between):
            least = between
        else:
            most = between
    return least


def _takes(server: "Server", paths: Sequence[str], rate: int) -> bool:
    found = load(server, paths, rate, _TRIED_SECONDS)
    took: float = found["milliseconds"]["p99"]
    return took <= WITHIN and not found["errors"]


@contextmanager
def _replaced(store: Path, pointers: Sequence[bytes]) -> Iterator[None]:
    """One snapshot after the other, each laid out anew where it differs from the one before."""
    stop = Event()

    def replace() -> None:
        number = 0
        while not stop.wait(REPLACE_SECONDS):
            for name in ("leaderboard", "progress"):
                for path in (store / "dashboard").glob(f"{name}*"):
                    shutil.rmtree(path, ignore_errors=True)
            temporary = store / "current.json.tmp"
            temporary.write_bytes(pointers[number % len(pointers)])
            temporary.replace(store / "current.json")
            number += 1

    thread = Thread(target=replace)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _paths(producers: int, requests: int) -> list[str]:
    chance = random.Random(1)
    return [_path(chance, producers) for _ in range(requests)]


def _path(chance: random.Random, producers: int) -> str:
    """A request, half of them for pages: progress, a page of a board, the rows around somebody."""
    kind, board, is_page = chance.random(), chance.choice(BOARDS), chance.random() < 0.5
    api = "" if is_page else "/api/v2"
    producer = chance.randint(1, producers)
    if kind < 0.4:
        return f"/producers/{producer}" if is_page else f"{api}/producers/{producer}/progress"
    if kind < 0.7:
        return f"{api}/leaderboards/{board}?first={chance.randint(1, 5_000)}"
    if is_page:
        return f"/leaderboards/{board}?around=true&producer={producer}"
    return f"{api}/leaderboards/{board}/around/{producer}"


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, address: str
) -> tuple[int, str]:
    """The status of an answer that was read to its end, and the snapshot that it comes from."""
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value
        for name, _, value in (line.partition(": ") for line in head[1:] if line)
    }
    await reader.readexactly(int(headers["content-length"]))
    # The ETag begins with it.
    snapshot = headers.get("etag", "").removeprefix("W/").strip('"').partition(".")[0]
    return int(head[0].split()[1]), snapshot


async def _load(address: str, paths: Sequence[str], rate: int, seconds: int) -> dict[str, Any]:
    waiting: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    taken: list[float] = []
    statuses: Counter[int] = Counter()
    seen: set[str] = set()
    clock = time.perf_counter
    host, port = address.split(":")

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while (request := await waiting.get())[1]:
            due, path = request
            status, snapshot = await _get(reader, writer, path, address)
            taken.append(clock() - due)
            statuses[status] += 1
            seen.add(snapshot)
        writer.close()

    connections = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    begun = clock()
    for number in range(rate * seconds):
        due = begun + number / rate
        if (early := due - clock()) > 0:
            await asyncio.sleep(early)
        waiting.put_nowait((due, paths[number % len(paths)]))
    for _ in connections:
        waiting.put_nowait((0.0, ""))
    await asyncio.gather(*connections)
    taken.sort()
    return {
        "requests": len(taken),
        "errors": sum(count for status, count in statuses.items() if status != 200),
        "snapshots": len(seen),
        "seconds": round(clock() - begun, 2),
        "milliseconds": {
            name: round(1000 * taken[int(share * (len(taken) - 1))], 2)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0))
        },
    }


if __name__ == "__main__":
    asked = [line.strip() for line in sys.stdin]
    found = asyncio.run(_load(sys.argv[1], asked, int(sys.argv[2]), int(sys.argv[3])))
    print(json.dumps(found))  # noqa: T201
