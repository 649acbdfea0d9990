"""The export files of a project, or some of them, as they would be read."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analysis.inspection.entity import EntityReport, report
from analysis.inspection.names import folders_for
from pipelines.errors import did_you_mean
from pipelines.exports.empty import nearest
from pipelines.exports.files import ExportFile, Listing, list_exports
from pipelines.failures import UsageError
from pipelines.settings import Dialects, Settings
from pipelines.vocabulary import ENTITIES

#: How deep below a folder of the exports one is looked for that may be an entity's.
_DEPTH = 2


class NothingToInspect(UsageError):
    """No entity has the name that was asked for, and no export file."""

    code = "nothing_to_inspect"


@dataclass(frozen=True)
class Inspection:
    """What would be read, entity by entity, and what would not be."""

    exports: Path
    entities: list[EntityReport]
    problems: list[str]


def inspect(settings: Settings, asked: str | None, now: datetime) -> Inspection:
    """Look at all entities, at one, or at one file (a path, or as reports name it).

    Raises NothingToInspect, OSError, FileChanged.
    """
    exports = settings.project.exports
    listing = list_exports(exports, settings.exports)
    dialects = settings.exports
    if asked is None or asked in ENTITIES:
        dialects = _with_likely_folders(exports, dialects, listing)
        if dialects is not settings.exports:
            listing = list_exports(exports, dialects)
    files = {entity: [f for f in listing.files if f.entity == entity] for entity in ENTITIES}
    if asked in ENTITIES:
        files = {asked: files[asked]}
    elif asked is not None:
        files = {file.entity: [file] for file in [_file(listing.files, asked, exports, dialects)]}
    problems = []
    if asked is None:
        if not listing.files:
            found = nearest(exports, dialects)
            more = f" {found} does: correct `project.exports`." if found else ""
            problems.append(f"{exports} holds no export file.{more}")
        for folder in listing.missing_folders:
            problems.append(f"The settings name the folder {folder}, which is not there.")
        for folder in listing.unknown_folders:
            problems.append(f"The folder {folder} is no entity's; {did_you_mean(folder, ENTITIES)}")
        if listing.ignored:
            names = ", ".join(listing.ignored[:20])
            problems.append(f"Ignored, since no format has their endings: {names}.")
    with _scratch() as scratch:
        entities = [
            report(entity, of, settings.exports.of(entity), dialects.of(entity), now, scratch)
            for entity, of in files.items()
        ]
    return Inspection(exports, entities, problems)


def _with_likely_folders(exports: Path, dialects: Dialects, listing: Listing) -> Dialects:
    """The tables with folders that may be those of entities of which there are no files."""
    unknown = [f for top in listing.unknown_folders for f in _folders(exports, top, _DEPTH)]
    found = {}
    for entity in ENTITIES:
        if any(file.entity == entity for file in listing.files):
            continue
        likely = folders_for(entity, unknown)
        if likely:
            found[entity] = dialects.of(entity).model_copy(update={"folder": likely[0]})
            # What is in it, or around it, is no other entity's.
            taken = f"{likely[0]}/"
            unknown = [
                folder
                for folder in unknown
                if not (f"{folder}/".startswith(taken) or taken.startswith(f"{folder}/"))
            ]
    return dialects.model_copy(update=found) if found else dialects


def _folders(exports: Path, folder: str, depth: int) -> Iterator[str]:
    """A folder and those in it."""
    yield folder
    if depth:
        for path in sorted((exports / folder).iterdir()):
            if path.is_dir() and not path.is_symlink():
                yield from _folders(exports, f"{folder}/{path.name}", depth - 1)


def _file(
    files: tuple[ExportFile, ...], asked: str, exports: Path, dialects: Dialects
) -> ExportFile:
    """The export file that is meant."""
    path = Path(asked).absolute()
    for file in files:
        below = f"{dialects.folder(file.entity)}/{file.path}"
        if asked in (f"{file.entity}/{file.path}", below) or path in (
            file.location.absolute(),
            exports / below,
        ):
            return file
    entity = did_you_mean(asked, ENTITIES)
    raise NothingToInspect(
        f"{asked} is neither an entity nor an export file below {exports}; {entity}"
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="beatxp-inspect-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
