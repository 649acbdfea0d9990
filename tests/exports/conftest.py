"""Reading one export file in a test: bytes in, contribution, rows and rejects out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl
import pytest

from pipelines.exports.files import ExportFile, list_exports
from pipelines.exports.quarantine import REJECTS
from pipelines.exports.read import Content, Contribution, read_file
from pipelines.settings import Dialect, Dialects
from pipelines.store.documents import decode_document, encode_document


@dataclass(frozen=True)
class Reading:
    """What was made of an export file."""

    contribution: Contribution
    rows: pl.DataFrame
    rejects: pl.DataFrame

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """The rejected rows, in file order."""
        return list(self.rejects.select("row", "reason").iter_rows())


class Read(Protocol):
    """Reads `data`, or the file that `data` writes, as an export file of this name."""

    def __call__(
        self,
        entity: str,
        name: str,
        data: bytes | str | Callable[[Path], object],
        rows_per_chunk: int = 1_000_000,
        dialect: Dialect = ...,
    ) -> Reading: ...


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[[str, str, bytes], ExportFile]:
    """Puts a file into an exports folder and finds it there."""

    def put(entity: str, name: str, data: bytes) -> ExportFile:
        location = tmp_path / "exports" / entity / name
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(data)
        (found,) = [
            f
            for f in list_exports(tmp_path / "exports", Dialects()).files
            if f.location == location
        ]
        return found

    return put


@pytest.fixture
def read(tmp_path: Path, deliver: Callable[[str, str, bytes], ExportFile]) -> Read:
    """Reads one file, and looks at what was kept of it."""
    folders = (tmp_path / f"kept-{n}" for n in range(1000))

    def reading(
        entity: str,
        name: str,
        data: bytes | str | Callable[[Path], object],
        rows_per_chunk: int = 1_000_000,
        dialect: Dialect = Dialect(),  # noqa: B008 (it never changes)
    ) -> Reading:
        if callable(data):
            data(tmp_path / "written")
            data = (tmp_path / "written").read_bytes()
        file = deliver(entity, name, data.encode() if isinstance(data, str) else data)
        folder = next(folders)
        folder.mkdir()
        with Content(file) as content:
            contribution = read_file(file, content, folder, dialect, rows_per_chunk)
        if contribution.file_reason is not None:
            assert list(folder.iterdir()) == []
            assert contribution.rows_read == 0
            return Reading(contribution, pl.DataFrame(), pl.DataFrame())
        rows = pl.read_parquet(folder / "rows.parquet")
        rejects = pl.DataFrame(schema=REJECTS).drop("key")
        if contribution.rejected:
            rejects = pl.read_parquet(folder / "rejects.parquet").drop("key")
        else:
            assert not (folder / "rejects.parquet").exists()
        assert contribution.rows_read == (
            contribution.accepted + contribution.repeated + contribution.rejected
        )
        assert (rows.height, rejects.height) == (contribution.accepted, contribution.rejected)
        assert decode_document(encode_document(contribution), Contribution) == contribution
        return Reading(contribution, rows, rejects)

    return reading
