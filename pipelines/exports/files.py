"""Which export files there are: entity, format, stamp and signature of each, without opening any.

(specification, section 1)
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from pipelines.exports.stamps import stamp_of
from pipelines.settings import Dialect, Dialects
from pipelines.vocabulary import ENTITIES

DUMP_ENTITIES = ENTITIES[:3]
EVENT_ENTITIES = ENTITIES[3:]

Format = Literal["parquet", "csv", "tsv", "ndjson"]
Compression = Literal["", "gz", "zst", "bz2"]

_TEXT_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
}
_COMPRESSIONS: dict[str, Compression] = {"": "", ".gz": "gz", ".zst": "zst", ".bz2": "bz2"}
_ENDINGS: dict[str, tuple[Format, Compression]] = {
    ".parquet": ("parquet", ""),
    **{
        text + packed: (format, compression)
        for text, format in _TEXT_FORMATS.items()
        for packed, compression in _COMPRESSIONS.items()
    },
}
#: What the name of a file ends in while it is written.
UNFINISHED = (".tmp", ".part")


class ExportFile(msgspec.Struct, frozen=True, gc=False):
    """One export file as it lies in the exports folder (specification, section 1)."""

    entity: str
    path: str
    """Below the entity's folder, "/" separated: its name in every report, and its sort key."""
    place: str
    """Where it lies, as a text: there can be very many files, and a Path of each takes longer than
    its status."""
    format: Format
    compression: Compression
    stamp: datetime | None
    """Naive UTC; only for snapshot entities, None without a valid date in the path."""
    signature: str
    """Device, inode, size and times: while it stays the same, so do the bytes."""
    size: int
    """Bytes; 0 where there is nothing to read."""
    changed_ns: int
    """Last change of the file's inode, in nanoseconds since the epoch."""
    defect: str = ""
    """Why there is nothing to read, as a sentence; empty for a file."""

    @property
    def location(self) -> Path:
        """Where it lies."""
        return Path(self.place)


@dataclass(frozen=True)
class Listing:
    """All export files, by entity and then by the UTF-8 bytes of their path."""

    files: tuple[ExportFile, ...]
    ignored: tuple[str, ...]
    """Files with an ending that no format has, below the exports."""
    unknown_folders: tuple[str, ...]
    """Folders of the exports that are no entity's."""
    dialects: dict[str, str]
    """What identifies how files are read, by entity, of those that have a table of their own."""
    missing_folders: tuple[str, ...]
    """Folders that the settings name for entities, and that are not there."""


def list_exports(root: Path, dialects: Dialects) -> Listing:
    """List the export files below `root`; a missing entity folder has none.

    Names that start with "_" or ".", or end in ".tmp" or ".part", are not there yet.
    Symbolic links are followed; a link back to a folder that it lies in is not.
    Raises OSError if a folder cannot be read.  (specification, section 1)
    """
    files: list[ExportFile] = []
    ignored: list[str] = []
    for entity in ENTITIES:
        folder = dialects.folder(entity)
        found = sorted(walk(root / folder), key=lambda found: os.fsencode(found[0]))
        for path, entry, _ in found:
            file = _export_file(entity, path, entry, dialects.of(entity))
            if file is None:
                ignored.append(f"{folder}/{printable_path(path)}")
            else:
                files.append(file)
    folders = {dialects.folder(entity) for entity in ENTITIES}
    unknown = _unknown_folders(root, folders)
    named = [name for entity in ENTITIES if (name := dialects.of(entity).folder)]
    missing = [name for name in named if not (root / name).is_dir()]
    return Listing(tuple(files), tuple(ignored), tuple(unknown), dialects.keys, tuple(missing))


def _unknown_folders(root: Path, folders: set[str]) -> list[str]:
    """Folders beside those of entities, and beside those in which these are."""
    above = {"/".join(path.split("/")[:n]) for path in folders for n in range(path.count("/") + 1)}
    return sorted(
        printable_path(path)
        for parent in above
        for name in _folder_names(root / parent)
        if (path := f"{parent}/{name}".removeprefix("/")) not in above | folders
    )


def _folder_names(folder: Path) -> list[str]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [entry.name for entry in entries if not why_hidden(entry.name) and _is_folder(entry)]


def format_of(path: str) -> tuple[Format, Compression] | None:
    """The format and compression that a path's ending says, None if no format has it."""
    parts = path.rsplit(".", 2)
    twofold = _ENDINGS.get(f".{parts[-2]}.{parts[-1]}") if len(parts) == 3 else None
    return twofold or (_ENDINGS.get(f".{parts[-1]}") if len(parts) > 1 else None)


def _export_file(
    entity: str, path: str, entry: os.DirEntry[str], dialect: Dialect
) -> ExportFile | None:
    """The file of a directory entry; None where no format has the ending of its name."""
    said = format_of(path)
    if said is None:
        return None
    format, compression = said
    status, defect = _status(entry)
    name = printable_path(path)
    if name != path:
        defect = "Its name is not UTF-8."
    return ExportFile(
        entity=entity,
        path=name,
        place=entry.path,
        format=format,
        compression=compression,
        stamp=stamp_of(name, dialect.stamp, dialect.timezone) if entity in DUMP_ENTITIES else None,
        signature=f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
        f"-{status.st_ctime_ns}",
        size=0 if defect else status.st_size,
        changed_ns=status.st_ctime_ns,
        defect=defect,
    )


def _status(entry: os.DirEntry[str]) -> tuple[os.stat_result, str]:
    """The status of an entry, and why it is no file that could be read."""
    try:
        status = entry.stat()
    except FileNotFoundError:
        return entry.stat(follow_symlinks=False), "It is a link to nothing."
    except OSError as error:
        return entry.stat(follow_symlinks=False), f"It is a link that leads nowhere: {error}."
    return status, "" if stat.S_ISREG(status.st_mode) else "It is no file, but a pipe or a device."


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def printable_path(path: str) -> str:
    """A path as text: bytes that are no UTF-8 as escapes."""
    if path.isascii():
        return path
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def why_hidden(name: str) -> str:
    """Why what has this name, and what is in it, is not there yet; empty if it is."""
    if name.startswith(("_", ".")):
        return f'"{name}" begins with "{name[0]}"'
    return f'"{name}" ends in "{name[name.rindex(".") :]}"' if name.endswith(UNFINISHED) else ""


def walk(folder: Path, hidden: bool = False) -> Iterator[tuple[str, os.DirEntry[str], str]]:
    """Everything below a folder that is no folder, with its path below it, in no order.

    With `hidden` also what is not there yet, each with the reason, which is else empty.
    Raises OSError if a folder that is not hidden cannot be read.
    """
    pending: list[tuple[str, str, str, frozenset[tuple[int, int]]]] = [
        (str(folder), "", "", frozenset())
    ]
    while pending:
        location, prefix, above_why, above = pending.pop()
        try:
            status = os.stat(location)
            entries = list(os.scandir(location))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            if above_why:
                continue
            raise
        here = (status.st_dev, status.st_ino)
        if here in above:
            continue
        for entry in entries:
            name = entry.name
            why = above_why or why_hidden(name)
            if why and not hidden:
                continue
            if _is_folder(entry):
                pending.append((entry.path, f"{prefix}{name}/", why, above | {here}))
            else:
                yield prefix + name, entry, why
