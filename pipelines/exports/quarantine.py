"""Good rows apart from bad ones, as the schemas tell them.

(specification, section 1: what bad input gets)
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.exports.cells import REPAIRED, Cells, absent, no_faults
from pipelines.exports.json_text import object_of
from pipelines.exports.reading import Reading
from pipelines.exports.schemas import broken_rules, fault_column, longest_texts, needed
from pipelines.exports.text_ids import TEXT_ID

ROW = "row"
#: `key`: the first column of the row's identity, where it can be read.
REJECTS = {ROW: pl.Int64(), "reason": pl.String(), "original": pl.String(), "key": pl.Int64()}
MALFORMED = "row:malformed"
#: Characters of a value that is shown as an example.
LONGEST_EXAMPLE = 80


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows of an export file, as read by the reader of its format.

    `rows`: the row numbers (Int64) of those that have cells; `cells`: their values, by column,
    without the columns that the file does not have; `malformed`: (row number, raw text) of the
    others; `originals`: the JSON texts of the original values at some positions of `rows`;
    `written`: in how many of `rows` something is written, by column.
    """

    rows: pl.Series
    cells: Mapping[str, Cells]
    malformed: list[tuple[int, str]]
    originals: Callable[[pl.Series], list[str]]
    written: Mapping[str, int]


@dataclass(frozen=True)
class Sorted:
    """The rows of a chunk, in file order: `good` ones with the schema's columns and `row`,
    `rejected` ones with the columns of REJECTS. `faulty`: the places in the chunk of those in which
    anything is bad, be they rejected or not, without the malformed ones.
    """

    good: pl.DataFrame
    rejected: pl.DataFrame
    faulty: pl.Series


class Quarantine:
    """Sorts the rows of one file by its entity's schema, and counts what is bad."""

    def __init__(self, reading: Reading) -> None:
        self.rejected = 0
        self.reasons: Counter[str] = Counter()
        """Reason -> rejected rows."""
        self.bad_cells: Counter[str] = Counter()
        """Column -> cells of good rows that became null, or false, because they were bad, and texts
        that were cut or hold half of a character."""
        self.written: Counter[str] = Counter()
        """Column -> cells in which something is written."""
        self.examples: dict[str, str] = {}
        """Reason, or column with a bad cell -> the first such cell, as it is written."""
        self._reading = reading
        self._schema = reading.schema
        self._kinds = reading.kinds
        self._longest = longest_texts(self._schema)

    def sort(self, chunk: Chunk) -> Sorted:
        """Tell the good rows of a chunk from the bad ones."""
        frame = self._frame(chunk)
        broken = broken_rules(self._schema, frame)
        texts = [TEXT_ID] if self._reading.keeps_text_ids else []
        good = frame.select(*self._kinds, *texts, ROW)
        # Few rows break any rule; only those are looked at again.
        suspects = _anywhere(broken)
        where, reasons = self._rejected(frame, broken, suspects)
        repaired = self._count_repaired(chunk, frame, where)
        if broken.width:
            good = self._without_bad_cells(chunk, good, broken, where)
        if len(where):
            every = pl.Series([True]).new_from_index(0, good.height)
            good = good.filter(every.scatter(where, False))
        rejected = _rejects(chunk, where, frame[self._reading.key], reasons)
        self.written.update(chunk.written)
        if rejected.height:
            firsts = rejected.unique("reason", keep="first").select("reason", "original")
            for reason, original in firsts.iter_rows():
                self._show(reason, original)
        self.rejected += rejected.height
        self.reasons.update(rejected["reason"])
        return Sorted(good, rejected, pl.concat([suspects, *repaired]))

    def _rejected(
        self, frame: pl.DataFrame, broken: pl.DataFrame, suspects: pl.Series
    ) -> tuple[pl.Series, pl.Series]:
        """The places of the rows that are bad, and the first reason for each."""
        if not len(suspects):
            return suspects, pl.Series(dtype=pl.String)
        reason = pl.coalesce(
            pl.lit(None, dtype=pl.String),
            *(
                pl.when(pl.col(rule) & must_hold).then(pl.lit(rule))
                for rule in broken.columns
                if (must_hold := needed(self._schema, _column_of(rule))) is not False
            ),
        )
        found = frame[suspects].hstack(broken[suspects])
        reasons = found.select(reason.alias("reason")).to_series()
        is_bad = reasons.is_not_null()
        return suspects.filter(is_bad), reasons.filter(is_bad)

    def _show(self, of: str, original: str) -> None:
        """Keep a value of a reason or a column: what is written there, or the whole line."""
        if of in self.examples:
            return
        shown: object = original
        if of != MALFORMED:
            row = object_of(original.encode()) or {}
            shown = self._reading.value_in(row, _column_of(of))
        text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
        self.examples[of] = text[:LONGEST_EXAMPLE]

    def _without_bad_cells(
        self, chunk: Chunk, rows: pl.DataFrame, broken: pl.DataFrame, rejected: pl.Series
    ) -> pl.DataFrame:
        """The rows with null or false for optional cells that are bad, which are counted."""
        for name in self._kinds:
            rules = [rule for rule in broken.columns if _column_of(rule) == name]
            if not rules or needed(self._schema, name) is True:
                continue
            is_bad = broken.select(pl.any_horizontal(rules)).to_series()
            self._count_bad(chunk, name, is_bad, rejected)
            # Fields are not filled where a cell is bad, and flags not set: neither is ever null.
            nothing = pl.lit(None if rows[name].dtype != pl.Boolean else False)
            rows = rows.with_columns(pl.when(~is_bad).then(pl.col(name)).otherwise(nothing))
        return rows

    def _count_repaired(
        self, chunk: Chunk, frame: pl.DataFrame, rejected: pl.Series
    ) -> list[pl.Series]:
        """Count cells that are not as they are written, and give their places by column."""
        places = []
        for name in self._kinds:
            cells = chunk.cells.get(name)
            if name not in self._longest and (cells is None or cells.faults is None):
                continue
            repaired = frame[fault_column(name)] == REPAIRED
            if repaired.any():
                self._count_bad(chunk, name, repaired, rejected)
                places.append(repaired.arg_true())
        return places

    def _count_bad(self, chunk: Chunk, name: str, is_bad: pl.Series, rejected: pl.Series) -> None:
        """Count a column's bad cells in rows that are not rejected, and keep one to show."""
        bad = is_bad.arg_true()
        bad = bad.filter(~bad.is_in(rejected.implode()))
        self.bad_cells[name] += len(bad)
        if len(bad) and name not in self.examples:
            self._show(name, chunk.originals(bad.head(1))[0])

    def _frame(self, chunk: Chunk) -> pl.DataFrame:
        """The rows as the schema describes them, and their numbers."""
        rows = len(chunk.rows)
        no_fault = no_faults(rows)
        columns = [chunk.rows.alias(ROW)]
        for name, kind in self._kinds.items():
            cells = chunk.cells.get(name) or absent(kind, rows)
            if name in self._longest:
                cells = _cut(cells, self._longest[name])
            faults = no_fault if cells.faults is None else cells.faults
            columns += [cells.values.alias(name), faults.alias(fault_column(name))]
            if self._reading.keeps_text_ids and name == self._reading.key:
                texts = cells.texts
                nothing = pl.Series([None], dtype=pl.String).new_from_index(0, rows)
                columns.append((nothing if texts is None else texts).alias(TEXT_ID))
        return pl.DataFrame(columns)


def _cut(cells: Cells, longest: int) -> Cells:
    """Texts of at most so many code points."""
    texts = cells.values
    # No text has more code points than bytes, and those can be told without looking at them.
    if not (texts.str.len_bytes() > longest).any():
        return cells
    where = (texts.str.len_chars() > longest).fill_null(False).arg_true()
    faults = no_faults(len(texts)) if cells.faults is None else cells.faults
    cut = texts.gather(where).str.slice(0, longest)
    return Cells(texts.scatter(where, cut), faults.scatter(where, REPAIRED))


def _anywhere(broken: pl.DataFrame) -> pl.Series:
    """The places at which any of the columns is true."""
    if not broken.width:
        return pl.Series(dtype=pl.UInt32)
    return broken.select(pl.any_horizontal(pl.all())).to_series().arg_true()


def _column_of(rule: str) -> str:
    return rule.partition(":")[0]


def _rejects(chunk: Chunk, where: pl.Series, keys: pl.Series, reasons: pl.Series) -> pl.DataFrame:
    """What becomes of the rows at these places, and of malformed ones."""
    rejected = pl.DataFrame(schema=REJECTS)
    if len(where):
        rejected = pl.DataFrame(
            {
                ROW: chunk.rows.gather(where),
                "reason": reasons,
                "original": pl.Series(chunk.originals(where), dtype=pl.String),
                "key": keys.gather(where),
            }
        )
    if chunk.malformed:
        malformed = pl.DataFrame(
            [(row, MALFORMED, raw, None) for row, raw in chunk.malformed],
            schema=REJECTS,
            orient="row",
        )
        rejected = rejected.vstack(malformed).sort(ROW)
    return rejected
