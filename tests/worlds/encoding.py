"""Rows as the bytes of one export file, in any format and compression."""

import bz2
import gzip
from collections.abc import Sequence
from random import Random

import zstandard

from .chance import Chance
from .columns import KINDS, OPTIONAL, Line
from .json_texts import json_text
from .parquet import parquet_file
from .separated import separated_text

ENDINGS = (
    ".parquet",
    ".parquet",
    ".csv",
    ".csv",
    ".csv.gz",
    ".csv.zst",
    ".ndjson",
    ".ndjson.gz",
    ".ndjson.zst",
    ".jsonl",
    ".jsonl.gz",
    ".jsonl.zst",
)
_FOREIGN_ENDINGS = (
    ".snappy.parquet",
    ".csv.bz2",
    ".tsv",
    ".tsv",
    ".tsv.gz",
    ".tsv.zst",
    ".tsv.bz2",
    ".json",
    ".json",
    ".json.gz",
    ".json.zst",
    ".json.bz2",
    ".ndjson.bz2",
    ".jsonl.bz2",
)
_SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18\x04\x00\x00\x00junk"


def some_ending(rng: Chance) -> str:
    """The ending of a file's name: its format and compression."""
    plain = rng.choice(ENDINGS)
    return rng.notations.choice(_FOREIGN_ENDINGS) if rng.foreignly(0.5) else plain


def encode(rng: Chance, entity: str, lines: Sequence[Line], name: str) -> bytes:
    """The content of a file whose ending says its format and compression."""
    columns = [c for c in KINDS[entity] if c not in OPTIONAL[entity] or rng.random() < 0.95]
    rng.shuffle(columns)
    if name.endswith(".parquet"):
        return parquet_file(rng, entity, lines, columns)
    if ".csv" in name or ".tsv" in name:
        delimiter = "," if ".csv" in name else "\t"
        text = separated_text(rng, entity, lines, columns, delimiter)
    else:
        text = json_text(rng, entity, lines, columns)
    content = text.encode("utf-8")
    if rng.foreignly(0.3):
        return _in_pieces(rng.notations, content, name)
    return compress(content, name)


def compress(content: bytes, name: str) -> bytes:
    """The content as the ending of the name asks for it, the same bytes every time."""
    if name.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(content)
    if name.endswith(".bz2"):
        return bz2.compress(content)
    return content


def _in_pieces(rng: Random, content: bytes, name: str) -> bytes:
    """The content as several members, frames or streams, which may be cut within a character."""
    cuts = sorted(rng.randrange(len(content) + 1) for _ in range(rng.choice((1, 2, 5))))
    ends = zip([0, *cuts], [*cuts, len(content)], strict=True)
    pieces = [compress(content[start:end], name) for start, end in ends]
    if name.endswith(".zst") and rng.random() < 0.5:
        pieces.insert(rng.randrange(len(pieces) + 1), _SKIPPABLE_FRAME)
    return b"".join(pieces)
