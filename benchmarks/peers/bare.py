"""Runs bare.sql: `bare.py load|refresh EXPORTS OUTPUT`. It knows no refresh but doing it all."""

import sys
from pathlib import Path

import duckdb


def main(exports: Path, output: Path) -> None:
    """Run the script with its variables set."""
    output.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name, value in (
            ("exports", str(exports)),
            ("output", str(output)),
            ("stamp", max((exports / "tracks").iterdir()).stem),
        ):
            connection.execute(f"SET VARIABLE {name} = $1", [value])
        connection.execute(Path(__file__).with_name("bare.sql").read_text())


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[3]))
