"""Runs the models in dbt_style/ into a DuckDB file: `dbt_runner.py load|refresh EXPORTS OUTPUT`.

As dbt's defaults of a good project are: staging models are views, the others tables, each made
anew after those that it selects from.
"""

import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

MODELS = Path(__file__).with_name("dbt_style")
REFERENCE = re.compile(r"\b(?:from|join) ((?:stg|int|mart)_\w+)")


def main(exports: Path, output: Path) -> None:
    """Make every model, and export the boards."""
    output.mkdir(parents=True)
    models = {path.stem: path.read_text() for path in sorted(MODELS.glob("*.sql"))}
    needs = {name: set(REFERENCE.findall(query)) for name, query in models.items()}
    with duckdb.connect(str(output / "warehouse.duckdb")) as connection:
        stamp = max((exports / "tracks").iterdir()).stem
        for name, value in (("exports", str(exports)), ("stamp", stamp)):
            connection.execute(f"SET VARIABLE {name} = $1", [value])
        for name in TopologicalSorter(needs).static_order():
            kind = "VIEW" if name.startswith("stg_") else "TABLE"
            connection.execute(f"CREATE OR REPLACE {kind} {name} AS {models[name]}")
        connection.table("mart_leaderboard").write_parquet(str(output / "leaderboard.parquet"))


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[3]))
