"""The published tables as a Markdown document.

`python -m pipelines.tables.document >docs/tables.md` writes it anew.
"""

import sys
from typing import Final

from pipelines.tables import DAY, FLAG, ID, PUBLISHED, TEXT, TIME

_TYPES: Final = {ID: "int64", TEXT: "string", DAY: "date", TIME: "datetime", FLAG: "boolean"}


def document() -> str:
    """Every published table with its columns, their types and what they mean."""
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
            f"| `{column.name}` | {_TYPES[column.dtype]} | {column.meaning} |"
            for column in table.columns
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
