"""The product as tests use it: an exports folder, a rulebook, and stores to refresh."""

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.publication.manifest import Manifest
from pipelines.publication.publish import Outcome
from pipelines.refresh import refresh
from pipelines.settings import Settings, load_settings

#: Guards off: a test world may hold any share of bad rows.
LENIENT = (
    "[guards]\nmax_rejected_percent = 100\nmax_bad_cells_percent = 100\n"
    "max_shrink_percent = 100\nallow_empty = true\n"
)
#: Whether slow checks look at every step of a world, and not only where it ends (`make soak`).
EVERY_STEP = bool(os.environ.get("BEATXP_EVERY_STEP"))


class Project:
    """A project folder with one set of exports and any number of stores."""

    def __init__(self, folder: Path, guards: str = LENIENT) -> None:
        self.folder = folder
        self.exports = folder / "exports"
        self.exports.mkdir(parents=True, exist_ok=True)
        self.rulebook = folder / "rulebook.toml"
        self.mappings = ""
        """Tables `[exports.<entity>]` of the settings, as TOML."""
        self._guards = guards

    def deliver(self, files: Mapping[str, str]) -> None:
        """Write export files: their texts by path below the exports folder."""
        for name, text in files.items():
            path = self.exports / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def copied(self, folder: Path) -> "Project":
        """The same project in another folder, with its stores."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Project(folder, self._guards)

    def settings(self, store: str = "store") -> Settings:
        path = self.folder / f"{store}.toml"
        path.write_text(
            f'[project]\nexports = "exports"\nstore = "{store}"\nrulebook = "rulebook.toml"\n'
            + self._guards
            + self.mappings
        )
        return load_settings(path)

    def refresh(self, as_of: datetime, store: str = "store", full: bool = False) -> Outcome:
        moment = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
        return refresh(self.settings(store), moment, full)

    def tables(self, manifest: Manifest, store: str = "store") -> dict[str, list[dict[str, Any]]]:
        root = self.folder / store
        return {name: rows(manifest.paths(root, name)) for name in ("snapshot", *manifest.tables)}


def rows(paths: list[Path]) -> list[dict[str, Any]]:
    return pl.concat(pl.read_parquet(p, hive_partitioning=False) for p in paths).to_dicts()
