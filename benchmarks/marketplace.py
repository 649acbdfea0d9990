"""Seeded export files of any size: a marketplace whose plays follow a long tail.

Equal arguments give equal files. Few tracks have most plays, a third of all plays go to tracks of
the last month, a producer in five works with others. Some rows are bad, some come twice, some come
a day late, as in any export.
"""

import gzip
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

DAY_MS = 86_400_000
#: Full dumps of producers, tracks and credits: as many, evenly spread, the last on the last day.
DUMPS = 4
COLLABORATIONS = 5  # one track in so many
BAD_ROWS = 10_000  # one play in so many
REPEATED_ROWS = 1_000
LATE_DAYS = 16  # one daily file in so many begins with plays of the day before
NEW_TRACK_PLAYS = 0.3

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Marketplace:
    """What the export files hold. `plays` is the number of all plays over `days` days."""

    plays: int
    tracks: int = 2_000_000
    producers: int = 200_000
    days: int = 730
    first_day: date = date(2024, 1, 1)
    seed: int = 20_260_101

    @property
    def end(self) -> datetime:
        """The midnight after the last day: the as_of of the first refresh."""
        return datetime(*self.first_day.timetuple()[:3]) + timedelta(days=self.days)

    def day(self, number: int) -> date:
        """The date of a day; 0 is the first."""
        return self.first_day + timedelta(days=number)

    def plays_on(self, number: int) -> int:
        """Plays of a day: growth over the years, and quiet weekdays."""
        growth = 0.6 + 0.8 * number / self.days
        week = (0.93, 0.9, 0.9, 0.95, 1.08, 1.16, 1.08)[self.day(number).weekday()]
        return round(self.plays / self.days * growth * week)

    @cached_property
    def released_ms(self) -> Integers:
        """When each track was released, in the order of ids: from a year before the first day."""
        start = -365 * DAY_MS
        dice = np.random.default_rng([self.seed, 1])
        return np.sort(dice.integers(start, self.days * DAY_MS, self.tracks))

    @cached_property
    def popularity(self) -> npt.NDArray[np.float64]:
        """Running sums of how often each track is chosen.

        Good producers and lucky tracks: together they give the shares of a public playlist
        archive, where a tenth of the producers have about 60 percent of the plays.
        """
        dice = np.random.default_rng([self.seed, 2])
        luck = (1 - dice.random(self.tracks)) ** (-1 / 2)
        quality = np.exp(1.4 * dice.standard_normal(self.producers + 1))
        return np.cumsum(luck * quality[self.uploaders])

    @cached_property
    def uploaders(self) -> Integers:
        """The producer of each track: many have a few, a few have many."""
        dice = np.random.default_rng([self.seed, 3])
        ranks = (self.producers * dice.random(self.tracks) ** 2.4).astype(np.int64)
        return 1 + (ranks * 7_919) % self.producers

    def plays_between(self, number: int, count: int, from_ms: int, until_ms: int) -> pl.DataFrame:
        """Plays within a day, in the order of their times; ids are unique over all days."""
        dice = np.random.default_rng([self.seed, 4, number, from_ms])
        released = int(np.searchsorted(self.released_ms, number * DAY_MS))
        recent = int(np.searchsorted(self.released_ms, (number - 30) * DAY_MS))
        popular = np.searchsorted(
            self.popularity[:released], dice.random(count) * self.popularity[released - 1]
        )
        new = dice.integers(recent, max(released, recent + 1), count)
        track = np.where(dice.random(count) < NEW_TRACK_PLAYS, new, popular)
        time = np.sort(dice.integers(from_ms, until_ms, count)) + number * DAY_MS
        start = np.datetime64(self.first_day, "ms")
        first_id = number * 1_000_000_000 + from_ms * 10
        listeners = dice.integers(1, 10 * self.producers + 1, count)
        return pl.DataFrame(
            {
                "play_id": first_id + 1 + np.arange(count),
                "track_id": track + 1,
                "played_at": (start + time).astype("datetime64[us]"),
                "listener_id": listeners,
                "seconds_played": dice.integers(0, 240, count),
            }
        ).with_columns(
            pl.when(pl.Series(dice.random(count) >= 0.1)).then("listener_id").alias("listener_id")
        )

    def daily(self, number: int) -> pl.DataFrame:
        """One daily export file: with its bad rows, repeated rows and late rows."""
        plays = self.plays_between(number, self.plays_on(number), 0, DAY_MS)
        repeated = plays.gather_every(REPEATED_ROWS, 3).with_columns(pl.col("seconds_played") + 1)
        spoilt = pl.int_range(pl.len()) % BAD_ROWS == BAD_ROWS // 2
        parts = [
            plays.with_columns(pl.when(spoilt).then(0).otherwise("track_id").alias("track_id")),
            repeated,
        ]
        if number and number % LATE_DAYS == 0:
            before = self.plays_between(number - 1, self.plays_on(number - 1), 0, DAY_MS)
            parts.insert(0, before.gather_every(400, 9))
        return pl.concat(parts)

    def hourly(self, hour: int) -> pl.DataFrame:
        """The plays of an hour of the day after the last one."""
        count = self.plays_on(self.days) // 24
        hour_ms = DAY_MS // 24
        return self.plays_between(self.days, count, hour * hour_ms, (hour + 1) * hour_ms)

    def late(self, numbers: tuple[int, ...]) -> pl.DataFrame:
        """As many plays as an hour has, of some old days: half of them were never delivered."""
        count = max(1, self.plays_on(self.days) // 24 // len(numbers))
        parts = []
        for number in numbers:
            plays = self.plays_between(number, self.plays_on(number), 0, DAY_MS)
            again = plays.gather_every(2 * len(plays) // count)
            new = again.with_columns(
                pl.col("play_id") + 500_000_000,
                (pl.col("played_at") + pl.duration(seconds=1)).clip(
                    upper_bound=datetime(*self.day(number).timetuple()[:3])
                    + timedelta(days=1, microseconds=-1)
                ),
            )
            parts += [again, new]
        return pl.concat(parts)


def write(frame: pl.DataFrame, folder: Path, name: str, ending: str) -> Path:
    """Write an export file as its exporters would: `.parquet`, or `.csv.gz` with ISO times."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{ending}"
    if ending == ".parquet":
        frame.write_parquet(path)
    else:
        text = frame.with_columns(
            pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        ).write_csv()
        path.write_bytes(gzip.compress(text.encode(), 5, mtime=0))
    return path


def write_exports(market: Marketplace, exports: Path, ending: str = ".parquet") -> None:
    """Write everything up to the end of the last day below a folder."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        one = partial(_write_day, market, exports / "plays", ending)
        for _ in pool.map(one, range(market.days), chunksize=20):
            pass
    for entity, name, frame in _others(market):
        write(frame, exports / entity, name, ending)


def _write_day(market: Marketplace, folder: Path, ending: str, number: int) -> None:
    write(market.daily(number), folder, str(market.day(number)), ending)


def _others(market: Marketplace) -> Iterator[tuple[str, str, pl.DataFrame]]:
    uploaders = market.uploaders
    tracks = _tracks(market, uploaders)
    credits = _credits(market, uploaders)
    producers = _producers(market)
    for dump in range(1, DUMPS + 1):
        number = market.days * dump // DUMPS
        stamp = str(market.day(number - 1))
        moment = market.first_day + timedelta(days=number)
        grown = pl.col("profile_completion") + pl.col("producer_id") % 7 * (dump - DUMPS)
        yield (
            "producers",
            stamp,
            producers.filter(pl.col("joined_at") < moment).with_columns(
                grown.clip(0, 100).alias("profile_completion")
            ),
        )
        yield "tracks", stamp, tracks.filter(pl.col("updated_at") < moment)
        yield "credits", stamp, credits.filter(pl.col("credited_at") < moment)
    dice = np.random.default_rng([market.seed, 5])
    count = market.plays // 100
    earned = np.sort(dice.integers(0, market.days * DAY_MS, count))
    earnings = pl.DataFrame(
        {
            "earning_id": 1 + np.arange(count),
            "producer_id": 1 + dice.integers(0, market.producers, count),
            "amount_cents": dice.integers(99, 30_000, count)
            * np.where(dice.random(count) < 0.02, -1, 1),
            "earned_at": (np.datetime64(market.first_day, "ms") + earned).astype("datetime64[us]"),
        }
    )
    yield "earnings", "all", earnings
    few = market.producers // 40
    yield (
        "adjustments",
        "all",
        pl.DataFrame(
            {
                "adjustment_id": 1 + np.arange(few),
                "producer_id": 1 + dice.integers(0, market.producers, few),
                "xp": dice.integers(-500, 500, few) * 2 + 1,
                "adjusted_at": _moments(market, dice, few),
                "reason": ["contest"] * few,
            }
        ),
    )
    yield (
        "grants",
        "all",
        pl.DataFrame(
            {
                "grant_id": 1 + np.arange(few),
                "producer_id": 1 + dice.integers(0, market.producers, few),
                "achievement_id": ["editors-pick"] * few,
                "granted_at": _moments(market, dice, few),
            }
        ),
    )


def _moments(market: Marketplace, dice: np.random.Generator, count: int) -> Any:
    return (
        np.datetime64(market.first_day, "ms") + dice.integers(0, market.days * DAY_MS, count)
    ).astype("datetime64[us]")


def _tracks(market: Marketplace, uploaders: Integers) -> pl.DataFrame:
    dice = np.random.default_rng([market.seed, 6])
    released = np.datetime64(market.first_day, "ms") + market.released_ms
    chance = pl.Series(dice.random(market.tracks))
    shown = {
        "artwork": pl.format("covers/{}.jpg", "track_id"),
        "description": pl.format("A slow beat in the evening, number {}", "track_id"),
        "genres": pl.lit("hip hop"),
        "tags": pl.lit("dark, slow, evening"),
        "bpm": 60 + pl.col("track_id") % 120,
        "musical_key": pl.lit("A"),
        "scale": pl.lit("minor"),
        "collection": pl.format("Volume {}", pl.col("track_id") % 40),
    }
    return pl.DataFrame(
        {
            "track_id": 1 + np.arange(market.tracks),
            "producer_id": uploaders,
            "published_at": released.astype("datetime64[us]"),
            "chance": chance,
        }
    ).select(
        "track_id",
        "producer_id",
        pl.format("Beat {}", "track_id").alias("title"),
        pl.when(pl.col("chance") < 0.02)
        .then(pl.lit("removed"))
        .otherwise(pl.lit("published"))
        .alias("status"),
        "published_at",
        (pl.col("published_at") + pl.duration(hours=1)).alias("updated_at"),
        *(
            pl.when((pl.col("chance") * 997 * (n + 1)) % 1 < 0.9).then(value).alias(name)
            for n, (name, value) in enumerate(shown.items())
        ),
    )


def _credits(market: Marketplace, uploaders: Integers) -> pl.DataFrame:
    dice = np.random.default_rng([market.seed, 7])
    where = np.arange(0, market.tracks, COLLABORATIONS)
    others = (uploaders[where] + dice.integers(1, 50, len(where))) % market.producers + 1
    delay = dice.integers(0, 10 * DAY_MS, len(where))
    credited = np.datetime64(market.first_day, "ms") + market.released_ms[where] + delay
    return pl.DataFrame(
        {
            "track_id": 1 + where,
            "producer_id": others,
            "credited_at": credited.astype("datetime64[us]"),
        }
    )


def _producers(market: Marketplace) -> pl.DataFrame:
    dice = np.random.default_rng([market.seed, 8])
    count = market.producers
    joined = np.datetime64(market.first_day, "ms") - dice.integers(0, 365 * DAY_MS, count)
    return pl.DataFrame(
        {
            "producer_id": 1 + np.arange(count),
            "joined_at": joined.astype("datetime64[us]"),
            "profile_completion": dice.integers(60, 101, count),
            "user_id": 1 + np.arange(count),
            "chance": dice.random(count),
        }
    ).select(
        "producer_id",
        pl.format("Producer {}", "producer_id").alias("display_name"),
        "joined_at",
        "profile_completion",
        pl.when(pl.col("chance") < 0.01)
        .then(pl.lit("suspended"))
        .otherwise(pl.lit("active"))
        .alias("status"),
        "user_id",
    )
