"""What a machine needs at least: parts of the work that nobody can leave out, done by DuckDB.

`floors.py NAME EXPORTS OUTPUT` does one of them.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.measure import CommandRun

PLAYS = "read_parquet(getvariable('exports') || '/plays/*.parquet')"
#: For each floor, what is done, and the statement that does it.
FLOORS = {
    "scan": (
        "read the five columns of all plays and add each up",
        f"""select sum(play_id), sum(track_id), max(played_at), sum(listener_id),
        sum(seconds_played) from {PLAYS}""",
    ),
    "count": (
        "count the plays of each day and track",
        f"""select count(*), max(plays) from (
        select cast(played_at as date) as day, track_id, count(*) as plays
        from {PLAYS} group by all)""",
    ),
    "copy": (
        "write the five columns of all plays to one Parquet file",
        f"""copy (select play_id, track_id, played_at, listener_id, seconds_played from {PLAYS})
        to (getvariable('output')) (format parquet, compression lz4)""",
    ),
}


def measure(bench: "Bench") -> list[dict[str, Any]]:
    """A first refresh and all floors, in turns: for each name, says, seconds, and of_refresh."""
    # Imported here: the program below is to start as quickly as a bare script does.
    from benchmarks.measure import run, take_turns, warm

    world = bench.world(bench.data_set())

    def side(name: str) -> Callable[[], "CommandRun"]:
        def once() -> "CommandRun":
            warm(world.files())
            return run([sys.executable, __file__, name, world.exports, bench.folder / "copy"])

        return once

    sides = {name: side(name) for name in FLOORS}
    sides["refresh"] = lambda: bench.product.from_nothing(world, bench.end)[0]
    rounds = take_turns(bench.size.rounds, sides)
    return [
        {
            "name": name,
            "says": says,
            "seconds": median(found[name].seconds for found in rounds),
            "of_refresh": median(
                found[name].seconds / found["refresh"].seconds for found in rounds
            ),
            "rounds": [{side: run.numbers() for side, run in found.items()} for found in rounds],
        }
        for name, (says, _) in FLOORS.items()
    ]


def main(name: str, exports: str, output: str) -> None:
    """Do what a floor says."""
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for variable, value in (("exports", exports), ("output", output)):
            connection.execute(f"SET VARIABLE {variable} = $1", [value])
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(FLOORS[name][1]).fetchall()


if __name__ == "__main__":
    main(*sys.argv[1:])
