"""BeatXP as it is measured: the real command, on exports and stores of its own."""

import os
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from benchmarks.measure import CommandRun, run, warm

BEATXP = Path(sys.executable).with_name("beatxp")
RULEBOOK = Path(__file__).parents[1] / "rules" / "beatpass.toml"


@dataclass(frozen=True)
class World:
    """An exports folder: links to the files of a data set and to those that came later."""

    exports: Path

    def files(self) -> list[Path]:
        """All export files."""
        return sorted(path for path in self.exports.rglob("*") if path.is_file())


def lay_out(folder: Path, exports: Path, plays: Iterable[tuple[str, Path]] = ()) -> World:
    """Make a world of a data set's files and further files of plays, each under a name.

    Links leave a data set as it is, and a file that two worlds share is one and the same file to
    the product, so that a store filled from one world is a store of the other's history.
    """
    for path in sorted(exports.rglob("*.*")):
        link = folder / path.relative_to(exports)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    for name, path in plays:
        (folder / "plays" / name).symlink_to(path)
    return World(folder)


class Product:
    """Runs `beatxp refresh` in a folder that is its own; every run has a store of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        folder.mkdir(parents=True)

    def store_path(self) -> Path:
        """A new place for a store."""
        return self._folder / f"store-{next(self._numbers)}"

    def clear(self) -> None:
        """Remove all stores."""
        for store in self._folder.glob("store-*/"):
            shutil.rmtree(store)

    def copy(self, store: Path) -> Path:
        """A store of its own with the same files.

        Hard links are safe: the store replaces files and never writes into one. Only its lock is
        opened for writing.
        """
        new = self.store_path()
        shutil.copytree(
            store, new, copy_function=os.link, ignore=lambda _, names: {"lock"} & set(names)
        )
        return new

    def refresh(
        self,
        world: World,
        store: Path,
        as_of: datetime,
        rulebook: Path = RULEBOOK,
        memory_limit: str | None = None,
    ) -> CommandRun:
        """Refresh a store once, with export files and store in the page cache."""
        settings = self._settings(world, store, rulebook, memory_limit)
        time = f"{as_of.isoformat()}Z"
        return run([BEATXP, "--config", settings, "refresh", "--as-of", time, "--json"])

    def simulate(self, world: World, store: Path, rulebook: Path) -> CommandRun:
        """Try another rulebook on what is published in a store."""
        settings = self._settings(world, store)
        return run([BEATXP, "--config", settings, "simulate", rulebook, "--json"])

    def _settings(
        self,
        world: World,
        store: Path,
        rulebook: Path = RULEBOOK,
        memory_limit: str | None = None,
    ) -> Path:
        """The settings of a store; its files and the exports are in the page cache after it."""
        settings = self._folder / f"{store.name}.toml"  # outside of the store, like a project's
        engine = f'[engine]\nmemory_limit = "{memory_limit}"\n' if memory_limit else ""
        settings.write_text(
            f'[project]\nexports = "{world.exports}"\nstore = "{store}"\n'
            f'rulebook = "{rulebook}"\n{engine}'
        )
        warm([*world.files(), *(path for path in store.rglob("*") if path.is_file())])
        return settings

    def from_nothing(
        self,
        world: World,
        as_of: datetime,
        rulebook: Path = RULEBOOK,
        memory_limit: str | None = None,
    ) -> tuple[CommandRun, Path]:
        """Refresh a store that does not exist yet; the run and the store."""
        store = self.store_path()
        return self.refresh(world, store, as_of, rulebook, memory_limit), store


def changed_rulebook(path: Path, thresholds: bool = True) -> Path:
    """Write BeatPass' rulebook with other rates, levels, weights and achievements.

    Of achievements the XP, and the `thresholds` too unless they are to stay.
    """
    text = RULEBOOK.read_text()
    text = re.sub(r"^play = 1\b", "play = 2", text, flags=re.MULTILINE)
    text = re.sub(r"^upload = 100\b", "upload = 120", text, flags=re.MULTILINE)
    text = re.sub(r"^quality = 15\b", "quality = 20", text, flags=re.MULTILINE)
    for key, least in (("min_xp", 500), ("threshold", 100))[: 1 + thresholds]:
        text = re.sub(
            rf"^{key} = (\d+)$",
            lambda found, key=key, least=least: (  # type: ignore[misc]
                f"{key} = {int(found[1]) + (int(found[1]) >= least) * int(found[1]) // 10}"
            ),
            text,
            flags=re.MULTILINE,
        )
    text = re.sub(r"^xp = 1000$", "xp = 1100", text, flags=re.MULTILINE)
    path.write_text(text)
    return path
