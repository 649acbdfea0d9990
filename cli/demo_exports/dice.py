"""Seeded numbers: the same on every machine, one stream for each thing they decide."""

import hashlib
import random
from collections.abc import Sequence

import polars as pl


class Dice:
    """Uniform numbers from a seed, the name of what they decide, and the row (splitmix64)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def random(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{what}")

    def roll(self, what: str, rows: int) -> pl.Series:
        """``rows`` numbers from 0 up to but not including 1."""
        digest = hashlib.sha256(f"{self.seed}/{what}".encode()).digest()
        start = _word(int.from_bytes(digest[:8]))
        mixed = pl.int_range(rows, dtype=pl.UInt64) * _word(0x9E3779B97F4A7C15) + start
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed // _word(1 << shift))) * _word(factor)
        mixed = mixed ^ (mixed // _word(1 << 31))
        unit = (mixed // _word(1 << 11)).cast(pl.Float64) / 2.0**53
        return pl.select(unit.alias(what)).to_series()

    def choose(self, what: str, rows: int, weights: pl.Series) -> pl.Series:
        """``rows`` positions in ``weights``, each as often as its weight says."""
        upto = weights.cum_sum()
        positions: pl.Series = upto.search_sorted(self.roll(what, rows) * upto[-1], side="right")
        return positions

    def pick(self, what: str, rows: int, words: Sequence[object]) -> pl.Series:
        positions = (self.roll(what, rows) * len(words)).cast(pl.Int64)
        return pl.Series(what, words)[positions]


def _word(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)
