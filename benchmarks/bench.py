"""What the measurements share: sizes, data sets, worlds, and stores that histories start from."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import getpid
from pathlib import Path
from typing import Literal

import polars as pl
from rich.console import Console

from benchmarks.checks import activity, export_rows
from benchmarks.datasets import DataSet, data_set
from benchmarks.marketplace import Marketplace
from benchmarks.product import Product, World, lay_out

Later = Literal["hour", "late"]


@dataclass(frozen=True)
class Size:
    """How large the marketplace is, and how often each side of a figure runs."""

    plays: int
    tracks: int
    producers: int
    days: int
    rounds: int

    @property
    def market(self) -> Marketplace:
        """The marketplace of this size."""
        return Marketplace(self.plays, self.tracks, self.producers, self.days)


class Bench:
    """Makes what a measurement needs, each thing once. Everything in `folder` may be thrown away.

    A history begins with the exports up to the end of the last day; what comes later is seen by a
    refresh an hour after.
    """

    def __init__(self, size: Size, data: Path, folder: Path, out: Console) -> None:
        self.size = size
        self.product = Product(folder / "product")
        self.folder = folder
        self.out = out
        self._data = data
        self._sets: dict[tuple[int, str], DataSet] = {}
        self._worlds: dict[str, World] = {}
        self._bases: dict[Path, Path] = {}
        self._activity: dict[tuple[Path, datetime], pl.DataFrame] = {}
        self._rows: dict[Path, dict[str, int]] = {}

    @property
    def end(self) -> datetime:
        """The midnight after the last day."""
        return self.size.market.end

    @property
    def after(self) -> datetime:
        """An hour later."""
        return self.end + timedelta(hours=1)

    def data_set(self, plays: int | None = None, ending: str = ".parquet") -> DataSet:
        """A data set of the suite's size, or of another number of plays."""
        key = (plays or self.size.plays, ending)
        if key not in self._sets:
            market = replace(self.size.market, plays=key[0])
            self.out.print(f"Data set of {key[0]:,} plays ({ending})", style="dim")
            self._sets[key] = data_set(self._data, market, ending)
        return self._sets[key]

    def world(
        self, history: DataSet, later: Later | None = None, source: DataSet | None = None
    ) -> World:
        """A data set's exports, perhaps with what came later (there, or in another data set)."""
        source = source or history
        name = f"{history.folder.name}+{later}+{source.folder.name if later else None}"
        if name not in self._worlds:
            plays = []
            if later:
                path = source.hour if later == "hour" else source.late
                plays = [(f"{history.market.end.date()}T00-{later}{history.ending}", path)]
            folder = self.folder / "worlds" / name
            self._worlds[name] = lay_out(folder, history.exports, plays)
        return self._worlds[name]

    def base(self, history: DataSet) -> Path:
        """A store in which a data set's exports are published, as of the end of the last day."""
        if history.folder not in self._bases:
            self.out.print("A published store to start from", style="dim")
            _, store = self.product.from_nothing(self.world(history), self.end)
            kept = store.rename(self.folder / f"base-{len(self._bases)}")
            self._bases[history.folder] = kept
        return self._bases[history.folder]

    def activity(self, world: World, as_of: datetime) -> pl.DataFrame:
        """What an independent query finds in a world's exports."""
        key = (world.exports, as_of)
        if key not in self._activity:
            self.out.print("An independent count of its plays", style="dim")
            self._activity[key] = activity(world, as_of)
        return self._activity[key]

    def rows(self, world: World) -> dict[str, int]:
        """The rows of a world's export files, by entity."""
        if world.exports not in self._rows:
            self._rows[world.exports] = export_rows(world)
        return self._rows[world.exports]


@contextmanager
def workbench(size: Size, data: Path, out: Console) -> Iterator[Bench]:
    """A bench on the file system that holds the data sets; its stores are removed at the end."""
    folder = data.absolute() / f"work-{getpid()}"
    for left in data.glob("work-*"):  # of a suite that was killed
        if left == folder or not Path("/proc", left.name.removeprefix("work-")).exists():
            shutil.rmtree(left)
    try:
        yield Bench(size, data.absolute(), folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
