"""The rows of a file of JSON objects: one a line, or in the other forms that lines can have.

(specification, section 1: JSON forms, a malformed line)
"""

from collections.abc import Callable, Iterator
from copy import copy
from heapq import nsmallest
from itertools import islice
from operator import attrgetter
from typing import Any

import msgspec
import polars as pl

from pipelines.exports.contribution import UNKNOWN_COLUMNS_KEPT
from pipelines.exports.json_text import BLANK, JSON_BLANK, array_of, is_json, object_of, objects_of
from pipelines.exports.json_values import Number
from pipelines.exports.lines import MAX_LINE_BYTES
from pipelines.exports.quarantine import Chunk
from pipelines.exports.reading import Reading
from pipelines.exports.rejection import FileRejected

#: Objects that are decoded at once where a line holds many.
_MOST_OBJECTS = 100_000
_MOST_UNKNOWN = 100 * UNKNOWN_COLUMNS_KEPT
#: The text of a row, and the object that it is; None if it is malformed.
_Row = tuple[bytes, dict[str, Any] | None]


class NdjsonReader:
    """Reads the text of one file of JSON, which comes in chunks of whole lines."""

    def __init__(
        self,
        reading: Reading,
        texts: Iterator[bytes],
        rows_per_chunk: int = _MOST_OBJECTS,
    ) -> None:
        self._reading = reading
        self._most = min(rows_per_chunk, _MOST_OBJECTS)
        self._known_keys = reading.top_level
        self._texts = texts
        self._rows_read = 0
        self.unknown_columns: set[str] = set()
        """Keys that the entity does not have, as far as the file was read."""
        self.unseen = reading.renamed
        """Columns that have another name in files of the entity, which no object had so far."""
        known = msgspec.defstruct(
            "Known",
            [(name, Any, None) for name in reading.kinds],
            forbid_unknown_fields=True,
            gc=False,
        )
        # Objects without unknown keys are decoded and turned into columns twice as fast.
        self._known = msgspec.json.Decoder(known, float_hook=Number)
        self._any = msgspec.json.Decoder(Any, float_hook=Number)

    def chunks(self) -> Iterator[Chunk]:
        """The rows of the file. Raises FileRejected if it is one array, and that is unreadable."""
        has_begun = False
        for text in self._texts:
            if b"\r" in text:
                text = text.replace(b"\r\n", b"\n")
            if not has_begun and (start := text.lstrip(BLANK)):
                has_begun = True
                if _begins_array(text, start):
                    yield from self._chunks_of(self._array(start))
                    return
            plain = self.plain_chunk(text)
            if plain is not None:
                yield plain
            else:
                yield from self._chunks_of(_lines(text))

    def plain_chunk(self, text: bytes) -> Chunk | None:
        """The rows of a text of whole lines; None unless each line is certainly one row."""
        text = text.strip(b"\n")
        lines = text.count(b"\n") + 1
        # Then no line can end within an object, so that as many objects as lines are one each.
        if not text.startswith(b"{") or not text.endswith(b"}"):
            return None
        if text.count(b"}\n{") != lines - 1:
            return None

        def originals(where: pl.Series) -> list[str]:
            every = text.split(b"\n")
            return [every[n].decode() for n in where]

        values = self._columns(text, lines)
        if values is None:
            return None
        start = self._rows_read + 1
        self._rows_read += lines
        numbers = pl.int_range(start, start + lines, dtype=pl.Int64, eager=True)
        return self._chunk(numbers, values, [], originals)

    def _columns(self, text: bytes, lines: int) -> Callable[[str], list[Any]] | None:
        """The values by column, or None if any line is not one object."""
        if not self.unknown_columns and not self._reading.renamed:
            records = _decoded(self._known, text)
            if records is not None:
                if len(records) != lines:
                    return None
                return lambda name: list(map(attrgetter(name), records))
        objects = _decoded(self._any, text)
        if objects is None or len(objects) != lines:
            return None
        self._note_unknown(objects)
        return self._values(objects)

    def _array(self, start: bytes) -> Iterator[_Row]:
        """The elements of a file that is one array. Raises FileRejected."""
        text = [start]
        size = len(start)
        for more in self._texts:
            text.append(more)
            size += len(more)
            if size > MAX_LINE_BYTES:
                raise FileRejected(
                    "file:unreadable",
                    f"It is one JSON array of more than {MAX_LINE_BYTES:,} bytes, which has to be "
                    "in memory as a whole: write an object a line, without brackets and commas.",
                )
        elements = array_of(b"".join(text))
        if elements is None:
            raise FileRejected(
                "file:unreadable", "It begins like one JSON array, but is not valid JSON."
            )
        return ((element, object_of(element)) for element in elements)

    def _chunks_of(self, rows: Iterator[_Row]) -> Iterator[Chunk]:
        """The rows, some at a time."""
        while some := list(islice(rows, self._most)):
            numbered = list(enumerate(some, self._rows_read + 1))
            self._rows_read += len(some)
            yield self._objects(
                [(number, text, found) for number, (text, found) in numbered if found is not None],
                [(number, text.decode()) for number, (text, found) in numbered if found is None],
            )

    def _objects(
        self, good: list[tuple[int, bytes, dict[str, Any]]], malformed: list[tuple[int, str]]
    ) -> Chunk:
        self._note_unknown([found for _, _, found in good])
        return self._chunk(
            pl.Series([number for number, _, _ in good], dtype=pl.Int64),
            self._values([found for _, _, found in good]),
            malformed,
            lambda where: [good[n][1].decode().strip() for n in where],
        )

    def names_in(self, text: bytes) -> tuple[set[str], list[str]]:
        """What `unknown_columns` and `unseen` would be of a text that is nothing but good lines."""
        objects: Any = self._any.decode_lines(text)
        reader = copy(self)
        reader.unknown_columns, reader.unseen = set(), self._reading.renamed
        reader._note_unknown(list(objects))
        return reader.unknown_columns, reader.unseen

    def _note_unknown(self, objects: list[dict[str, Any]]) -> None:
        keys: set[str] = set().union(*objects)
        self.unknown_columns.update(keys.difference(self._known_keys))
        if len(self.unknown_columns) > _MOST_UNKNOWN:
            # Where ids are keys, each row has others.
            self.unknown_columns = set(nsmallest(UNKNOWN_COLUMNS_KEPT, self.unknown_columns))
        self.unseen = [
            name
            for name in self.unseen
            if not any(self._reading.holds(each, name) for each in objects)
        ]

    def _values(self, objects: list[dict[str, Any]]) -> Callable[[str], list[Any]]:
        """The values of some objects by column."""
        paths, sources = self._reading.paths, self._reading.sources

        def of(name: str) -> list[Any]:
            if name in paths:
                return [self._reading.value_in(each, name) for each in objects]
            return [each.get(sources[name]) for each in objects]

        return of

    def _chunk(
        self,
        numbers: pl.Series,
        values: Callable[[str], list[Any]],
        malformed: list[tuple[int, str]],
        originals: Callable[[pl.Series], list[str]],
    ) -> Chunk:
        cells, written = {}, {}
        for name in self._reading.kinds:
            column = self._reading.without_null_values(values(name))
            cells[name] = self._reading.from_json(name, column)
            written[name] = len(column) - column.count(None)
        return Chunk(numbers, cells, malformed, originals, written)


def _begins_array(text: bytes, start: bytes) -> bool:
    """Whether the first line that is not empty, in which `start` begins, begins like an array
    of several lines.
    """
    before = text.removesuffix(start).rpartition(b"\n")[2]
    return (
        start.startswith(b"[")
        and not before.strip(JSON_BLANK)
        and not is_json(start.partition(b"\n")[0])
    )


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes) -> list[Any] | None:
    try:
        return decoder.decode_lines(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _lines(text: bytes) -> Iterator[_Row]:
    """The rows of lines."""
    for line in text.split(b"\n"):
        if not line.strip(BLANK):
            continue
        found = object_of(line)
        if found is not None:
            yield line, found
            continue
        objects = objects_of(line)
        if objects is None:
            yield line.rstrip(b"\r"), None
        else:
            # Decoded again: until all of the line was seen none counted, and they may be many.
            for each in objects:
                yield each, object_of(each)
