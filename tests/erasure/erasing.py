"""Erasing as tests do it, with the product's own parts."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.erasure.erase import erase
from pipelines.erasure.receipt import Receipt
from pipelines.refresh import Watcher, open_store
from tests.product import Project

#: When tests erase.
NOW = datetime(2028, 1, 1, 12)


def erase_from(
    project: Project,
    producers: Iterable[int] = (),
    listeners: Iterable[int] = (),
    store: str = "store",
) -> Receipt:
    settings = project.settings(store)
    opened = open_store(settings)
    with opened.lock(1):
        return erase(settings, opened, producers, listeners, 2, NOW, Watcher().step)


def places_of(root: Path, texts: Iterable[str]) -> list[str]:
    """The files of a folder in which one of some texts or numbers stands, with what stands there.

    Parquet files are read, since they are compressed.
    """
    wanted = [text.encode() for text in texts]
    found = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix == ".parquet":
            rows = pl.read_parquet(path, hive_partitioning=False, glob=False)
            data += rows.write_ndjson().encode()
        elif path.suffix == ".npy":
            continue
        found += [f"{path.relative_to(root)}: {text!r}" for text in wanted if text in data]
        found += [f"{path.relative_to(root)}: its name" for text in wanted if text in bytes(path)]
    return found
