"""Writing results as files: rows as one file, or the tables of an answer into a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.text import Text

from pipelines.cli.app import permitted
from pipelines.result_files import write_csv, write_parquet
from pipelines.snapshot import NotFoundError

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


def tell_written(out: Console, folders: list[Path]) -> None:
    """Say where the tables are."""
    for folder in folders:
        out.print(Text(f"\nWritten: {folder}"), soft_wrap=True)
