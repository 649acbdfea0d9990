"""Data sets on the disk: each is generated once, and appears whole or not at all."""

import hashlib
import os
import shutil
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks import marketplace
from benchmarks.marketplace import Marketplace, write, write_exports

#: The folder that holds data sets, if nothing else is asked for.
VARIABLE = "BEATXP_BENCH_DATA"


@dataclass(frozen=True)
class DataSet:
    """Export files up to the end of a marketplace's last day, and two files that come after it."""

    market: Marketplace
    folder: Path
    ending: str = ".parquet"

    @property
    def exports(self) -> Path:
        """All files up to the end of the last day."""
        return self.folder / "exports"

    @property
    def hour(self) -> Path:
        """The plays of the hour after the last day."""
        return self.folder / f"later/hour{self.ending}"

    @property
    def late(self) -> Path:
        """As many plays, of three old days."""
        return self.folder / f"later/late{self.ending}"


def default_data() -> Path:
    """Where data sets are kept, unless the command names a folder."""
    return Path(os.environ.get(VARIABLE) or Path(__file__).with_name("data"))


def late_days(market: Marketplace) -> tuple[int, ...]:
    """Three old days, spread over the history."""
    return tuple(market.days * quarter // 4 for quarter in (1, 2, 3))


def data_set(data: Path, market: Marketplace, ending: str = ".parquet") -> DataSet:
    """The data set of a marketplace: the one that is there, or a new one.

    Its name holds a hash over the generator's source and all arguments.
    """
    source = Path(marketplace.__file__).read_bytes() + Path(__file__).read_bytes()
    key = hashlib.sha256(source + repr((astuple(market), ending)).encode()).hexdigest()[:12]
    folder = data / f"{market.plays}-plays-{market.days}-days{ending}-{key}"
    if not folder.exists():
        data.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        write_exports(market, temporary / "exports", ending)
        write(market.hourly(0), temporary / "later", "hour", ending)
        write(market.late(late_days(market)), temporary / "later", "late", ending)
        temporary.rename(folder)
    return DataSet(market, folder, ending)
