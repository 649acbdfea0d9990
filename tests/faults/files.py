"""The kinds of files of a store, and the ways in which bytes of one come to be others."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final

#: The kinds of files, by what is found where below a store's folder.
KINDS: Final[Mapping[str, str]] = {
    "pointer": "current.json",
    "check": "checked.json",
    "held back": "pending.json",
    "record": "refresh.json",
    "failure": "failed.json",
    "alerts": "alerts.json",
    "manifest": "snapshots/*/manifest.json",
    "row": "snapshots/*/snapshot.*.parquet",
    "published": "tables/*/*.parquet",
    "contribution": "work/files/*/*/contribution.json",
    "rows": "work/files/*/*/rows.*.parquet",
    "rejects": "work/files/*/*/rejects.*.parquet",
    "step": "work/steps/*.json",
    "working": "work/tables/*/*.parquet",
    "comparison": "comparisons/*/*",
    "shard": "dashboard/*/*",
}
Damage = Callable[[Random, Path, list[Path]], None]


def of_kind(root: Path, kind: str) -> list[Path]:
    """All files of a kind, in the order of their names."""
    return sorted(path for path in root.glob(KINDS[kind]) if path.is_file())


def flip(dice: Random, path: Path, _: list[Path]) -> None:
    """One bit is another."""
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    _put(path, data)


def truncate(dice: Random, path: Path, _: list[Path]) -> None:
    """The end is missing, or all of it."""
    data = path.read_bytes()
    _put(path, data[: dice.randrange(len(data))])


def lengthen(dice: Random, path: Path, _: list[Path]) -> None:
    """There is more behind it."""
    _put(path, path.read_bytes() + dice.randbytes(dice.randint(1, 100)))


def zero(dice: Random, path: Path, _: list[Path]) -> None:
    """Some of it is zeros, as a power cut leaves it."""
    data = bytearray(path.read_bytes())
    start = dice.randrange(len(data))
    end = min(len(data), start + dice.choice((16, 512, 1 << 20)))
    data[start:end] = bytes(end - start)
    _put(path, data)


def delete(_: Random, path: Path, __: list[Path]) -> None:
    """It is gone."""
    path.unlink()


def swap(dice: Random, path: Path, others: list[Path]) -> None:
    """It has the bytes of another, and the other has its own."""
    other = dice.choice([p for p in others if p != path] or [path])
    mine, theirs = path.read_bytes(), other.read_bytes()
    _put(path, theirs)
    _put(other, mine)


def copy(dice: Random, path: Path, others: list[Path]) -> None:
    """It has the bytes of another."""
    _put(path, dice.choice(others).read_bytes())


def random(dice: Random, path: Path, _: list[Path]) -> None:
    """It has bytes that mean nothing."""
    _put(path, dice.randbytes(path.stat().st_size))


def folder(_: Random, path: Path, __: list[Path]) -> None:
    """A folder has its name."""
    path.unlink()
    path.mkdir()


DAMAGES: Final[tuple[Damage, ...]] = (
    *(flip, flip, flip, truncate, truncate, delete, delete),
    *(swap, swap, zero, lengthen, copy, random, folder),
)


def _put(path: Path, data: bytes | bytearray) -> None:
    """New bytes in a file of its own: copies of a store may share files."""
    path.unlink()
    path.write_bytes(data)


def leave_unknown_things(dice: Random, root: Path) -> list[Path]:
    """Files and folders of others anywhere in a store; returns where."""
    folders = sorted(path for path in root.rglob("*") if path.is_dir())
    left = []
    for place in [root, *dice.sample(folders, min(8, len(folders)))]:
        if not place.is_dir():
            continue
        for name in (".DS_Store", "x.parquet~", "Thumbs.db", "notes.txt", ".nfs0001"):
            path = place / name
            path.write_bytes(dice.randbytes(20))
            left.append(path)
        (place / "new folder").mkdir()
        left.append(place / "new folder")
    for parquet in dice.sample(of_kind(root, "published"), 3):
        shutil.copyfile(parquet, parquet.with_name(f"{parquet.name}~"))
        left.append(parquet.with_name(f"{parquet.name}~"))
    return left
