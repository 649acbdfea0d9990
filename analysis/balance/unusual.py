"""What lies far outside the rest, by a robust measure that the outliers themselves cannot move.

Plays per listener, track, producer or day differ by factors, so their logarithms are compared:
how far one lies from the median, in units of the spread of all (the median absolute deviation,
scaled so that it is the standard deviation where logarithms are normal; Iglewicz and Hoaglin,
1993).
"""

import math
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

#: Units of spread beyond which something stands out: of a million ordinary ones, less than one.
FAR = 5.0
#: No spread counts for less than this: where all are nearly the same, a tenth more is not far.
LEAST_SPREAD = 0.1
#: With fewer than this there is no telling what is ordinary.
LEAST_MEASURED = 10
#: Fewer plays than this differ by chance alone: no listener stands out by them, and no day is
#: judged that has so few around it.
LEAST_A_DAY = 30
#: A producer is judged who had plays on so many days, and so many of them.
LEAST_DAYS, LEAST_PLAYS = 10, 100
#: A track is judged that had so many plays of known listeners.
LEAST_TRACK_PLAYS = 30
#: A day is compared with the median of so many days around it.
WINDOW_DAYS = 29
_NORMAL_MEDIAN, _NORMAL_MEAN = 1.4826, 1.2533


@dataclass(frozen=True)
class Spread:
    """What is ordinary for some numbers > 0: their `median`, and the `scale` of their logarithms.

    `measured` is how many there were.
    """

    measured: int
    median: float
    scale: float

    @property
    def upper(self) -> float:
        """The number above which one stands out."""
        return self.median * math.exp(FAR * self.scale)

    @property
    def lower(self) -> float:
        """The number below which one stands out, where that is looked for."""
        return self.median * math.exp(-FAR * self.scale)

    def score(self, value: pl.Expr) -> pl.Expr:
        """How far numbers lie from the median, in units of spread; below it < 0."""
        return (value.cast(pl.Float64).log() - math.log(self.median)) / self.scale


def spread(values: pl.Series) -> Spread | None:
    """The median and the robust spread of numbers > 0; None if there are too few to tell.

    Where more than half are the same, their median deviation is 0, and the mean one is used.
    """
    if len(values) < LEAST_MEASURED:
        return None
    logs = values.cast(pl.Float64).log()
    middle = logs.median()
    assert isinstance(middle, float)
    deviations = (logs - middle).abs()
    median, mean = deviations.median(), deviations.mean()
    assert isinstance(median, float)
    assert isinstance(mean, float)
    scale = _NORMAL_MEDIAN * median or _NORMAL_MEAN * mean
    return Spread(len(values), math.exp(middle), max(scale, LEAST_SPREAD))


@dataclass(frozen=True)
class Outliers:
    """Those that stand out, the farthest first, with `value` and `score`; and what is ordinary.

    `spread` is None if there were too few to tell. `count` is how many stand out, `far` has their
    rows. `bins` counts all by value: from_value, until_value, count, far (those that stand out).
    """

    spread: Spread | None
    count: int
    far: pl.DataFrame
    bins: pl.DataFrame

    def head(self, most: int) -> "Outliers":
        """The same with the rows of the farthest only."""
        return replace(self, far=self.far.head(most))

    def told(self, about: pl.DataFrame, key: str) -> "Outliers":
        """The same with more columns for those whose rows are there."""
        return replace(self, far=self.far.join(about, on=key, how="left", maintain_order="left"))


def outliers(measured: pl.DataFrame, key: str, low: bool = False, least: float = 0) -> Outliers:
    """Those rows whose `value` (> 0) stands out: above the rest, or with `low` also below.

    None does that is below `least`. Any other columns are kept. `key` decides the order among equal
    scores.
    """
    ordinary = spread(measured["value"])
    score = pl.lit(None, pl.Float64) if ordinary is None else ordinary.score(pl.col("value"))
    scored = measured.with_columns(score.alias("score"))
    distance = pl.col("score").abs() if low else pl.col("score")
    is_far = ((distance > FAR) & (pl.col("value") >= least)).fill_null(False)
    far = scored.filter(is_far).sort(distance, key, descending=[True, False])
    return Outliers(ordinary, far.height, far, _bins(scored.select("value", is_far.alias("far"))))


def _bins(scored: pl.DataFrame) -> pl.DataFrame:
    """Counts by powers of two of the value."""
    power = pl.col("value").cast(pl.Float64).log(2).floor().alias("power")
    return (
        scored.group_by(power)
        .agg(pl.len().cast(pl.Int64).alias("count"), pl.col("far").sum().cast(pl.Int64))
        .sort("power")
        .select(
            pl.lit(2.0).pow(pl.col("power")).alias("from_value"),
            pl.lit(2.0).pow(pl.col("power") + 1).alias("until_value"),
            "count",
            "far",
        )
    )


def busy_listeners(listeners: pl.DataFrame) -> Outliers:
    """Listeners by their plays on their busiest day (`listening.Listening.listeners`)."""
    measured = listeners.with_columns(pl.col("best_day_plays").alias("value"))
    return outliers(measured, "listener_id", least=LEAST_A_DAY)


def repeated_tracks(tracks: pl.DataFrame) -> Outliers:
    """Tracks by plays for each listener and day (`listening.Listening.tracks`).

    1 = nobody played it twice on a day. Only tracks with LEAST_TRACK_PLAYS plays are judged.
    """
    judged = tracks.filter(pl.col("plays") >= LEAST_TRACK_PLAYS)
    value = pl.col("plays") / pl.col("listener_days")
    return outliers(judged.with_columns(value.alias("value")), "track_id")


def sudden_producers(ledger: pl.LazyFrame) -> Outliers:
    """Producers by how many times their average day with plays their busiest day is.

    producer_id, plays, days, best_day, best_day_plays, value, score. Only producers with LEAST_DAYS
    days and LEAST_PLAYS plays are judged.
    """
    measured = (
        ledger.filter(pl.col("source") == "play")
        .group_by("producer_id")
        .agg(
            pl.col("quantity").sum().alias("plays"),
            pl.len().cast(pl.Int64).alias("days"),
            pl.col("day")
            .sort_by("quantity", "day", descending=[True, False])
            .first()
            .alias("best_day"),
            pl.col("quantity").max().alias("best_day_plays"),
        )
        .filter((pl.col("days") >= LEAST_DAYS) & (pl.col("plays") >= LEAST_PLAYS))
        .with_columns((pl.col("best_day_plays") * pl.col("days") / pl.col("plays")).alias("value"))
        .collect()
    )
    return outliers(measured, "producer_id")


def odd_days(plays: pl.DataFrame, until: date) -> tuple[pl.DataFrame, Outliers]:
    """Days by their plays beside the median of the WINDOW_DAYS days around them, before `until`.

    `plays`: day, plays. Returns every day from the first one on (day, plays, usual, value), days
    without plays included, and those that stand out, above or below; judged are those with
    LEAST_A_DAY plays around them. One play is added on either side, so that a day without any has a
    value.
    """
    usual = pl.col("plays").rolling_median(WINDOW_DAYS, min_samples=1, center=True)
    known = plays.filter(pl.col("day") < until).sort("day")
    every = (
        (known if known.is_empty() else known.upsample("day", every="1d"))
        .with_columns(pl.col("plays").fill_null(0))
        .with_columns(usual.alias("usual"))
        .with_columns(((pl.col("plays") + 1) / (pl.col("usual") + 1)).alias("value"))
    )
    judged = every.filter(pl.col("usual") >= LEAST_A_DAY)
    return every, outliers(judged, "day", low=True)
