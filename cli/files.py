"""Writing results as files: rows as one file, or the tables of an answer into a folder."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl
import typer
from rich.console import Console
from rich.text import Text

from pipelines.published.result_files import write_csv, write_parquet
from pipelines.published.snapshot import NotFoundError


def web_page(path: Path) -> None:
    """Refuse a place for a web page: one that is not writable, or whose name is not a page's.

    Files of other kinds are not replaced by one. Raises BadParameter, NotFoundError.
    """
    writable(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"{path} is no name for a web page; let it end in .html.")


def writable(*paths: Path | None) -> None:
    """Refuse places for files that are a folder, in none, or not to be written to.

    Asked before anything is computed, since that can take long. Raises NotFoundError.
    """
    for path in filter(None, paths):
        if path.is_dir():
            raise NotFoundError(f"{path} is a folder; name a file.")
        if not path.parent.is_dir():
            raise NotFoundError(f"There is no folder {path.parent} for {path.name}; create it.")
        _permitted(path.parent)


def writable_folders(*folders: Path | None) -> None:
    """Refuse folders for tables that cannot be made or written to. Raises NotFoundError."""
    for folder in filter(None, folders):
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            raise NotFoundError(f"{nearest} is a file; name a folder for the tables.")
        _permitted(nearest)


def _permitted(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotFoundError(f"You may not write in the folder {folder}; choose another one.")


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


def tell_written(out: Console, paths: Iterable[Path]) -> None:
    """Say where files or tables are."""
    for path in paths:
        out.print(Text(f"\nWritten: {path}"), soft_wrap=True)
