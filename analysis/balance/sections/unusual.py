"""Plays that look unnatural."""

from collections.abc import Iterator

import polars as pl

from analysis.balance import charts
from analysis.balance.report import MOST_LISTED, Balance, Unavailable
from analysis.balance.unusual import (
    FAR,
    LEAST_A_DAY,
    LEAST_DAYS,
    LEAST_PLAYS,
    LEAST_TRACK_PLAYS,
    WINDOW_DAYS,
    Outliers,
)
from analysis.document.blocks import (
    Block,
    Heading,
    Text,
    Untellable,
    bare,
    drawing,
    grid,
    percent,
    plural,
    section,
    whole,
)


@section("unusual", "Plays that look unnatural")
def unusual_plays(figures: Balance) -> Iterator[Block]:
    """Listeners, tracks, producers and days that lie far outside the rest."""
    yield Text(
        "Something stands out if the logarithm of its number lies more than "
        f"{FAR:.0f} spreads from the median. The spread is the median absolute deviation times "
        "1.4826 (where that is 0 the mean one times 1.2533), so outliers cannot hide "
        "themselves. It is a reason to look, not a verdict: a song that is suddenly famous "
        "stands out too."
    )
    yield Heading("Listeners")
    yield from _listeners(figures)
    yield Heading("Tracks")
    yield from _tracks(figures)
    yield Heading("Producers")
    yield from _producers(figures)
    yield Heading("Days")
    yield from _days(figures)


def _listeners(figures: Balance) -> Iterator[Block]:
    yield Text(
        "By their plays on their busiest day. All plays that were delivered count, also "
        "those that earned nobody anything; a repeat is a play of a track by somebody who played "
        f"it before on that day. Below {LEAST_A_DAY} plays nobody stands out."
    )
    found = figures.unusual.listeners
    if isinstance(found, Unavailable):
        yield Untellable(found.why)
        return
    yield _judged(found, "listener", "plays on the busiest day", LEAST_A_DAY)
    if not found.bins.is_empty():
        yield drawing(
            "Bars of listeners by plays on the busiest day.",
            charts.spread_of,
            found.bins,
            "Plays on the busiest day (from)",
            "Listeners",
        )
        yield grid(
            found.bins,
            "Listeners by plays on the busiest day",
            from_value=("From", whole),
            until_value=("Below", whole),
            count="Listeners",
            far="Stand out",
        )
    if found.count:
        numbers = ("best_day_plays", "score", "best_day", "plays", "days", "repeats", "tracks")
        favourite = pl.col("producer_plays") / pl.col("plays")
        yield grid(
            found.far.select(
                "listener_id",
                *numbers,
                _name(figures).alias("plays_most"),
                favourite.alias("of_all_plays"),
            ),
            _standing_out(found, "Listeners"),
            listener_id="Listener",
            best_day_plays="Plays that day",
            score="Spreads",
            best_day="Busiest day",
            plays="Plays in all",
            of_all_plays=percent,
        )


def _tracks(figures: Balance) -> Iterator[Block]:
    yield Text(
        "By plays for each listener and day: 1 means that nobody played it twice on a day. "
        f"Judged are tracks with {LEAST_TRACK_PLAYS} plays of known listeners."
    )
    found = figures.unusual.tracks
    if isinstance(found, Unavailable):
        yield Untellable(found.why)
        return
    yield _judged(found, "track", "plays for each listener and day")
    if found.count:
        uploader = _name(figures).alias("uploader")
        numbers = ("value", "score", "plays", "listener_days")
        yield grid(
            found.far.select("track_id", *numbers, uploader, "producer_id").with_columns(
                *figures.told_ids(found.far)
            ),
            _standing_out(found, "Tracks"),
            track_id="Track",
            value="Plays per listener and day",
            score="Spreads",
            listener_days="Listeners' days",
            producer_id="Id",
        )


def _producers(figures: Balance) -> Iterator[Block]:
    found = figures.unusual.producers
    yield Text(
        "By how many times their average day with plays their busiest day was, from "
        f"the ledger. Judged are those with {LEAST_DAYS} days and {LEAST_PLAYS} plays."
    )
    yield _judged(found, "producer", "times the average day")
    if found.count:
        producer = _name(figures).alias("producer")
        numbers = ("value", "score", "best_day", "best_day_plays", "plays", "days")
        yield grid(
            found.far.select(producer, "producer_id", *numbers).with_columns(
                *figures.told_ids(found.far)
            ),
            _standing_out(found, "Producers"),
            producer_id="Id",
            value="Times the average",
            score="Spreads",
            best_day="Busiest day",
            best_day_plays="Plays that day",
            plays="Plays in all",
            days="Days with plays",
        )


def _days(figures: Balance) -> Iterator[Block]:
    found, days = figures.unusual.odd_days, figures.unusual.days
    yield Text(
        "By the plays that counted (once for each earner) beside the median of the "
        f"{WINDOW_DAYS} days around them, above or below; the day of as_of only if it is over. "
        f"Judged are days with {LEAST_A_DAY} plays around them. A day far below is often an "
        "export that is missing."
    )
    yield _judged(found, "day", "times the days around", low=True)
    if not days.is_empty():
        yield drawing(
            "A line of plays by day, with points at the days that stand out.",
            charts.plays_by_day,
            days,
            found.far,
        )
    if found.count:
        yield grid(
            found.far.select("day", "plays", "usual", "value", "score"),
            _standing_out(found, "Days"),
            usual=("Around it", whole),
            value="Times",
            score="Spreads",
        )
    plays = pl.col("plays")
    months = days.group_by(pl.col("day").dt.month_start().alias("month")).agg(
        plays.sum(),
        plays.min().alias("least_on_a_day"),
        plays.median().alias("median_day"),
        plays.max().alias("most_on_a_day"),
    )
    if not months.is_empty():
        yield grid(months.sort("month"), "Plays by month", median_day=whole)


def _judged(found: Outliers, thing: str, unit: str, least: float = 0, low: bool = False) -> Text:
    """How many stand out, and what is ordinary."""
    if found.spread is None:
        return Text(f"There are too few {thing}s to tell what is ordinary.")
    ordinary = found.spread
    limit = (
        f"at least {bare(least)}" if least > ordinary.upper else f"more than {bare(ordinary.upper)}"
    )
    if low:
        limit += f", or less than {bare(ordinary.lower)}"
    return Text(
        f"{found.count:,} of {plural(ordinary.measured, thing)} "
        f"{'stands' if found.count == 1 else 'stand'} out: {limit} {unit}, where the "
        f"median is {bare(ordinary.median)}."
    )


def _standing_out(found: Outliers, things: str) -> str:
    """The caption of the table of those that stand out."""
    first = "" if found.count <= MOST_LISTED else f", the first {MOST_LISTED} of {found.count:,}"
    return f"{things} that stand out{first}"


def _name(figures: Balance) -> pl.Expr:
    """The display name of a row's producer_id."""
    return pl.col("producer_id").replace_strict(figures.names, default=None, return_dtype=pl.String)
