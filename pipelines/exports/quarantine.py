"""Good rows apart from bad ones, as the schemas tell them.

(specification, section 1: what bad input gets)
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from pipelines.exports.schemas import broken_part, fault_column, gate, kinds, needed
from pipelines.exports.values import Cells, absent, no_faults

ROW = "row"
REJECTS = {ROW: pl.Int64(), "reason": pl.String(), "original": pl.String()}
MALFORMED = "row:malformed"
_REASON = "row:reason"


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows of an export file, as read by the reader of its format.

    `rows`: the row numbers (Int64) of those that have cells; `cells`: their values, by column,
    without the columns that the file does not have; `malformed`: (row number, raw text) of the
    others; `originals`: the JSON texts of the original values at some positions of `rows`.
    """

    rows: pl.Series
    cells: Mapping[str, Cells]
    malformed: list[tuple[int, str]]
    originals: Callable[[pl.Series], list[str]]


@dataclass(frozen=True)
class Sorted:
    """The rows of a chunk, in file order: `good` ones with the schema's columns and `row`,
    `rejected` ones with the columns of REJECTS.
    """

    good: pl.DataFrame
    rejected: pl.DataFrame


class Quarantine:
    """Sorts the rows of one file by its entity's schema, and counts what is bad."""

    def __init__(self, schema: pa.DataFrameSchema) -> None:
        self.rejected = 0
        self.reasons: Counter[str] = Counter()
        """Reason -> rejected rows."""
        self.bad_cells: Counter[str] = Counter()
        """Column -> cells of good rows that became null because they were bad."""
        self._schema = schema
        self._gate = gate(schema)
        self._kinds = kinds(schema)

    def sort(self, chunk: Chunk) -> Sorted:
        """Tell the good rows of a chunk from the bad ones."""
        frame = self._frame(chunk)
        broken = self._broken_rules(frame)
        fatal = [
            pl.when(pl.col(rule) & must_hold).then(pl.lit(rule))
            for rule in broken.columns
            if (must_hold := needed(self._schema, _column_of(rule))) is not False
        ]
        reason = pl.coalesce(fatal) if fatal else pl.lit(None, dtype=pl.String)
        frame = frame.hstack(broken).with_columns(reason.alias(_REASON))
        good = frame.filter(pl.col(_REASON).is_null()) if fatal else frame
        for name in self._kinds:
            rules = [pl.col(rule) for rule in broken.columns if _column_of(rule) == name]
            if rules and needed(self._schema, name) is not True:
                is_bad = pl.any_horizontal(rules)
                self.bad_cells[name] += int(good.select(is_bad.sum()).item())
                # Fields are not filled where a cell is bad; they are never null.
                nothing = pl.lit(None if good[name].dtype != pl.Boolean else False)
                good = good.with_columns(
                    pl.when(is_bad).then(nothing).otherwise(pl.col(name)).alias(name)
                )
        rejected = _rejects(chunk, frame[_REASON])
        self.rejected += rejected.height
        self.reasons.update(rejected["reason"])
        return Sorted(good.select(*self._kinds, ROW), rejected)

    def _frame(self, chunk: Chunk) -> pl.DataFrame:
        """The rows as the schema describes them, and their numbers."""
        rows = len(chunk.rows)
        no_fault = no_faults(rows)
        columns = [chunk.rows.alias(ROW)]
        for name, kind in self._kinds.items():
            cells = chunk.cells.get(name) or absent(kind, rows)
            faults = no_fault if cells.faults is None else cells.faults
            columns += [cells.values.alias(name), faults.alias(fault_column(name))]
        return pl.DataFrame(columns)

    def _broken_rules(self, frame: pl.DataFrame) -> pl.DataFrame:
        """For each rule that is broken anywhere, in the schema's order: in which rows."""
        try:
            self._gate.validate(frame, lazy=True)
        except SchemaErrors:
            pass
        else:
            return pl.DataFrame()
        try:
            broken_part(self._schema, frame).validate(frame, lazy=True)
        except SchemaErrors as errors:
            return pl.DataFrame(
                [(~e.check_output.to_series()).alias(e.check.name) for e in errors.schema_errors]
            )
        raise AssertionError(f"{self._schema.name}: the gate and the schema disagree")


def _column_of(rule: str) -> str:
    return rule.partition(":")[0]


def _rejects(chunk: Chunk, reasons: pl.Series) -> pl.DataFrame:
    """What becomes of the rows that have a reason, and of malformed ones."""
    where = reasons.is_not_null().arg_true()
    rejected = pl.DataFrame(schema=REJECTS)
    if len(where):
        rejected = pl.DataFrame(
            {
                ROW: chunk.rows.gather(where),
                "reason": reasons.gather(where),
                "original": pl.Series(chunk.originals(where), dtype=pl.String),
            }
        )
    if chunk.malformed:
        malformed = pl.DataFrame(
            [(row, MALFORMED, raw) for row, raw in chunk.malformed], schema=REJECTS, orient="row"
        )
        rejected = rejected.vstack(malformed).sort(ROW)
    return rejected
