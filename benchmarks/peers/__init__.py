"""What others would write for less, each as its good users would: one program per peer.

A peer is started as `PROGRAM load|refresh EXPORTS OUTPUT STATE` and imports nothing of this
project. `load` begins from nothing, `refresh` follows when one more file is there; what it keeps
between them is in STATE. It leaves `leaderboard.parquet` in OUTPUT (`category`, `rank`,
`producer_id`, `score`), which is checked. If it prints a JSON object with `seconds`, that is what
it took: a server's start and stop are not counted.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """A way to compute something like it, and what it leaves out of what BeatXP computes."""

    name: str
    title: str
    program: str
    leaves_out: str


_TOTALS_ONLY = (
    "validation and rejected rows, unlocks, level-ups, levels, caps and boosts, exact times, "
    "month and week boards, guards, atomic publication"
)

PEERS = (
    Peer(
        "bare",
        "Bare DuckDB script",
        "bare.py",
        f"{_TOTALS_ONLY}, corrections, doing less when little changed",
    ),
    Peer(
        "pandas",
        "pandas script",
        "pandas_script.py",
        f"{_TOTALS_ONLY}, doing less when little changed, data larger than memory",
    ),
    Peer(
        "polars",
        "Polars script",
        "polars_script.py",
        f"{_TOTALS_ONLY}, doing less when little changed",
    ),
    Peer(
        "dbt_style",
        "SQL models in the style of dbt, full refresh",
        "dbt_runner.py",
        f"{_TOTALS_ONLY}, doing less when little changed; dbt's own start is not in it either",
    ),
    Peer(
        "postgres",
        "PostgreSQL, materialized views refreshed concurrently",
        "postgres.py",
        f"{_TOTALS_ONLY}, all boards from one moment, the old values of a corrected row",
    ),
)
