"""The dashboard under load: a million producers, and snapshots that change beneath it.

`load.py ADDRESS PRODUCERS RATE SECONDS` is the load: requests begin at fixed times, whatever those
before them do, and a request's time is counted from when it should have begun.
"""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.bench import Bench

RATE = 500
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


def measure(bench: "Bench", rate: int = RATE, seconds: int = SECONDS) -> dict[str, Any]:
    """Serve a marketplace's two last snapshots in turns, under load.

    Gives milliseconds (p50, p99, most), errors, requests, snapshots seen, and the server's
    peak_bytes, mapped files included.
    """
    # Imported here: the program below is to need no more than Python.
    from benchmarks.product import BEATXP, RULEBOOK

    history = bench.data_set()
    store = bench.product.copy(bench.base(history))
    bench.product.refresh(bench.world(history, "hour"), store, bench.after)
    config = bench.folder / "serve.toml"
    config.write_text(
        f"[project]\nexports = {json.dumps(str(history.exports))}\n"
        f"store = {json.dumps(str(store))}\nrulebook = {json.dumps(str(RULEBOOK))}\n"
    )
    snapshots = sorted(path.name for path in (store / "snapshots").iterdir())[-2:]
    command = [str(BEATXP), "--config", str(config), "serve", "--port", "0"]
    with (
        (bench.folder / "serve.log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as server,
    ):
        try:
            assert server.stdout is not None
            address = server.stdout.readline().decode().split("http://")[1].split("/")[0]
            for snapshot in snapshots:
                _point_to(store, snapshot)
                _wait_for(address, snapshot)
            stop = Event()
            replacing = Thread(target=_replace, args=(store, snapshots, stop))
            replacing.start()
            arguments = [address, str(bench.size.producers), str(rate), str(seconds)]
            try:
                said = subprocess.run(
                    [sys.executable, __file__, *arguments], capture_output=True, check=True
                )
            finally:
                stop.set()
                replacing.join()
            status = Path(f"/proc/{server.pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        finally:
            server.terminate()
    found: dict[str, Any] = json.loads(said.stdout)
    return {**found, "rate": rate, "peak_bytes": int(peak.split()[1]) * 1024}


def _point_to(store: Path, snapshot: str) -> None:
    """Make a kept snapshot the current one."""
    temporary = store / "current.json.tmp"
    temporary.write_text(json.dumps({"snapshot_id": snapshot}))
    temporary.replace(store / "current.json")


def _replace(store: Path, snapshots: list[str], stop: Event) -> None:
    """One snapshot after the other, each laid out anew where it differs from the one before."""
    number = 0
    shards = {path.name: path for path in (store / "dashboard").iterdir()}
    while not stop.wait(REPLACE_SECONDS):
        for name in ("leaderboard", "progress"):
            for path in (path for key, path in shards.items() if key.startswith(name)):
                shutil.rmtree(path, ignore_errors=True)
        _point_to(store, snapshots[number % len(snapshots)])
        number += 1


def _wait_for(address: str, snapshot: str) -> None:
    while asyncio.run(_shown(address)) != snapshot:
        time.sleep(0.1)


async def _shown(address: str) -> str:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        _, headers = await _get(reader, writer, "/api/v2/snapshot", address)
    finally:
        writer.close()
    return _snapshot(headers)


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, address: str
) -> tuple[int, dict[str, str]]:
    """The status and headers of an answer that was read to its end."""
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value
        for name, _, value in (line.partition(": ") for line in head[1:] if line)
    }
    await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), headers


def _snapshot(headers: dict[str, str]) -> str:
    """The snapshot that an answer comes from: its ETag begins with it."""
    return headers.get("etag", "").removeprefix("W/").strip('"').partition(".")[0]


def _path(chance: random.Random, producers: int) -> str:
    """A request: progress, a page of a board, or the rows around somebody."""
    kind, board = chance.random(), chance.choice(BOARDS)
    producer = chance.randint(1, producers)
    if kind < 0.4:
        return f"/api/v2/producers/{producer}/progress"
    if kind < 0.7:
        return f"/api/v2/leaderboards/{board}?first={chance.randint(1, 5_000)}"
    return f"/api/v2/leaderboards/{board}/around/{producer}"


async def _load(address: str, producers: int, rate: int, seconds: int) -> dict[str, Any]:
    chance = random.Random(1)
    waiting: asyncio.Queue[float] = asyncio.Queue()
    taken: list[float] = []
    statuses: Counter[str] = Counter()
    seen: set[str] = set()
    clock = time.perf_counter
    host, port = address.split(":")

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while (due := await waiting.get()) >= 0:
            status, headers = await _get(reader, writer, _path(chance, producers), address)
            taken.append(clock() - due)
            statuses[str(status)] += 1
            seen.add(_snapshot(headers))
        writer.close()

    connections = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    begun = clock()
    for number in range(rate * seconds):
        due = begun + number / rate
        if (early := due - clock()) > 0:
            await asyncio.sleep(early)
        waiting.put_nowait(due)
    for _ in connections:
        waiting.put_nowait(-1.0)
    await asyncio.gather(*connections)
    taken.sort()
    return {
        "requests": len(taken),
        "errors": sum(count for status, count in statuses.items() if status != "200"),
        "snapshots": len(seen),
        "seconds": round(clock() - begun, 2),
        "milliseconds": {
            name: round(1000 * taken[int(share * (len(taken) - 1))], 2)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0))
        },
    }


if __name__ == "__main__":
    found = asyncio.run(_load(sys.argv[1], *map(int, sys.argv[2:5])))
    print(json.dumps(found))  # noqa: T201
