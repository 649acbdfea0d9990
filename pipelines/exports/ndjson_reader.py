"""The rows of an NDJSON file: one JSON object a line.

(specification, section 1: a malformed line)
"""

import json
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import msgspec
import pandera.polars as pa
import polars as pl

from pipelines.exports.json_values import UNREADABLE, Number, from_json
from pipelines.exports.quarantine import Chunk
from pipelines.exports.schemas import kinds

_BLANK = b" \t\r\n\x0b\x0c"


class NdjsonReader:
    """Reads the text of one NDJSON file, which comes in chunks of whole lines."""

    def __init__(self, schema: pa.DataFrameSchema, texts: Iterator[bytes]) -> None:
        self._kinds = kinds(schema)
        self._texts = texts
        self._rows_read = 0
        self.unknown_columns: set[str] = set()
        """Keys that the entity does not have, as far as the file was read."""
        known = msgspec.defstruct(
            "Known",
            [(name, Any, None) for name in self._kinds],
            forbid_unknown_fields=True,
            gc=False,
        )
        # Objects without unknown keys are decoded and turned into columns twice as fast.
        self._known = msgspec.json.Decoder(known, float_hook=Number)
        self._any = msgspec.json.Decoder(Any, float_hook=Number)

    def chunks(self) -> Iterator[Chunk]:
        """The rows of the file; nothing in an NDJSON file makes the whole of it bad."""
        for text in self._texts:
            if b"\r" in text:
                text = text.replace(b"\r\n", b"\n")
            yield self._parse_plain(text) or self._parse_lines(text)

    def _parse_plain(self, text: bytes) -> Chunk | None:
        """The rows of a text that is nothing but good lines, or None."""
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
        if not self.unknown_columns:
            records = _decoded(self._known, text)
            if records is not None:
                if len(records) != lines:
                    return None
                return lambda name: list(map(attrgetter(name), records))
        objects = _decoded(self._any, text)
        if objects is None or len(objects) != lines:
            return None
        self._note_unknown(objects)
        return lambda name: [each.get(name) for each in objects]

    def _parse_lines(self, text: bytes) -> Chunk:
        """The rows of lines of which some are blank or malformed."""
        numbers: list[int] = []
        objects: list[dict[str, Any]] = []
        good: list[bytes] = []
        malformed: list[tuple[int, str]] = []
        for line in text.split(b"\n"):
            if not line.strip(_BLANK):
                continue
            self._rows_read += 1
            found = self._object(line)
            if found is None:
                malformed.append((self._rows_read, line.decode().rstrip("\r")))
            else:
                numbers.append(self._rows_read)
                objects.append(found)
                good.append(line)
        self._note_unknown(objects)
        return self._chunk(
            pl.Series(numbers, dtype=pl.Int64),
            lambda name: [each.get(name) for each in objects],
            malformed,
            lambda where: [good[n].decode().strip() for n in where],
        )

    def _note_unknown(self, objects: list[dict[str, Any]]) -> None:
        keys: set[str] = set().union(*objects)
        self.unknown_columns.update(keys.difference(self._kinds))

    def _object(self, line: bytes) -> dict[str, Any] | None:
        try:
            found = self._any.decode(line)
        except (msgspec.DecodeError, RecursionError):
            found = _decoded_slowly(line)
        return found if isinstance(found, dict) else None

    def _chunk(
        self,
        numbers: pl.Series,
        values: Callable[[str], list[Any]],
        malformed: list[tuple[int, str]],
        originals: Callable[[pl.Series], list[str]],
    ) -> Chunk:
        cells = {name: from_json(kind, values(name)) for name, kind in self._kinds.items()}
        return Chunk(numbers, cells, malformed, originals)


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes) -> list[Any] | None:
    try:
        return decoder.decode_lines(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _decoded_slowly(line: bytes) -> Any:
    """What only Python's own decoder takes: numbers of thousands of digits, and escaped halves
    of surrogate pairs, which are JSON although no text can hold them. None for other lines.
    """

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        found = json.loads(
            line.decode(), parse_int=Number, parse_float=Number, parse_constant=refuse
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {_text(key, replace=True): _storable(value) for key, value in found.items()}


def _storable(value: Any) -> Any:
    if isinstance(value, list):
        return [_storable(element) for element in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str, replace: bool = False) -> Any:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode() if replace else UNREADABLE
    return text
