"""Plays that look unnatural."""

from functools import partial

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
    Drawing,
    Heading,
    Section,
    Text,
    Untellable,
    bare,
    day,
    decimal,
    month,
    percent,
    plural,
    table,
    text,
    whole,
)


def unusual_plays(figures: Balance) -> Section:
    """Listeners, tracks, producers and days that lie far outside the rest."""
    blocks: list[Block] = [
        Text(
            "Something stands out if the logarithm of its number lies more than "
            f"{FAR:.0f} spreads from the median. The spread is the median absolute deviation times "
            "1.4826 (where that is 0 the mean one times 1.2533), so outliers cannot hide "
            "themselves. It is a reason to look, not a verdict: a song that is suddenly famous "
            "stands out too."
        ),
        Heading("Listeners"),
        *_listeners(figures),
        Heading("Tracks"),
        *_tracks(figures),
        Heading("Producers"),
        *_producers(figures),
        Heading("Days"),
        *_days(figures),
    ]
    return Section("unusual", "Plays that look unnatural", blocks)


def _listeners(figures: Balance) -> list[Block]:
    said = Text(
        "By their plays on their busiest day. All plays that were delivered count, also "
        "those that earned nobody anything; a repeat is a play of a track by somebody who played "
        f"it before on that day. Below {LEAST_A_DAY} plays nobody stands out."
    )
    found = figures.unusual.listeners
    if isinstance(found, Unavailable):
        return [said, Untellable(found.why)]
    favourite = (pl.col("producer_plays") / pl.col("plays")).alias("favourite")
    return [
        said,
        *_judged(found, "listener", "plays on the busiest day", LEAST_A_DAY),
        *_spread(found, "Plays on the busiest day (from)", "Listeners"),
        *_listed(
            found,
            "listeners",
            _named(found.far, figures).with_columns(favourite),
            listener_id=("Listener", str),
            best_day_plays=("Plays that day", whole),
            score=("Spreads", decimal),
            best_day=("Busiest day", day),
            plays=("Plays in all", whole),
            days=("Days", whole),
            repeats=("Repeats", whole),
            tracks=("Tracks", whole),
            name=("Plays most", text),
            favourite=("Of all plays", percent),
        ),
    ]


def _tracks(figures: Balance) -> list[Block]:
    said = Text(
        "By plays for each listener and day: 1 means that nobody played it twice on a day. "
        f"Judged are tracks with {LEAST_TRACK_PLAYS} plays of known listeners."
    )
    found = figures.unusual.tracks
    if isinstance(found, Unavailable):
        return [said, Untellable(found.why)]
    return [
        said,
        *_judged(found, "track", "plays for each listener and day"),
        *_listed(
            found,
            "tracks",
            _named(found.far, figures),
            track_id=("Track", str),
            value=("Plays per listener and day", decimal),
            score=("Spreads", decimal),
            plays=("Plays", whole),
            listener_days=("Listeners' days", whole),
            name=("Uploader", text),
            producer_id=("Id", str),
        ),
    ]


def _producers(figures: Balance) -> list[Block]:
    found = figures.unusual.producers
    return [
        Text(
            "By how many times their average day with plays their busiest day was, from "
            f"the ledger. Judged are those with {LEAST_DAYS} days and {LEAST_PLAYS} plays."
        ),
        *_judged(found, "producer", "times the average day"),
        *_listed(
            found,
            "producers",
            _named(found.far, figures),
            name=("Producer", text),
            producer_id=("Id", str),
            value=("Times the average", decimal),
            score=("Spreads", decimal),
            best_day=("Busiest day", day),
            best_day_plays=("Plays that day", whole),
            plays=("Plays in all", whole),
            days=("Days with plays", whole),
        ),
    ]


def _days(figures: Balance) -> list[Block]:
    found, days = figures.unusual.odd_days, figures.unusual.days
    blocks: list[Block] = [
        Text(
            "By the plays that counted (once for each earner) beside the median of the "
            f"{WINDOW_DAYS} days around them, above or below; the day of as_of only if it is over. "
            f"Judged are days with {LEAST_A_DAY} plays around them. A day far below is often an "
            "export that is missing."
        ),
        *_judged(found, "day", "times the days around", low=True),
    ]
    if not days.is_empty():
        blocks.append(
            Drawing(
                "A line of plays by day, with points at the days that stand out.",
                partial(charts.plays_by_day, days, found.far),
            )
        )
    blocks += _listed(
        found,
        "days",
        found.far,
        day=("Day", day),
        plays=("Plays", whole),
        usual=("Around it", whole),
        value=("Times", decimal),
        score=("Spreads", decimal),
    )
    months = days.group_by(pl.col("day").dt.month_start().alias("month")).agg(
        pl.col("plays").sum(),
        pl.col("plays").min().alias("least"),
        pl.col("plays").median().alias("median"),
        pl.col("plays").max().alias("most"),
    )
    if not months.is_empty():
        blocks.append(
            table(
                months.sort("month"),
                "Plays by month",
                month=("Month", month),
                plays=("Plays", whole),
                least=("Least on a day", whole),
                median=("Median day", whole),
                most=("Most on a day", whole),
            )
        )
    return blocks


def _judged(
    found: Outliers, thing: str, unit: str, least: float = 0, low: bool = False
) -> list[Block]:
    """How many stand out, and what is ordinary."""
    if found.spread is None:
        return [Text(f"There are too few {thing}s to tell what is ordinary.")]
    ordinary = found.spread
    limit = (
        f"at least {bare(least)}" if least > ordinary.upper else f"more than {bare(ordinary.upper)}"
    )
    if low:
        limit += f", or less than {bare(ordinary.lower)}"
    return [
        Text(
            f"{found.count:,} of {plural(ordinary.measured, thing)} "
            f"{'stands' if found.count == 1 else 'stand'} out: {limit} {unit}, where the "
            f"median is {bare(ordinary.median)}."
        )
    ]


def _spread(found: Outliers, title: str, counted: str) -> list[Block]:
    """The distribution, with its table."""
    if found.bins.is_empty():
        return []
    by = title.removesuffix(" (from)").lower()
    return [
        Drawing(
            f"Bars of {counted.lower()} by {by}.",
            partial(charts.spread_of, found.bins, title, counted),
        ),
        table(
            found.bins,
            f"{counted} by {by}",
            from_value=("From", whole),
            until_value=("Below", whole),
            count=(counted, whole),
            far=("Stand out", whole),
        ),
    ]


def _listed(found: Outliers, things: str, far: pl.DataFrame, **columns: object) -> list[Block]:
    """Those that stand out, with the numbers that say so."""
    if not found.count:
        return []
    first = "" if found.count <= MOST_LISTED else f", the first {MOST_LISTED} of {found.count:,}"
    caption = f"{things.capitalize()} that stand out{first}"
    return [table(far, caption, **columns)]  # type: ignore[arg-type]


def _named(far: pl.DataFrame, figures: Balance) -> pl.DataFrame:
    """Rows with `name`, the display name of their producer_id, and ids as people know them."""
    name = pl.col("producer_id").replace_strict(figures.names, default=None, return_dtype=pl.String)
    return far.with_columns(name.alias("name"), *figures.told_ids(far))
