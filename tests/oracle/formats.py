"""The bytes of one export file as rows of raw cells (specification, section 1, "Export files")."""

import bz2
import zlib
from dataclasses import replace
from typing import Protocol

import zstandard

from .json_texts import json_rows
from .parquet import parquet_rows
from .raw import PLAIN, BadFileError, Dialect, RawRow
from .separated import separated_rows

_COMPRESSIONS = ("", ".gz", ".zst", ".bz2")
_ENDINGS = {
    "parquet": (".parquet",),
    "csv": tuple(f".csv{end}" for end in _COMPRESSIONS),
    "tsv": tuple(f".tsv{end}" for end in _COMPRESSIONS),
    "json": tuple(f".{n}{end}" for n in ("ndjson", "jsonl", "json") for end in _COMPRESSIONS),
}


class _Stream(Protocol):
    """A decompressor of one member, frame or stream."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def format_of(name: str) -> str | None:
    """`parquet`, `csv`, `tsv` or `json` by the ending of a file name; None for any other ending."""
    return next((known for known, ends in _ENDINGS.items() if name.endswith(ends)), None)


def rows_of(
    name: str, content: bytes, required: list[str], wanted: list[str], dialect: Dialect = PLAIN
) -> list[RawRow]:
    """The rows of one file in order; BadFileError if it has to be rejected whole.

    `required` and `wanted` columns are as files name them; in Parquet and JSON, a name that is no
    column is a dotted path. A row of a Parquet file has what a path leads to under the path.
    """
    kind = format_of(name)
    if kind == "parquet":
        return parquet_rows(content, required, wanted)
    text = _text_of(name, content)
    if kind == "json":
        return json_rows(text)
    if kind == "tsv":
        dialect = replace(dialect, delimiter="\t")
    return separated_rows(text, dialect, required)


def _text_of(name: str, content: bytes) -> str:
    if name.endswith((".gz", ".zst", ".bz2")):
        content = _decompressed(name, content)
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise BadFileError("file:encoding") from None


def _new_stream(name: str) -> _Stream:
    if name.endswith(".gz"):
        # 16 more than the largest window asks for gzip's header and checksum.
        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    if name.endswith(".bz2"):
        return bz2.BZ2Decompressor()
    return zstandard.ZstdDecompressor().decompressobj()


def _decompressed(name: str, content: bytes) -> bytes:
    """All members, frames or streams of a file, of which there is at least one."""
    parts: list[bytes] = []
    while content or not parts:
        if name.endswith(".gz"):
            # Flags of its header that mean nothing: what the checksum proves is not damaged.
            content = content[:3] + bytes(flags & 0x1F for flags in content[3:4]) + content[4:]
        stream = _new_stream(name)
        try:
            parts.append(stream.decompress(content))
        except (zlib.error, OSError, EOFError, zstandard.ZstdError):
            raise BadFileError("file:unreadable") from None
        if not stream.eof:
            raise BadFileError("file:unreadable")
        content = stream.unused_data
    return b"".join(parts)
