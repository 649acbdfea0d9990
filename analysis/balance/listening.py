"""Who listened to what, counted day by day: bounded memory, however long the history is.

A *repeat* is a play by a listener of a track that the same listener played before on that day.
Every play counts here that was delivered and is before as_of, re-deliveries taken away, whether or
not the rulebook's [plays] rules let it count. Plays without a listener are left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions, run_starts
from pipelines.tables import COUNT, DAY, ID

#: What is needed of a play.
PLAY = pl.Schema({"track_id": ID, "listener_id": ID})
#: The plays of one day.
DayOfPlays = tuple[date, pl.DataFrame]
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Listening:
    """What was counted of every listener, and of every track that was played.

    `listeners`: listener_id, plays, repeats, days (on which there were any), best_day_plays and
    best_day (the earliest with so many). `tracks`: track_id, plays, listener_days (the pairs of a
    listener and a day on which that listener played it). Both ascend by id.
    """

    listeners: pl.DataFrame
    tracks: pl.DataFrame


def listening(days: Iterable[DayOfPlays], listeners: pl.Series, tracks: pl.Series) -> Listening:
    """Count the plays (PLAY) of some days, which ascend.

    `listeners` and `tracks`: all ids that there may be, ascending, each once.
    """
    # Ids are looked up once, and what is counted of them stands in arrays that are indexed by it.
    who, what = Positions(listeners.to_numpy()), Positions(tracks.to_numpy())
    plays, repeats, active, best, best_day = np.zeros((5, who.count + 1), dtype=np.int64)
    track_plays, listener_days = np.zeros((2, what.count + 1), dtype=np.int64)
    for day, frame in days:
        known = frame.drop_nulls("listener_id")
        # A listener and a track as one number: sorting finds what is the same.
        pairs = who.find(known["listener_id"].to_numpy()) * (what.count + 1)
        pairs += what.find(known["track_id"].to_numpy())
        pairs.sort()
        starts = run_starts(pairs)
        times = np.diff(starts, append=len(pairs))
        listener, track = np.divmod(pairs[starts], what.count + 1)
        np.add.at(track_plays, track, times)
        np.add.at(listener_days, track, 1)
        firsts = run_starts(listener)
        if not len(firsts):
            continue
        someone, today = listener[firsts], np.add.reduceat(times, firsts)
        plays[someone] += today
        repeats[someone] += today - np.diff(firsts, append=len(listener))
        active[someone] += 1
        busier = today > best[someone]
        best[someone[busier]] = today[busier]
        best_day[someone[busier]] = (day - _EPOCH).days
    heard, played = np.flatnonzero(plays), np.flatnonzero(track_plays)
    return Listening(
        pl.DataFrame(
            {
                "listener_id": who.ids(heard),
                "plays": plays[heard],
                "repeats": repeats[heard],
                "days": active[heard],
                "best_day_plays": best[heard],
                "best_day": pl.Series(best_day[heard].astype(np.int32)).cast(DAY),
            }
        ),
        pl.DataFrame(
            {
                "track_id": what.ids(played),
                "plays": track_plays[played],
                "listener_days": listener_days[played],
            }
        ),
    )


def favourites(plays: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """What some listeners play: listener_id, tracks, producer_id, producer_plays.

    `plays` has all of theirs (PLAY), `tracks` says who uploaded what (track_id, producer_id). The
    last two columns are the uploader whom a listener plays most, and how often; null if all tracks
    are unknown.
    """
    known = plays.join(tracks, on="track_id", how="left")
    favourite = (
        known.filter(pl.col("producer_id").is_not_null())
        .group_by("listener_id", "producer_id")
        .agg(pl.len().cast(COUNT).alias("producer_plays"))
        .sort("listener_id", "producer_plays", "producer_id", descending=[False, True, False])
        .unique("listener_id", keep="first", maintain_order=True)
    )
    played = known.group_by("listener_id").agg(
        pl.col("track_id").n_unique().cast(COUNT).alias("tracks")
    )
    return played.join(favourite, on="listener_id", how="left").sort("listener_id")
