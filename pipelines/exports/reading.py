"""How the columns of an entity's files are read: by default, or as its table in the settings says.

(specification, section 1: values; exports that say things differently)
"""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from pipelines.exports.cells import Cells, Kind, merged
from pipelines.exports.json_values import Number, from_json, word
from pipelines.exports.schemas import SCHEMAS, identity, kinds, required_columns
from pipelines.exports.text_ids import NAMED
from pipelines.exports.values import from_text, from_typed
from pipelines.exports.zones import to_utc
from pipelines.settings.dialect import UTC, Dialect

#: A time that says no zone; what else is written so, is no time.
_NAIVE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+)?$"
#: What an object says of a column that it does not have.
_ABSENT: Final = object()


class Reading:
    """How the files of one entity are read. It knows columns by our names."""

    def __init__(self, entity: str, dialect: Dialect) -> None:
        self.schema = SCHEMAS[entity]
        self.dialect = dialect
        self.kinds: dict[str, Kind] = {
            name: "text_id" if name in dialect.text_ids else kind
            for name, kind in kinds(self.schema).items()
        }
        self.sources = {name: dialect.source(name) for name in self.kinds}
        """What each column is called in the files."""
        self.required = tuple(self.sources[name] for name in required_columns(self.schema))
        """What columns that every CSV and Parquet file has are called there."""
        self.key = identity(self.schema).columns[0]
        self.keeps_text_ids = entity in NAMED and self.key in dialect.text_ids
        self._nulls = frozenset(dialect.nulls)

    @property
    def renamed(self) -> list[str]:
        """The columns that the table gives another name."""
        return list(self.dialect.columns)

    @property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """The dotted paths of columns, in parts."""
        return {
            name: tuple(source.split(".")) for name, source in self.sources.items() if "." in source
        }

    @property
    def top_level(self) -> set[str]:
        """The names that may stand at the top of an object or a file's schema."""
        return {*self.sources.values(), *(path[0] for path in self.paths.values())}

    def from_text(self, name: str, texts: pl.Series) -> Cells:
        """The cells of a column that is written as text; null = nothing is written."""
        words = self.dialect.values.get(name)
        if words:
            texts = texts.replace(list(words), list(words.values()))
        return self._in_utc(name, from_text(self.kinds[name], texts), texts)

    def from_json(self, name: str, values: list[Any]) -> Cells:
        """The cells of a column whose values are those of JSON."""
        words = self.dialect.values.get(name)
        if words:
            values = [
                value if (w := word(value)) is None else words.get(w, value) for value in values
            ]
        cells = from_json(self.kinds[name], values)
        if self.kinds[name] != "time" or self.dialect.timezone == UTC:
            return cells
        texts = [v if isinstance(v, str) and not isinstance(v, Number) else None for v in values]
        return self._in_utc(name, cells, pl.Series(texts, dtype=pl.String))

    def from_typed(self, name: str, cells: pl.Series, is_naive: bool = False) -> Cells:
        """The cells of a typed column. `is_naive`: its times are local ones of no named zone."""
        read = from_typed(self.kinds[name], cells)
        words = self.dialect.values.get(name)
        if words:
            texts = _as_words(cells)
            if texts is not None:
                ours = texts.replace_strict(words, default=None, return_dtype=pl.String)
                theirs = self._in_utc(name, from_text(self.kinds[name], ours), ours)
                read = merged(ours.is_not_null(), theirs, read)
        if is_naive and self.dialect.timezone != UTC and self.kinds[name] == "time":
            return Cells(to_utc(read.values, self.dialect.timezone), read.faults)
        return self._in_utc(name, read, cells) if cells.dtype == pl.String else read

    def without_nulls(self, texts: pl.Series) -> pl.Series:
        """Null where a text stands that means null."""
        if not self._nulls:
            return texts
        is_null = texts.is_in(list(self._nulls))
        return pl.select(pl.when(~is_null).then(texts)).to_series().alias(texts.name)

    def without_null_values(self, values: list[Any]) -> list[Any]:
        """The same for the values of JSON."""
        if not self._nulls:
            return values
        return [None if _is_text(v) and v in self._nulls else v for v in values]

    def value_in(self, row: Mapping[str, Any], name: str) -> Any:
        """What an object of JSON says of a column; None if nothing."""
        found = self._found(row, name)
        return None if found is _ABSENT else found

    def holds(self, row: Mapping[str, Any], name: str) -> bool:
        """Whether an object of JSON has a column, though it may be null."""
        return self._found(row, name) is not _ABSENT

    def _found(self, row: Mapping[str, Any], name: str) -> Any:
        source = self.sources[name]
        if source in row:
            return row[source]
        found: Any = row
        for part in source.split("."):
            if not isinstance(found, Mapping) or part not in found:
                return _ABSENT
            found = found[part]
        return found

    def _in_utc(self, name: str, cells: Cells, texts: pl.Series) -> Cells:
        """The cells with times of the table's zone, where a text names none, in UTC."""
        if self.kinds[name] != "time" or self.dialect.timezone == UTC:
            return cells
        where = texts.str.contains(_NAIVE).fill_null(False)
        moved = to_utc(cells.values, self.dialect.timezone)
        return Cells(moved.zip_with(where, cells.values), cells.faults)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _as_words(cells: pl.Series) -> pl.Series | None:
    """A typed column as JSON would write it; None for what has no words."""
    if cells.dtype == pl.String or cells.dtype.is_integer():
        return cells.cast(pl.String)
    if cells.dtype.is_float():
        whole = pl.when(cells == cells.floor()).then(cells.cast(pl.Int64, strict=False))
        return pl.select(pl.coalesce(whole.cast(pl.String), cells.cast(pl.String))).to_series()
    return None
