"""Writing results as files: rows as one file, or the tables of an answer into a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.text import Text

from cli.app import permitted
from pipelines.published.result_files import write_csv, write_parquet
from pipelines.published.snapshot import NotFoundError

_SAFE = (
    "a text that begins with = + - @, a tab or a line end, also behind spaces, gets a leading "
    "apostrophe."
)
CsvOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help=f"Write all rows as CSV for a spreadsheet: {_SAFE}"),
]
ParquetOption = Annotated[
    Path | None, typer.Option("--parquet", metavar="FILE", help="Write all rows as Parquet.")
]
CsvFolderOption = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FOLDER", help=f"Write each table as CSV for a spreadsheet: {_SAFE}"
    ),
]
ParquetFolderOption = Annotated[
    Path | None, typer.Option("--parquet", metavar="FOLDER", help="Write each table as Parquet.")
]


def writable_folders(*folders: Path | None) -> None:
    """Refuse folders for tables that cannot be made or written to. Raises NotFoundError.

    Asked before anything is computed, since that can take long.
    """
    for folder in filter(None, folders):
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            raise NotFoundError(f"{nearest} is a file; name a folder for the tables.")
        permitted(nearest)


def write_tables(
    tables: Mapping[str, pl.DataFrame], csv: Path | None, parquet: Path | None
) -> list[Path]:
    """Write each table as a file of its name into the folders that are given; those folders.

    A folder is created if need be; files of the same names in it are replaced. Raises OSError.
    """
    written = []
    for folder, ending, write in ((csv, "csv", write_csv), (parquet, "parquet", write_parquet)):
        if folder is None:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            write(table.lazy(), folder / f"{name}.{ending}")
        written.append(folder)
    return written


def write_rows(rows: pl.LazyFrame, csv: Path | None, parquet: Path | None) -> list[Path]:
    """Write rows to the files that are given; those files. Raises OSError."""
    written = []
    for path, write in ((csv, write_csv), (parquet, write_parquet)):
        if path is not None:
            write(rows, path)
            written.append(path)
    return written


def tell_written(out: Console, paths: list[Path]) -> None:
    """Say where files or tables are."""
    for path in paths:
        out.print(Text(f"\nWritten: {path}"), soft_wrap=True)
