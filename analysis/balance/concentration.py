"""How unevenly something is spread over producers: Lorenz curve, Gini coefficient, top shares."""

from collections.abc import Sequence

import numpy as np
import polars as pl

#: The richest producers, in percent, whose share is told.
TOP_PERCENTS = (0.1, 1.0, 5.0, 10.0, 20.0, 50.0)
_POINTS = 100


def gini(values: pl.Series) -> float | None:
    """The Gini coefficient of numbers >= 0: 0 = all the same, near 1 = one has everything.

    Half of the mean difference between any two, relative to the mean. None if the sum is 0.
    """
    ordered = values.sort().to_numpy().astype(np.float64)
    total = ordered.sum()
    if not total:
        return None
    count = len(ordered)
    ranks = np.arange(1, count + 1)
    return float(2 * (ranks * ordered).sum() / (count * total) - (count + 1) / count)


def lorenz(values: pl.Series) -> pl.DataFrame:
    """The Lorenz curve of numbers >= 0: the poorest `producers` have this `share` together.

    Both go from 0 to 1. 101 points, interpolated between producers; none if the sum is 0.
    """
    schema = pl.Schema({"producers": pl.Float64(), "share": pl.Float64()})
    running = np.concatenate([[0.0], np.cumsum(values.sort().to_numpy().astype(np.float64))])
    if not running[-1]:
        return pl.DataFrame(schema=schema)
    places = np.linspace(0, 1, _POINTS + 1)
    have = np.interp(places * len(values), np.arange(len(running)), running / running[-1])
    return pl.DataFrame({"producers": places, "share": have}, schema=schema)


def top_shares(values: pl.Series, percents: Sequence[float] = TOP_PERCENTS) -> pl.DataFrame:
    """What share of the sum the richest few percent have: percent, producers, share (0 to 1).

    The number of producers is rounded up, so that there is always one. The share is null if the
    sum is 0.
    """
    ordered = values.sort(descending=True)
    total = int(ordered.sum())
    rows = []
    for percent in percents:
        # In thousandths of a percent, so that whole numbers decide.
        few = -(-len(ordered) * round(percent * 1_000) // 100_000)
        rows.append((percent, few, int(ordered.head(few).sum()) / total if total else None))
    schema = {"percent": pl.Float64(), "producers": pl.Int64(), "share": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")
