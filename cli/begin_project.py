"""What a folder needs to be a project: a settings file, the rulebook that it names, and what a
Dagster instance must be set to.

They are written as they come with the program. What is there already stays as it is.
"""

from pathlib import Path

from pipelines.store.atomic import write_bytes
from pipelines.version import ROOT, read_own_file

SETTINGS = "dagster_project.toml"
#: As the settings name it.
RULEBOOK = "rules/beatpass.toml"
#: DAGSTER_HOME, with what a Dagster instance must be set to.
INSTANCE = ".dagster/dagster.yaml"


def begin_project(config: Path) -> list[Path]:
    """Write a settings file if it is not there, and what it goes with.

    Returns the files that were written. The rulebook comes first: settings never name one that is
    not there. Raises OSError, IncompleteInstallation.
    """
    if config.exists():
        return []
    return [
        *begin_rulebook(config.parent),
        *_write_new(config.parent / INSTANCE, "assets/dagster.yaml"),
        *_write_new(config, SETTINGS),
    ]


def begin_rulebook(folder: Path) -> list[Path]:
    """Write the rulebook into the folder of a project, as above."""
    return _write_new(folder / RULEBOOK, RULEBOOK)


def _write_new(path: Path, own_file: str) -> list[Path]:
    if path.exists():
        return []
    write_bytes(read_own_file(ROOT / own_file).encode(), path)
    return [path]
