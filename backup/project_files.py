"""The settings file and the rulebook: with them, a store can be refreshed on another machine.

Secrets that stand in the settings file do not get into a backup. Variables, and the files that they
name, are not looked at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from backup.objects import BackupFile
from backup.target import Backup, Target
from pipelines.errors import Problem, holds_secret, parse_toml
from pipelines.settings import Loaded
from pipelines.settings.section import settings_of
from pipelines.store.atomic import write_bytes

MASK: Final = "**********"


@dataclass(frozen=True)
class ProjectFiles:
    """The files that a backup has of a project; `masked` are the keys of masked secrets.

    `settings` is None if a secret in it cannot be masked, because it is written with escapes.
    """

    settings: BackupFile | None
    rulebook: BackupFile
    masked: list[str]


def keep_project_files(loaded: Loaded, put: Callable[[bytes], str]) -> ProjectFiles:
    """Keep both files; `put` keeps bytes and returns their checksum. Raises OSError."""
    secrets = dict(_secrets(loaded))
    text = without_secrets(loaded.path.read_bytes().decode(), secrets)
    settings = None
    if text is not None:
        data = text.encode()
        settings = BackupFile(loaded.path.name, put(data), len(data))
    path = loaded.settings.project.rulebook
    data = path.read_bytes()
    folder = loaded.path.parent
    name = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
    return ProjectFiles(settings, BackupFile(name, put(data), len(data)), sorted(secrets))


def without_secrets(text: str, secrets: dict[str, list[str]]) -> str | None:
    """A settings file with a mask for each secret, which are given by key; None if one stays."""
    for secret in sorted(
        filter(None, chain.from_iterable(secrets.values())), key=len, reverse=True
    ):
        text = text.replace(secret, MASK)
    tables = parse_toml(text.encode(), ())
    if isinstance(tables, Problem):
        return None
    texts = (one for key in secrets for one in _texts(_at(tables, key)))
    return text if all(one in ("", MASK) for one in texts) else None


def begin_project(target: Target, backup: Backup, config: Path) -> list[Path]:
    """Write a settings file if it is not there, and the rulebook that it names, if that is not.

    Returns what was written. Raises BackupDamaged, OSError.
    """
    if config.exists():
        return []
    written = []
    # The rulebook comes first: settings never name one that is not there.
    for file, name in ((backup.rulebook, None), (backup.settings, config.name)):
        if file is None or backup.settings is None:
            continue
        path = config.absolute().parent / (name or file.path)
        if not path.exists():
            write_bytes(target.objects.get(file), path)
            written.append(path)
    return written


def _secrets(loaded: Loaded) -> Iterator[tuple[str, list[str]]]:
    """The secrets that stand in the settings file, by key."""
    for key, field in settings_of(type(loaded.settings)).items():
        found = list(_texts(_at(loaded.tables, key)))
        if holds_secret(field.annotation) and any(found):
            yield key, found


def _at(tables: Any, key: str) -> Any:
    for name in key.split("."):
        tables = tables.get(name) if isinstance(tables, dict) else None
    return tables


def _texts(value: Any) -> Iterator[str]:
    """A text, or those in a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))
