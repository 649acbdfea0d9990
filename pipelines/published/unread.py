"""Files of the exports folder that a snapshot was not made from, and why.

(Specification, section 1.) They are looked for when somebody asks: a refresh passes over them.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.errors import did_you_mean
from pipelines.exports.files import UNFINISHED, format_of, printable_path, walk, why_hidden
from pipelines.published.rejects import Selection
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.settings import Dialects
from pipelines.tables import TEXT
from pipelines.vocabulary import ENTITIES

#: `entity` is null for what lies in no entity's folder; `file` is else a path below that. `reason`
#: is one of REASONS, `detail` a sentence.
UNREAD: Final = pl.Schema({"entity": TEXT, "file": TEXT, "reason": TEXT, "detail": TEXT})
#: Those on their way come first, those that no export file is called like come last.
REASONS: Final = ("unfinished", "new", "ending", "folder", "unreadable", "hidden")


def unread_files(
    exports: Path,
    dialects: Dialects,
    snapshot: PublishedSnapshot,
    selection: Selection | None = None,
) -> pl.DataFrame:
    """What lies in the exports folder now and is not among the files of a snapshot: see UNREAD.

    A folder that is no entity's is one row. By reason, entity and path.
    """
    known = set(snapshot.scan("files").select("entity", "file").collect().iter_rows())
    found = pl.DataFrame(
        [
            *_in_no_entity(exports, {dialects.folder(e).split("/")[0] for e in ENTITIES}),
            *(
                row
                for entity in ENTITIES
                for row in _of_entity(exports / dialects.folder(entity), entity, known)
            ),
        ],
        schema=UNREAD,
        orient="row",
    )
    if selection is not None:
        found = found.filter(
            pl.Series(
                [
                    selection.entity in (None, entity)
                    and selection.is_of(entity or "", file)
                    and selection.is_for(reason)
                    for entity, file, reason, _ in found.iter_rows()
                ],
                dtype=pl.Boolean,
            )
        )
    order = pl.col("reason").cast(pl.Enum(REASONS))
    return found.sort(order, pl.col("entity").cast(pl.Enum(ENTITIES)), "file", nulls_last=True)


_Row = tuple[str | None, str, str, str]


def _of_entity(folder: Path, entity: str, known: set[tuple[str, str]]) -> Iterator[_Row]:
    try:
        for path, _, why in walk(folder, hidden=True):
            name = printable_path(path)
            said = _reason(path, why, (entity, name) in known)
            if said is not None:
                yield entity, name, *said
    except OSError as error:
        yield entity, "", "unreadable", f"A folder cannot be read: {error}."


def _reason(path: str, why: str, known: bool) -> tuple[str, str] | None:
    """The reason why a file is not read, and a sentence; None if it is."""
    if why:
        unfinished = path.endswith(UNFINISHED) or format_of(path) is not None
        return ("unfinished" if unfinished else "hidden"), f"It is not there yet: {why}."
    if format_of(path) is None:
        return "ending", "No format has the ending of its name."
    return None if known else ("new", "The snapshot was made before it was there.")


def _in_no_entity(exports: Path, folders: set[str]) -> Iterator[_Row]:
    try:
        entries = sorted(os.scandir(exports), key=lambda entry: os.fsencode(entry.name))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield None, "", "unreadable", f"The exports folder cannot be read: {error}."
        return
    for entry in entries:
        name, why = entry.name, why_hidden(entry.name)
        is_folder = entry.is_dir()
        if is_folder and name in folders:
            continue
        said = printable_path(name) + ("/" if is_folder else "")
        if why:
            yield None, said, "hidden", f"It is not there yet: {why}."
        elif is_folder:
            nearest = did_you_mean(name, folders)
            yield None, said, "folder", f"No entity has this folder; {nearest}"
        else:
            yield None, said, "folder", "It lies in no entity's folder."
