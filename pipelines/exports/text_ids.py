"""Ids that are texts, such as UUIDs: which integers stand for them.

(specification, section 1: `text_ids`)
"""

import hashlib
from typing import Final

import polars as pl

from pipelines.exports.cells import NOT_BLANK, WRONG_TYPE, Cells, faults_where

#: The column of kept rows that holds the text of their id.
TEXT_ID = "text_id"
#: Entities of which the texts of ids are kept.
NAMED: Final = ("producers", "tracks")


def id_of(text: str) -> int:
    """The integer that stands for a text: the first 63 bits of its SHA-256, or 1 if they are 0."""
    first = hashlib.sha256(text.encode()).digest()[:8]
    return int.from_bytes(first) >> 1 or 1


def ids_from_text(texts: pl.Series) -> Cells:
    """The ids of a column of texts; a blank one is none."""
    written = texts.str.contains(NOT_BLANK)
    named = pl.select(pl.when(written).then(texts)).to_series()
    # The same listener comes often, and hashing is what takes the time.
    distinct = named.drop_nulls().unique()
    ids = pl.Series(map(id_of, distinct), dtype=pl.Int64)
    values = named.replace_strict(distinct, ids, default=None, return_dtype=pl.Int64)
    return Cells(values.alias(texts.name), faults_where(~written, WRONG_TYPE), named)


def two_of_one_id(ids: pl.Series, texts: pl.Series) -> tuple[str, str] | None:
    """Two different texts that have the same id, if there are such."""
    pairs = pl.DataFrame({"id": ids, "text": texts}).drop_nulls().unique()
    twice = pairs.filter(pl.col("id").is_duplicated()).sort("id", "text")
    return None if twice.is_empty() else (twice["text"][0], twice["text"][1])
