"""docs/tables.md, as it follows from the catalogue of tables and from what columns mean.

`python -m tests.tables_document` writes it anew.
"""

from pathlib import Path

import polars as pl

from pipelines.tables import PUBLISHED

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
    for table in PUBLISHED.values():
        key = ", ".join(f"`{column}`" for column in table.key)
        lines += ["", f"## {table.name}", "", f"{table.row} Key: {key}.", ""]
        lines += ["| column | type | |", "|---|---|---|"]
        lines += [
            f"| `{column.name}` | {TYPES[column.dtype]} | {column.meaning} |"
            for column in table.columns
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the document anew."""
    DOCUMENT.write_text(text())


if __name__ == "__main__":
    main()
