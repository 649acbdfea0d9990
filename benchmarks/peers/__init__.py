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


#: What no peer does: they total plays and uploads by day, and rank by all-time totals.
ALL_LEAVE_OUT = (
    "validation and the record of rejected rows, metadata, collaborations, partners, earnings, "
    "grants and adjustments, unlocks and levels with their exact times, caps and boosts, the "
    "boards of the month and the week, guards, and a snapshot that changes at one moment"
)

PEERS = (
    Peer(
        "bare",
        "Bare DuckDB script",
        "bare.py",
        "corrections of a row; doing less when little changed",
    ),
    Peer(
        "pandas",
        "pandas script",
        "pandas_script.py",
        "doing less when little changed; more plays than fit into memory",
    ),
    Peer(
        "polars",
        "Polars script",
        "polars_script.py",
        "corrections of a row; doing less when little changed",
    ),
    Peer(
        "dbt_style",
        "SQL models in the style of dbt, full refresh",
        "dbt_runner.py",
        "doing less when little changed; dbt's own start is not counted",
    ),
    Peer(
        "postgres",
        "PostgreSQL, materialized views refreshed concurrently",
        "postgres.py",
        "boards that change together; new dumps after the first",
    ),
)
