"""How rejected and unmatched rows, and files that are not read, are printed."""

import json as json_text
from typing import Any

import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.tables import fitted, print_hanging
from cli.wording import plural, printable, untrusted

#: Lines of each summary; all of them are in --json.
SUMMARY = 20
#: Files with the most rejected rows.
WORST = 10
#: Characters of original values.
LONGEST = 500


def print_unmatched(out: Console, counts: pl.DataFrame) -> None:
    """How many rows refer to something unknown."""
    if counts.is_empty():
        return
    total = plural(int(counts["unmatched"].sum()), "row")
    of_each = ", ".join(f"{entity} {rows:,}" for entity, rows in counts.iter_rows())
    out.print(f"\nUnmatched: {total} that refer to something unknown ({of_each})", style="bold")
    out.print("--unmatched lists them.", style="dim")


def print_counts(out: Console, by_reason: pl.DataFrame, most: int = SUMMARY) -> None:
    """Rejected rows by entity, file and reason."""
    if by_reason.is_empty():
        out.print("No rejected rows.")
        return
    if by_reason.height <= most:
        out.print(count_table(out, by_reason.select("rows", "reason", _path()), "Reason", "File"))
        return
    # Too many files to list them with each reason: who is bad, and apart from that what is.
    reasons = by_reason.group_by("entity", "reason").agg(pl.col("rows").sum())
    out.print(
        count_table(out, _most(reasons).select("rows", "entity", "reason"), "Entity", "Reason")
    )
    files = by_reason.group_by("entity", "file").agg(pl.col("rows").sum())
    out.print()
    out.print(count_table(out, _most(files).select("rows", _path()), "File", most=WORST))
    out.print("--entity, --file and --reason narrow it down; --json lists all.", style="dim")


def _path() -> pl.Expr:
    return pl.concat_str("entity", "file", separator="/").alias("path")


def _most(counted: pl.DataFrame) -> pl.DataFrame:
    return counted.sort(pl.all().exclude("rows")).sort("rows", descending=True, maintain_order=True)


def count_table(
    out: Console,
    counted: pl.DataFrame,
    *columns: str,
    title: str = "Rejected rows",
    most: int = SUMMARY,
) -> Table:
    """A table whose first column is summed up below the lines that are shown."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(title, justify="right")
    for column in columns:
        table.add_column(column, overflow="fold")
    for number, *texts in counted.head(most).iter_rows():
        table.add_row(f"{number:,}", *(untrusted(text) for text in texts))
    more = f" (and {counted.height - most:,} more)" if counted.height > most else ""
    table.add_row(f"{counted.to_series(0).sum():,}", f"in all{more}")
    return fitted(out, table)


def print_files(out: Console, title: str, files: pl.DataFrame) -> None:
    """Files that were rejected as a whole, or not read, each with a sentence."""
    if files.is_empty():
        return
    out.print(f"\n{title}", style="bold")
    for entity, file, reason, detail in files.head(SUMMARY).iter_rows():
        print_hanging(
            out,
            Text.assemble(
                "- ",
                untrusted(f"{entity}/{file}" if entity else file),
                f" ({reason}): ",
                untrusted(detail or ""),
            ),
        )
    if files.height > SUMMARY:
        out.print(f"- and {files.height - SUMMARY:,} more (--json has all)")


def print_bad_cells(out: Console, cells: pl.DataFrame) -> None:
    """Optional cells of accepted rows that became null."""
    if cells.is_empty():
        return
    out.print()
    columns = cells.select("cells", "column", _path())
    out.print(count_table(out, columns, "Column", "File", title="Bad cells", most=WORST))
    out.print("They count as empty; their rows were accepted.", style="dim")


def print_rows(out: Console, rows: pl.DataFrame, total: int, unit: str = "rejected row") -> None:
    """Rows with what is wrong with each, and its original values."""
    if rows.is_empty():
        return
    out.print(f"\nThe first {rows.height:,} of {plural(total, unit)}", style="bold")
    for entity, file, row, reason, original in rows.iter_rows():
        out.print(
            Text.assemble(
                untrusted(f"{entity}/{file}"), f" row {row:,}: ", untrusted(reason, "bold")
            )
        )
        out.print(Padding(Text(_cut(readable(original))), (0, 0, 0, 4), expand=False))


def readable(original: str | None) -> str:
    """Original values as `column=value`, or the line as it was if it could not be split."""
    try:
        cells = json_text.loads(original or "")
    except ValueError:
        cells = None
    if not isinstance(cells, dict):
        return printable(original or "")
    written: dict[str, Any] = {
        name: value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)
        for name, value in cells.items()
    }
    return "  ".join(f"{printable(name)}={printable(value)}" for name, value in written.items())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... (cut; --json has all)"


def unread_sentences(unread: pl.DataFrame) -> list[str]:
    """Why each of some files is not read; of many, the first ones."""
    return [
        f"{f'{entity}/{file}' if entity else file} is not read: {detail}"
        for entity, file, _, detail in unread.head(SUMMARY).iter_rows()
    ]
