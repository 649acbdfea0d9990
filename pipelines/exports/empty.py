"""Whether there is anything to read: a path that is one level wrong must not publish nothing.

(specification, section 1: too much bad input)
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipelines.exports.files import format_of, walk, why_hidden
from pipelines.failures import Failure
from pipelines.settings import Dialects
from pipelines.vocabulary import ENTITIES

#: Folders that are looked at for export files before looking is given up.
_MOST_FOLDERS: Final = 1_000


class NoExportFiles(Failure):
    """The exports folder holds no export file at all."""

    code = "no_export_files"

    def __init__(self, exports: Path, nearest: Path | None) -> None:
        remedy = (
            f"{nearest} does: correct `project.exports`."
            if nearest
            else "Correct `project.exports`, or put files below the folders of entities there."
        )
        super().__init__(
            f"Not published: {exports} holds no export file. {remedy} If there are meant to be "
            "none, set `allow_empty = true` under `[guards]`."
        )


def check_not_empty(exports: Path, dialects: Dialects) -> None:
    """Raises NoExportFiles, OSError."""
    if not holds_exports(exports, dialects):
        raise NoExportFiles(exports, nearest(exports, dialects))


def holds_exports(folder: Path, dialects: Dialects) -> bool:
    """Whether an entity's folder below this one has an export file."""
    return any(
        format_of(path) is not None
        for entity in ENTITIES
        for path, _, _ in walk(folder / dialects.folder(entity))
    )


def nearest(exports: Path, dialects: Dialects) -> Path | None:
    """The nearest folder that holds exports: above, below, or beside this one."""
    for folder in _near(exports):
        try:
            if holds_exports(folder, dialects):
                return folder
        except OSError:
            continue
    return None


def _near(exports: Path) -> Iterator[Path]:
    below = [exports]
    # Breadth first: what is nearer comes first.
    for folder in below:
        children = _folders(folder)
        yield from children
        below += children[: _MOST_FOLDERS - len(below)]
    yield exports.parent
    yield from _folders(exports.parent)


def _folders(folder: Path) -> list[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return []
    return [
        Path(entry.path)
        for entry in entries
        if not why_hidden(entry.name) and not entry.is_symlink() and entry.is_dir()
    ]
