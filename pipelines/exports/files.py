"""Which export files there are: entity, format, stamp and signature of each, without opening any.

(specification, section 1)
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

ENTITIES = ("producers", "tracks", "credits", "plays", "earnings", "grants", "adjustments")
DUMP_ENTITIES = ENTITIES[:3]
EVENT_ENTITIES = ENTITIES[3:]

Format = Literal["parquet", "csv", "ndjson"]
Compression = Literal["", "gz", "zst"]

_TEXT_FORMATS: dict[str, Format] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_COMPRESSIONS: dict[str, Compression] = {"": "", ".gz": "gz", ".zst": "zst"}
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
_ENDING = re.compile("(?:" + "|".join(map(re.escape, _ENDINGS)) + r")\Z")
# A lookahead, so that a date is found even where an earlier match would overlap it.
_STAMP = re.compile(r"(?=([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2})(?:-([0-9]{2}))?)?)")


@dataclass(frozen=True)
class ExportFile:
    """One export file as it lies in the exports folder (specification, section 1)."""

    entity: str
    path: str
    """Below the entity's folder, "/" separated: its name in every report, and its sort key."""
    location: Path
    format: Format
    compression: Compression
    stamp: datetime | None
    """Naive UTC; only for snapshot entities, None without a valid date in the path."""
    signature: str
    """Device, inode, size and times: while it stays the same, so do the bytes."""
    changed_ns: int
    """Last change of the file's inode, in nanoseconds since the epoch."""


@dataclass(frozen=True)
class Listing:
    """All export files, by entity and then by the UTF-8 bytes of their path."""

    files: tuple[ExportFile, ...]
    ignored: tuple[str, ...]
    """Files with an ending that no format has, as "entity/path"."""


def list_exports(root: Path) -> Listing:
    """List the export files below `root`; a missing entity folder has none.

    Names that start with "_" or ".", or end in ".tmp" or ".part", are not there yet.
    Symbolic links are followed; a link back to a folder that it lies in is not.
    Raises OSError if a folder cannot be read.  (specification, section 1)
    """
    files: list[ExportFile] = []
    ignored: list[str] = []
    for entity in ENTITIES:
        found = sorted(walk(root / entity), key=lambda found: os.fsencode(found[0]))
        for path, entry, _ in found:
            file = _export_file(entity, path, entry)
            if file is None:
                ignored.append(f"{entity}/{path}")
            else:
                files.append(file)
    return Listing(tuple(files), tuple(ignored))


def stamp_of(path: str) -> datetime | None:
    """The last valid YYYY-MM-DD[THH[-MM]] in a path, naive UTC (specification, section 1).

    A date that does not exist is no stamp; an hour or minute that does not exist is not
    part of one.
    """
    stamp = None
    for date, hour, minute in _STAMP.findall(path):
        try:
            day = datetime.fromisoformat(date)
        except ValueError:
            continue
        stamp = day
        if hour and int(hour) < 24:
            stamp = day.replace(hour=int(hour))
            if minute and int(minute) < 60:
                stamp = stamp.replace(minute=int(minute))
    return stamp


def format_of(path: str) -> tuple[Format, Compression] | None:
    """The format and compression that a path's ending says, None if no format has it."""
    ending = _ENDING.search(path)
    return _ENDINGS[ending[0]] if ending else None


def _export_file(entity: str, path: str, entry: os.DirEntry[str]) -> ExportFile | None:
    """The file of a directory entry, or None where its name or kind is not that of one."""
    said = format_of(path)
    if said is None or not entry.is_file():
        return None
    status = entry.stat()
    format, compression = said
    facts = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return ExportFile(
        entity=entity,
        path=path,
        location=Path(entry.path),
        format=format,
        compression=compression,
        stamp=stamp_of(path) if entity in DUMP_ENTITIES else None,
        signature="-".join(map(str, facts)),
        changed_ns=status.st_ctime_ns,
    )


def why_hidden(name: str) -> str:
    """Why what has this name, and what is in it, is not there yet; empty if it is."""
    if name.startswith(("_", ".")):
        return f'"{name}" begins with "{name[0]}"'
    return f'"{name}" ends in "{name[name.rindex(".") :]}"' if name.endswith(UNFINISHED) else ""


def walk(folder: Path, hidden: bool = False) -> Iterator[tuple[str, os.DirEntry[str], str]]:
    """Everything below a folder that is no folder, with its path below it, in no order.

    With `hidden` also what is not there yet, each with the reason, which is else empty, and links
    to nothing.
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
            if entry.is_dir():
                pending.append((entry.path, f"{prefix}{name}/", why, above | {here}))
            elif hidden or not entry.is_symlink() or os.path.exists(entry.path):
                yield prefix + name, entry, why
