"""A shard: some published Parquet files as mapped columns, ascending by one of them.

Parquet files are made to be read whole. A page needs a few rows of one producer, many times a
second, so each group of files is laid out once as plain columns on the disk and mapped into memory:
servers share the pages, and looking up an id is a binary search. Shards are named after the content
that they were made from, so that snapshots share what did not change.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.store.atomic import place_folder
from pipelines.store.checksums import checksum_of_file
from pipelines.store.documents import encode_document, read_document

Column = npt.NDArray[Any]
_ABOUT = "shard.json"
_INT32 = np.iinfo(np.int32)
#: The least and the greatest value, as plain numbers: NumPy works them out again at each look.
_LIMITS = {
    np.dtype(kind): (int(np.iinfo(kind).min), int(np.iinfo(kind).max))
    for kind in (np.int32, np.int64)
}


class DamagedShard(Exception):
    """A shard's files are not those that were written."""


@dataclass(frozen=True)
class Shard:
    """Mapped columns of equal length; texts are numbers into `words`, or bytes beside offsets."""

    columns: dict[str, Column]
    words: dict[str, list[str]]
    texts: dict[str, tuple[Column, Column]]
    rows: int

    def only(self, names: Sequence[str]) -> "Shard":
        """The same rows with some of the columns."""
        return Shard(
            {name: column for name, column in self.columns.items() if name in names},
            {name: words for name, words in self.words.items() if name in names},
            {name: text for name, text in self.texts.items() if name in names},
            self.rows,
        )

    def find(self, column: str, value: int) -> slice:
        """The rows in which a column, by which the shard is ascending, has a value."""
        if not self.rows:
            return slice(0, 0)
        ordered = self.columns[column]
        least, most = _LIMITS[ordered.dtype]
        if not least <= value <= most:
            return slice(0, 0)
        # In the column's own type: else the whole column would be converted.
        key = ordered.dtype.type(value)
        first = int(ordered.searchsorted(key))
        if first == self.rows or ordered.item(first) != value:
            return slice(first, first)
        if first + 1 == self.rows or ordered.item(first + 1) != value:
            return slice(first, first + 1)
        return slice(first, int(ordered.searchsorted(key, side="right")))

    def find_each(self, column: str, values: Sequence[int]) -> list[int | None]:
        """The row of each value in a column that has no value twice; None where there is none."""
        if not self.rows:
            return [None] * len(values)
        ordered = self.columns[column]
        wanted = np.array(values, dtype=np.int64)
        # In the column's own type, as above: what does not fit into it is found to be another.
        rows = ordered.searchsorted(wanted.astype(ordered.dtype))
        is_there = ordered.take(rows, mode="clip") == wanted
        return [
            row if there else None
            for row, there in zip(rows.tolist(), is_there.tolist(), strict=True)
        ]

    def text(self, column: str, row: int) -> str:
        """The text of a row."""
        if column in self.words:
            return self.words[column][self.value(column, row)]
        ends, data = self.texts[column]
        start = int(ends[row - 1]) if row else 0
        return data[start : int(ends[row])].tobytes().decode()

    def value(self, column: str, row: int) -> int:
        """The number of a row."""
        return int(self.columns[column].item(row))


#: Of what a snapshot has no rows of.
EMPTY = Shard({}, {}, {}, 0)


def write_shard(
    frame: pl.DataFrame, folder: Path, few: Sequence[str] = (), order: Sequence[str] = ()
) -> None:
    """Write a frame's columns into a folder that appears whole or not at all.

    Columns are whole numbers, days, times (as counts since the epoch) and texts, none of them null
    but numbers, of which null becomes the least number there is. `few` names texts with few
    distinct values; `order` adds columns with the row numbers in the order of those. A damaged
    shard of this name is replaced. Raises OSError.
    """
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        about = _write_columns(frame, temporary, few, order)
        files = list(temporary.iterdir())
        about["sizes"] = {path.name: path.stat().st_size for path in files}
        about["checksums"] = {path.name: checksum_of_file(path) for path in files}
        about["boot"] = boot()
        (temporary / _ABOUT).write_bytes(encode_document(about))
        if not is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            place_folder(temporary, folder, durable=False)
        except OSError:
            if not is_whole(folder):  # else it is there already
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_columns(
    frame: pl.DataFrame, folder: Path, few: Sequence[str], order: Sequence[str]
) -> dict[str, Any]:
    """Write the columns; returns what the shard says of itself, except its files' sizes."""
    words: dict[str, list[str]] = {}
    texts: list[str] = []
    for column in frame.iter_columns():
        if column.name in few:
            words[column.name] = column.unique().sort().to_list()
            numbers = column.cast(pl.Enum(words[column.name])).to_physical()
            np.save(folder / f"{column.name}.npy", numbers.to_numpy())
        elif column.dtype == pl.String():
            texts.append(column.name)
            ends = column.str.len_bytes().cum_sum().cast(pl.Int64).to_numpy()
            data = np.frombuffer("".join(column.to_list()).encode(), dtype=np.uint8)
            np.save(folder / f"{column.name}.npy", ends)
            np.save(folder / f"{column.name}.text.npy", data)
        else:
            np.save(folder / f"{column.name}.npy", _narrow(column))
    for name in order:
        places = np.argsort(frame[name].to_numpy(), kind="stable").astype(np.int32)
        np.save(folder / f"{name}.order.npy", places)
        np.save(folder / f"{name}.ordered.npy", _narrow(frame[name].gather(places)))
    return {"rows": frame.height, "words": words, "texts": texts}


def is_whole(folder: Path) -> bool:
    """Whether a shard is there, with all its files in their sizes."""
    try:
        _about(folder)
    except DamagedShard:
        return False
    return True


def open_shard(folder: Path) -> Shard:
    """Map the columns of a shard.

    Raises DamagedShard, having removed it, so that whoever lays out next makes it anew.
    """
    try:
        about = _about(folder)
        for name, checksum in about["checksums"].items():
            if checksum_of_file(folder / name) != checksum:
                raise DamagedShard(f"{name} is not what was written")
        arrays = {name.removesuffix(".npy"): _mapped(folder / name) for name in about["sizes"]}
    except (DamagedShard, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DamagedShard(f"{folder} is damaged, and made anew: {error}") from error
    texts = {name: (arrays.pop(name), arrays.pop(f"{name}.text")) for name in about["texts"]}
    return Shard(arrays, about["words"], texts, about["rows"])


def remove_shards(cache: Path, keep: Iterable[str]) -> int:
    """Remove all shards but some; who has one mapped can go on. Returns how many."""
    kept = set(keep)
    removed = 0
    for folder in cache.iterdir() if cache.exists() else ():
        if folder.name not in kept and not folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    remove_unfinished(cache)
    return removed


def remove_unfinished(cache: Path) -> None:
    """Remove what processes that were killed have left."""
    for folder in cache.glob(".*-*.*"):
        try:
            os.kill(int(folder.suffix[1:]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue  # somebody else's


def _about(folder: Path) -> dict[str, Any]:
    """What a shard says of itself. Raises DamagedShard if its files are not as it says."""
    try:
        about = read_document(folder / _ABOUT, dict[str, Any])
        if about is None or "checksums" not in about:
            raise DamagedShard(f"{_ABOUT} is not there, or not what was written")
        sizes = {name: os.stat(folder / name).st_size for name in about["sizes"]}
    except (FileNotFoundError, LookupError, TypeError) as error:
        raise DamagedShard(repr(error)) from None
    if about.get("boot") != boot():
        raise DamagedShard("It was written before the machine was started again.")
    if sizes != about["sizes"]:
        raise DamagedShard(f"sizes are {sizes}, not {about['sizes']}")
    return about


def boot() -> str:
    """What tells this start of the machine from others; empty where nothing does.

    Waiting until shards are on the disk would hold requests up. What a power cut may have taken of
    them is not relied on: a shard of an earlier start is made anew.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _mapped(path: Path) -> Column:
    # A plain array over the mapping: slicing a memmap makes an object of its class each time.
    try:
        return np.asarray(np.load(path, mmap_mode="r"))
    except ValueError:  # an array without any element cannot be mapped
        return np.load(path)  # type: ignore[no-any-return]


def _narrow(column: pl.Series) -> Column:
    """Numbers in 32 bits where all of them fit, else in 64."""
    numbers = column.to_physical().cast(pl.Int64)
    numbers = numbers.fill_null(np.iinfo(np.int64).min)
    values = numbers.to_numpy()
    if not len(values) or (values.min() > _INT32.min and values.max() <= _INT32.max):
        return values.astype(np.int32)
    return values
