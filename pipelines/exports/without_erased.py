"""Rows of an export file without what was erased: before they are validated, or as they were kept.

A row of an erased producer is not there; the others keep their numbers. An erased listener's id is
null, in a row that stays. A rejected row's original values are kept only as far as they name nobody
who was erased.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import polars as pl

from pipelines.exports.cells import Cells, no_faults
from pipelines.exports.contribution import Contribution
from pipelines.exports.erased import Erased, Kind
from pipelines.exports.json_text import object_of
from pipelines.exports.quarantine import MALFORMED, Chunk
from pipelines.exports.reading import Reading

#: A row whose id in this column was erased goes.
_OWNER: Final = "producer_id"
#: An id in one of these columns that was erased becomes null.
_LISTENERS: Final = ("listener_id", "user_id")
#: Columns that can hold an erased id, and of whom.
ID_COLUMNS: Final[Mapping[str, Kind]] = {
    _OWNER: "producer",
    **dict.fromkeys(_LISTENERS, "listener"),
}
#: In the place of an original that names somebody who was erased.
WITHHELD: Final = "(erased)"
_DETAIL: Final = "What is wrong names somebody whose data was erased, and is not kept."


class WithoutErased:
    """Takes what was erased out of one file's rows, and counts what it changed.

    If its originals were not written as `reading` says (`reads_originals` is false), those that
    name who was erased anywhere are withheld.
    """

    def __init__(self, erased: Erased, reading: Reading, reads_originals: bool = True) -> None:
        self.removed = 0
        """Rows that went."""
        self.made_unknown = 0
        """Rows whose listener became unknown, or whose original was withheld."""
        self._erased = erased
        self._reading = reading
        self._reads_originals = reads_originals

    def chunk(self, chunk: Chunk) -> Chunk:
        """The rows of a chunk, before they are validated."""
        rows = len(chunk.rows)
        gone, unknown = _nowhere(rows), _nowhere(rows)
        cells = dict(chunk.cells)
        for name, found in self._found(cells).items():
            if name == _OWNER:
                gone |= found
            else:
                unknown |= found
                cells[name] = _with_nulls(cells[name], found)
        malformed = [(row, self._withheld(text)) for row, text in chunk.malformed]
        self.removed += int(gone.sum())
        self.made_unknown += int((unknown & ~gone).sum())
        if not (gone | unknown).any():
            return Chunk(chunk.rows, cells, malformed, chunk.originals, chunk.written)
        stay = (~gone).arg_true()

        def originals(where: pl.Series) -> list[str]:
            places = stay.gather(where)
            texts = zip(chunk.originals(places), unknown.gather(places), strict=True)
            return [self._without_listener(text) if hide else text for text, hide in texts]

        return Chunk(
            chunk.rows.gather(stay),
            {name: _gathered(one, stay) for name, one in cells.items()},
            malformed,
            originals,
            chunk.written,
        )

    def kept(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Accepted rows as they were kept."""
        for name, kind in ID_COLUMNS.items():
            if name in rows.columns:
                found = self._erased.where(kind, rows[name])
                if name == _OWNER:
                    self.removed += int(found.sum())
                    rows = rows.filter(~found)
                else:
                    self.made_unknown += int(found.sum())
                    known = pl.select(pl.when(~found).then(rows[name])).to_series()
                    rows = rows.with_columns(known.alias(name))
        return rows

    def original(self, reason: str, original: str) -> str | None:
        """What stays of a rejected row as it was kept; None if the row goes."""
        is_read = self._reads_originals and reason != MALFORMED
        row = object_of(original.encode()) if is_read else None
        if row is None:
            return self._withheld(original)
        cells = {
            name: self._reading.from_json(name, self._reading.without_null_values([value]))
            for name in ID_COLUMNS.keys() & self._reading.kinds.keys()
            if (value := self._reading.value_in(row, name)) is not None
        }
        found = {name for name, where in self._found(cells).items() if where[0]}
        if _OWNER in found:
            self.removed += 1
            return None
        self.made_unknown += bool(found)
        return self._without_listener(original) if found else original

    def account(self, account: Contribution) -> Contribution:
        """The account of a file that quotes nobody who was erased."""
        detail, columns = account.file_detail, account.unknown_columns
        if detail and self._erased.is_named_in(detail):
            detail = _DETAIL
        # A file without a header row has its first row for one.
        if any(map(self._erased.is_named_in, columns)):
            columns = []
        changed = detail != account.file_detail or columns != account.unknown_columns
        return msgspec.structs.replace(
            account,
            file_detail=detail,
            unknown_columns=columns,
            erased=account.erased + self.removed + self.made_unknown + changed,
        )

    def _found(self, cells: Mapping[str, Cells]) -> dict[str, pl.Series]:
        """Where erased ids stand, by column."""
        return {
            name: self._erased.where(kind, cells[name].values)
            for name, kind in ID_COLUMNS.items()
            if name in cells
        }

    def _withheld(self, text: str) -> str:
        if text == WITHHELD or not self._erased.is_named_in(text):
            return text
        self.made_unknown += 1
        return WITHHELD

    def _without_listener(self, original: str) -> str:
        """An original without the listener's id, and without columns that mean nothing here: they
        may say who it was, too.
        """
        row = object_of(original.encode()) or {}
        shown: dict[str, Any] = {
            self._reading.sources[name]: (
                None if name in _LISTENERS else self._reading.value_in(row, name)
            )
            for name in self._reading.kinds
            if self._reading.holds(row, name)
        }
        return json.dumps(shown, ensure_ascii=False)


def _nowhere(rows: int) -> pl.Series:
    return pl.Series([False]).new_from_index(0, rows)


def _with_nulls(cells: Cells, where: pl.Series) -> Cells:
    """Cells with nothing written at some places."""
    if not where.any():
        return cells
    values = pl.select(pl.when(~where).then(cells.values)).to_series()
    faults = cells.faults
    if faults is not None:
        faults = faults.zip_with(~where, no_faults(len(where)))
    return Cells(values.alias(cells.values.name), faults, cells.texts)


def _gathered(cells: Cells, places: pl.Series) -> Cells:
    faults, texts = cells.faults, cells.texts
    return Cells(
        cells.values.gather(places),
        None if faults is None else faults.gather(places),
        None if texts is None else texts.gather(places),
    )
