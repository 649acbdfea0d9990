"""docs/tables.md, as it follows from the catalogue of tables and from what columns mean.

`python -m tests.tables_document` writes it anew.
"""

from pathlib import Path

import polars as pl

from pipelines.meanings import MEANINGS
from pipelines.tables import KEYS, PUBLISHED, SNAPSHOT

DOCUMENT = Path(__file__).parents[1] / "docs/tables.md"
TYPES = {
    pl.Int64(): "int64",
    pl.String(): "string",
    pl.Date(): "date",
    pl.Datetime("us"): "datetime",
    pl.Boolean(): "boolean",
}


def text() -> str:
    """The whole document."""
    lines = [
        "# Published tables",
        "",
        "Parquet; times are UTC without a zone, in microseconds. Each file is sorted by the key.",
        "The columns below stand in this order; more may follow in later versions.",
    ]
    for table, schema in {"snapshot": SNAPSHOT, **PUBLISHED}.items():
        meaning = MEANINGS[table]
        key = ", ".join(f"`{column}`" for column in KEYS.get(table, ("snapshot_id",)))
        lines += ["", f"## {table}", "", f"{meaning.table} Key: {key}.", ""]
        lines += ["| column | type | |", "|---|---|---|"]
        lines += [
            f"| `{column}` | {TYPES[dtype]} | {meaning.columns[column]} |"
            for column, dtype in schema.items()
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the document anew."""
    DOCUMENT.write_text(text())


if __name__ == "__main__":
    main()
