"""A made-up marketplace: eighteen months of export files for trying things out.

The same arguments always give the same files. Everything the export format allows is somewhere
(specification, section 1): all formats and compressions, partial and repeated deliveries,
corrections, full dumps over time, and a little of each kind of bad input.
"""

import gzip
import hashlib
import io
import math
import random
import shutil
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import zstandard

# The achievements of rules/beatpass.toml that people hand out.
GRANTED = ("editors-pick", "battle-winner", "community-hero", "bug-hunter", "hall-of-fame")

MONTHS = 18
ENDINGS = (".csv", ".ndjson", ".csv.gz", ".parquet", ".ndjson.zst", ".csv.zst", ".ndjson.gz")
FIELDS = ("artwork", "description", "genres", "tags", "bpm", "musical_key", "scale", "collection")

COLOURS = (
    "Amber Velvet Neon Midnight Golden Hollow Silver Crimson Lunar Dusty Electric Quiet Copper "
    "Paper Violet Stray Tidal Wild Marble Frozen Honey Static Saffron Distant Broken Sunday"
)
THINGS = (
    "Tape Lantern Harbour Kick Mirage Parade Echo Vinyl River Circuit Garden Subway Comet Letter "
    "Staircase Mango Signal Orchid Engine Balcony Satellite Pigeon Rooftop Compass Kettle Tide"
)
PEOPLE = (
    "Ada Bruno Chidi Dalia Emeka Femi Greta Hana Ines Jonas Kofi Lucía Mirek Nadia Oskar Priya "
    "Quinn Rosa Søren Tariq Uma Viktor Wren Ximena Yara Zoë"
)
GENRES = "Boom-bap Trap House Drill Lo-fi Afrobeats R&B Jungle Amapiano Synthwave Dub Footwork"
TAGS = "warm dark late dusty bouncy 808 vinyl summer sad club slow bright"
KEYS = "C C# D Eb E F F# G Ab A Bb B"
LIVELY = (
    'DJ "Quiet" Storm',
    "Löwe & Söhne",
    "Mango, Late",
    "<b>Bold</b> Beats",
    "夜の波",
    "Müşterek 🎛️",
    "O'Hara; the Drummer",
    "Ритм-секция",
    "100% Kick",
    "back\\slash",
    "سامي",
    "=SUM(808)",
)
REASONS = (
    "Remix contest, judge's bonus",
    "Workshop held for newcomers",
    "Same beat uploaded twice",
    "Bought plays",
    "Compensation for the outage in spring",
)
PRICES = (499, 999, 1499, 1999, 2999, 4999, 9999, 24999)


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


def _days(number: pl.Expr) -> pl.Expr:
    """A duration of so many days and parts of days, in whole seconds."""
    return pl.duration(seconds=(number * 86_400).cast(pl.Int64))


def write_demo_exports(
    folder: Path,
    seed: int = 7,
    producers: int = 2_000,
    plays: int = 1_000_000,
    until: date = date(2026, 11, 1),
) -> None:
    """Write export files of the 18 months before ``until`` into a new folder.

    The folder appears only when it is complete; what an interrupted run left beside it is written
    anew. Raises FileExistsError when the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"{folder} exists already; delete it or name another folder for the demo exports."
        )
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    months = until.year * 12 + until.month - 1 - MONTHS
    start = date(months // 12, months % 12 + 1, 1)

    dice = Dice(seed)
    calendar = _calendar(start, until)
    people = _people(dice, producers, start, until)
    tracks = _tracks(dice, people, until)
    credits = _credits(dice, people, tracks, until)
    _write_dumps(unfinished, dice, people, tracks, credits, start, until)
    _write_plays(unfinished / "plays", _plays(dice, plays, people, tracks, calendar), until)
    _write_earnings(unfinished / "earnings", dice, plays // 40, tracks, calendar)
    _write_grants(unfinished / "grants", dice, producers // 8, people, until)
    _write_adjustments(unfinished / "adjustments", dice, producers // 12, people, until)
    if folder.exists():
        folder.rmdir()
    unfinished.rename(folder)


def _calendar(start: date, until: date) -> pl.DataFrame:
    """Each day with its weight: growth, weekends, lively summers and Decembers."""
    days = pl.date_range(start, until, closed="left", eager=True).alias("day")
    age = pl.int_range(pl.len()) / pl.len()
    summer = (pl.col("day").dt.ordinal_day() - 200) * (2 * math.pi / 365)
    return pl.DataFrame(days).with_columns(
        weight=(1.6 * age).exp()
        * pl.when(pl.col("day").dt.weekday() >= 5).then(1.35).otherwise(1.0)
        * (1 + 0.12 * summer.cos())
        * pl.when(pl.col("day").dt.month() == 12).then(1.2).otherwise(1.0)
    )


def _people(dice: Dice, rows: int, start: date, until: date) -> pl.DataFrame:
    """Producers with what drives them: talent is heavy-tailed, so few have most of the plays."""
    chance = dice.random("names")
    patterns = ("{c} {t}", "{t} {t2}", "DJ {t}", "{p} & {p2}", "{c} {p}", "{p} the {t}", "{t}_{n}")
    colours, things, artists = COLOURS.split(), THINGS.split(), PEOPLE.split()
    names = [
        chance.choice(LIVELY)
        if chance.random() < 0.06
        else chance.choice(patterns).format(
            c=chance.choice(colours),
            t=chance.choice(things),
            t2=chance.choice(things).lower(),
            p=chance.choice(artists),
            p2=chance.choice(artists),
            n=chance.randrange(1, 99),
        )
        for _ in range(rows)
    ]
    span = (until - start).days
    joined = pl.col("joined") * (span + 60) - 60
    rolled = ("joined", "talent", "diligence", "care", "gone", "listens")
    return (
        pl.DataFrame({name: dice.roll(f"people-{name}", rows) for name in rolled})
        .with_columns(
            display_name=pl.Series(names, dtype=pl.String),
            joined_at=pl.lit(start, dtype=pl.Datetime("us")) + _days(joined),
            talent=(1 - pl.col("talent")).pow(-0.75),
            diligence=(1 - pl.col("diligence")).pow(-0.6).clip(0, 20),
        )
        .sort("joined_at")
        .with_columns(producer_id=pl.int_range(1, rows + 1))
        .with_columns(
            user_id=pl.when(pl.col("listens") < 0.94).then(pl.col("producer_id") + 5_000_000)
        )
    )


def _tracks(dice: Dice, people: pl.DataFrame, until: date) -> pl.DataFrame:
    """Tracks with their whole life: drafted, published, details filled in, perhaps removed."""
    rows = people.height * 9
    owner = dice.choose("track-owner", rows, people["diligence"]).sort()
    end = pl.lit(until, dtype=pl.Datetime("us"))
    rolled = ("when", "draft", "wait", "appeal", "removed", "bpm", "suffix")
    tracks = people.select("producer_id", "joined_at", "talent", "care")[owner].with_columns(
        *(dice.roll(f"track-{name}", rows).alias(name) for name in rolled)
    )
    # A producer's tracks are spread over the time on the platform: some publish every week.
    turn = pl.int_range(pl.len()).over("producer_id") + pl.col("when")
    life = (end - pl.col("joined_at")).dt.total_seconds() / 86_400
    tracks = tracks.with_columns(
        created_at=pl.col("joined_at") + _days(life * turn / pl.len().over("producer_id"))
    ).sort("created_at", "producer_id")
    genres = [dice.pick(f"track-genre-{i}", rows, GENRES.split()) for i in (1, 2)]
    tags = [dice.pick(f"track-tag-{i}", rows, TAGS.split()) for i in (1, 2, 3)]
    suffix = pl.when(pl.col("suffix") < 0.05).then(pl.lit(", Pt. 2")).otherwise(pl.lit(""))
    published = pl.col("created_at") + _days(pl.col("wait") * 5)
    tracks = tracks.with_columns(
        track_id=pl.int_range(10_001, 10_001 + rows),
        title=pl.concat_str(
            dice.pick("title-1", rows, COLOURS.split()),
            pl.lit(" "),
            dice.pick("title-2", rows, THINGS.split()),
            pl.when(pl.col("suffix") > 0.97).then(pl.lit(' "Demo"')).otherwise(suffix),
        ),
        published_at=pl.when((pl.col("draft") > 0.05) & (published < end)).then(published),
        appeal=pl.col("talent") * (1 - pl.col("appeal")).pow(-0.55),
        artwork=pl.format("covers/{}.jpg", pl.int_range(10_001, 10_001 + rows)),
        description=pl.when(pl.col("draft") < 0.93)
        .then(pl.format("Made for {} nights.", tags[0]))
        .otherwise(pl.lit("   ")),
        genres=pl.concat_list(genres),
        tags=pl.concat_list(tags),
        bpm=(pl.col("bpm") * 220 + 120).floor() / 2,
        musical_key=dice.pick("track-key", rows, KEYS.split()),
        scale=dice.pick("track-scale", rows, ["major", "minor"]),
        collection=pl.format("{} Sessions", dice.pick("track-collection", rows, COLOURS.split())),
    )
    removed = pl.col("published_at") + _days(pl.col("removed") * 2_000)
    return tracks.with_columns(
        *(_filled_at(dice, field, rows) for field in FIELDS),
        removed_at=pl.when(removed < end).then(removed),
    )


def _filled_at(dice: Dice, field: str, rows: int) -> pl.Expr:
    """When a metadata field was filled in: at once, within some months, or never."""
    luck, later = dice.roll(f"fill-{field}", rows), dice.roll(f"fill-later-{field}", rows)
    return (
        pl.when(pl.lit(luck) < 0.35 + 0.6 * pl.col("care"))
        .then("created_at")
        .when(pl.lit(luck) < 0.65 + 0.35 * pl.col("care"))
        .then(pl.col("created_at") + _days(pl.lit(later) * 150))
        .alias(f"{field}_at")
    )


def _credits(dice: Dice, people: pl.DataFrame, tracks: pl.DataFrame, until: date) -> pl.DataFrame:
    """Who was credited on which track; some late, a few on their own track."""
    rows = tracks.height // 3
    chosen = tracks.select("track_id", "created_at")[
        (dice.roll("credit-track", rows).pow(1.5) * tracks.height).cast(pl.Int64)
    ]
    who = people.select("producer_id", "joined_at")[
        dice.choose("credit-who", rows, people["diligence"])
    ]
    wait = pl.lit(dice.roll("credit-wait", rows).pow(4) * 90)
    return (
        pl.concat([chosen, who], how="horizontal")
        .with_columns(credited_at=pl.max_horizontal("created_at", "joined_at") + _days(wait))
        .filter(pl.col("credited_at") < until)
        .select("track_id", "producer_id", "credited_at")
        .unique(["track_id", "producer_id"], keep="first", maintain_order=True)
        .sort("credited_at", "track_id", "producer_id")
    )


def _moments(
    dice: Dice, what: str, calendar: pl.DataFrame, published: pl.Series, fresh: float
) -> pl.Series:
    """A moment for each row, after its track came out: a share of ``fresh`` soon after it."""
    rows, upto = len(published), calendar["weight"].cum_sum()
    first = (published.dt.date() - calendar["day"][0]).dt.total_days().clip(0)
    before = (upto - calendar["weight"])[first]
    anytime = upto.search_sorted(before + dice.roll(f"{what}-day", rows) * (upto[-1] - before))
    soon = first - ((1 - dice.roll(f"{what}-wait", rows)).log() * 16).cast(pl.Int64)
    is_soon = (dice.roll(f"{what}-fresh", rows) < fresh) & (soon < calendar.height)
    # Evenings are busy, early mornings quiet.
    hour = 6 + 10 * (dice.roll(f"{what}-hour", rows) + dice.roll(f"{what}-hour-2", rows))
    day = pl.when(pl.lit(is_soon)).then(pl.lit(soon)).otherwise(pl.lit(anytime.cast(pl.Int64)))
    number = day.clip(0, calendar.height - 1) + pl.lit(hour % 24 / 24)
    first_day = pl.lit(calendar["day"][0], dtype=pl.Datetime("us"))
    return pl.select(first_day + _days(number)).to_series()


def _published(tracks: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """Published tracks; those that came late have had less time for their appeal to show."""
    out = tracks.filter(pl.col("published_at").is_not_null())
    ahead = calendar["weight"].reverse().cum_sum().reverse() / calendar["weight"].sum()
    first = (out["published_at"].dt.date() - calendar["day"][0]).dt.total_days().clip(0)
    return out.with_columns(appeal=pl.col("appeal") * ahead[first])


def _plays(
    dice: Dice, rows: int, people: pl.DataFrame, tracks: pl.DataFrame, calendar: pl.DataFrame
) -> pl.DataFrame:
    out = _published(tracks, calendar)
    played = out.join(people.select("producer_id", "user_id"), on="producer_id", how="left").select(
        "track_id", "published_at", "user_id"
    )[dice.choose("play-track", rows, out["appeal"])]
    who, seconds = dice.roll("play-who", rows), dice.roll("play-seconds", rows)
    listener = 1 + dice.roll("play-listener", rows).pow(2) * (rows // 15 + 10)
    return (
        played.with_columns(
            _moments(dice, "play", calendar, played["published_at"], 0.4).alias("played_at"),
            listener_id=pl.when(pl.lit(who) > 0.07)
            .then(pl.lit(listener).cast(pl.Int64))
            .when(pl.lit(who) > 0.06)
            .then("user_id"),
            seconds_played=pl.when(pl.lit(seconds) > 0.03).then(
                pl.lit(seconds.pow(0.7) * 230).cast(pl.Int64)
            ),
        )
        .sort("played_at", "track_id", "listener_id", "seconds_played")
        .select(
            pl.int_range(1, rows + 1).alias("play_id"),
            "track_id",
            "played_at",
            "listener_id",
            "seconds_played",
        )
    )


def _write_plays(folder: Path, plays: pl.DataFrame, until: date) -> None:
    """Weekly Parquet at first, then a file a day in one text format after the other.

    Each file begins with the last rows of the one before; corrections sort after all of them.
    """
    recent = until - timedelta(days=56)
    days = plays["played_at"].dt.date()
    day = days[0] if len(days) else recent
    while day < until:
        weekly = day < recent
        end = min(day + timedelta(days=7 - day.weekday()), recent) if weekly else _next(day)
        begin, stop = (int(days.search_sorted(d, side="left")) for d in (day, end))
        ending = ".parquet" if weekly else _recent_ending((until - day).days)
        path = folder / str(day.year) / f"plays-{day}{ending}"
        _write(path, _spoil_plays(plays[max(0, begin - 20) : stop], ending))
        day = end
    corrected = plays.gather_every(331, 7).with_columns(pl.col("seconds_played").fill_null(0) + 30)
    _write(folder / "corrections" / f"seconds-{until - timedelta(days=1)}.csv", corrected)
    whole = gzip.compress(_text(plays.tail(5_000), ".csv"), mtime=0)
    (folder / "resend").mkdir()
    cut = folder / "resend" / f"plays-{until - timedelta(days=2)}.csv.gz"
    cut.write_bytes(whole[: len(whole) * 2 // 3])


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _recent_ending(age: int) -> str:
    plan = ((42, ".csv.gz"), (28, ".ndjson.zst"), (14, ".csv"), (9, ".csv.zst"), (5, ".ndjson.gz"))
    return next((ending for least, ending in plan if age > least), ".ndjson")


def _spoil_plays(plays: pl.DataFrame, ending: str) -> pl.DataFrame:
    if ending == ".parquet":
        return _spoil(plays, 700, ("track_id", 0), ("played_at", None), ("play_id", None))
    if "csv" in ending:
        plays = plays.with_columns(_clock("played_at", "%Y-%m-%d %H:%M:%S"))
        plays = plays.cast(pl.String)
        return _spoil(plays, 300, ("played_at", "2026-13-01"), ("seconds_played", "long"))
    plays = plays.with_columns(_clock("played_at", "%Y-%m-%dT%H:%M:%S+02:00", hours=2))
    return _spoil(plays, 300, ("seconds_played", -5), ("track_id", None), ("played_at", "noon"))


def _clock(column: str, layout: str, hours: int = 0) -> pl.Expr:
    """UTC times as text; ``hours`` is the offset that the layout states."""
    return (pl.col(column) + pl.duration(hours=hours)).dt.strftime(layout)


def _spoil(frame: pl.DataFrame, every: int, *spoilt: tuple[str, object]) -> pl.DataFrame:
    """Put wrong values into one row of so many, taking turns."""
    turn = pl.int_range(pl.len()) % (every * len(spoilt))
    return frame.with_columns(
        pl.when(turn == every * i + every // 2)
        .then(pl.lit(value, dtype=frame.schema[column]))
        .otherwise(column)
        .alias(column)
        for i, (column, value) in enumerate(spoilt)
    )


def _write_dumps(
    folder: Path,
    dice: Dice,
    people: pl.DataFrame,
    tracks: pl.DataFrame,
    credits: pl.DataFrame,
    start: date,
    until: date,
) -> None:
    """Seven full dumps of producers, tracks and credits, each in another format."""
    step = (until - start) / 7
    people = people.with_columns(ramp=10 + 200 * dice.roll("ramp", people.height))
    for number in range(7):
        day = until - step * (6 - number)
        stamp = datetime.combine(day, time(6 if number == 3 else 0))
        written = f"{day}T06" if number == 3 else str(day)
        dumps = {
            "producers": _producers_dump(people, stamp),
            "tracks": _tracks_dump(tracks, stamp),
            "credits": credits.filter(pl.col("credited_at") < stamp),
        }
        for turn, (entity, dump) in enumerate(dumps.items()):
            ending = ENDINGS[(number + 2 * turn) % len(ENDINGS)]
            if number == 4:
                half = dump.height // 2
                parts = folder / entity / f"date={written}"
                _write(parts / f"part-0{ending}", dump[:half])
                _write(parts / f"part-1{ending}", dump[half:])
            else:
                _write(folder / entity / f"{written}{ending}", dump)


def _producers_dump(people: pl.DataFrame, stamp: datetime) -> pl.DataFrame:
    """Producers as of a stamp: profiles fill up with time; the last rows may be test accounts."""
    age = (pl.lit(stamp) - pl.col("joined_at")).dt.total_seconds() / 86_400
    complete = 25 + (45 + 40 * pl.col("care")) * (age / pl.col("ramp")).clip(0, 1)
    gone = (pl.col("gone") < 0.03) & (age > 200)
    dump = people.filter(pl.col("joined_at") < stamp).select(
        "producer_id",
        "display_name",
        "joined_at",
        complete.cast(pl.Int64).clip(0, 100).alias("profile_completion"),
        pl.when(gone).then(pl.lit("suspended")).otherwise(pl.lit("active")).alias("status"),
        "user_id",
    )
    tests = dump[: min(4, dump.height // 100)].with_columns(
        producer_id=pl.int_range(900_001, 900_001 + pl.len()),
        user_id=pl.lit(None, dtype=pl.Int64),
    )
    wrong = (("display_name", "x" * 201), ("status", "test"), ("profile_completion", 130))
    return pl.concat([dump, _spoil(tests, 1, *wrong, ("joined_at", None))])


def _tracks_dump(tracks: pl.DataFrame, stamp: datetime) -> pl.DataFrame:
    """Tracks as of a stamp: what was filled in later is null, what happened later has not."""
    moments = ["created_at", "published_at", "removed_at", *(f"{field}_at" for field in FIELDS)]
    happened = [pl.when(pl.col(moment) < stamp).then(moment) for moment in moments]
    return tracks.filter(pl.col("created_at") < stamp).select(
        "track_id",
        "producer_id",
        "title",
        pl.when(pl.col("removed_at") < stamp)
        .then(pl.lit("removed"))
        .when(pl.col("published_at") < stamp)
        .then(pl.lit("published"))
        .otherwise(pl.lit("draft"))
        .alias("status"),
        happened[1].alias("published_at"),
        pl.max_horizontal(happened).alias("updated_at"),
        *(pl.when(pl.col(f"{field}_at") < stamp).then(field).alias(field) for field in FIELDS),
    )


def _write_earnings(
    folder: Path, dice: Dice, rows: int, tracks: pl.DataFrame, calendar: pl.DataFrame
) -> None:
    """Sales of licences and some refunds of them, a file a month."""
    out = _published(tracks, calendar)
    sold = out.select("producer_id", "track_id", "published_at")[
        dice.choose("sale-track", rows, out["appeal"])
    ]
    luck = pl.lit(dice.roll("sale-refund", rows))
    price = pl.lit(dice.pick("sale-price", rows, PRICES))
    earnings = (
        sold.with_columns(
            _moments(dice, "sale", calendar, sold["published_at"], 0.2).alias("earned_at"),
            amount_cents=pl.when(luck < 0.03).then(-price).otherwise(price),
            track_id=pl.when(luck < 0.9).then("track_id"),
        )
        .sort("earned_at", "producer_id", "track_id", "amount_cents")
        .select(
            pl.int_range(1, rows + 1).alias("earning_id"),
            "producer_id",
            "amount_cents",
            "earned_at",
            "track_id",
        )
    )
    month = pl.col("earned_at").dt.strftime("%Y-%m").alias("month")
    months = earnings.with_columns(month).partition_by("month", include_key=False)
    wrong = ("amount_cents", 5 * 10**12), ("producer_id", None), ("earning_id", -1)
    for number, sales in enumerate(months):
        path = folder / f"month={sales['earned_at'][0]:%Y-%m}"
        _write(path / f"part-0{ENDINGS[number % 7]}", _spoil(sales, 150, *wrong))
    (folder / "payouts.xlsx").write_bytes(b"PK\x03\x04 a spreadsheet that somebody left here")


def _people_and_moments(
    dice: Dice, what: str, rows: int, people: pl.DataFrame, until: date
) -> pl.DataFrame:
    """Talented producers, each at a moment of their time on the platform; by moment."""
    life = (pl.lit(until, dtype=pl.Datetime("us")) - pl.col("joined_at")).dt.total_seconds()
    return (
        people.select("producer_id", "joined_at")[
            dice.choose(f"{what}-who", rows, people["talent"])
        ]
        .with_columns(at=pl.col("joined_at") + _days(life * dice.roll(what, rows) / 86_400))
        .sort("at", "producer_id")
    )


def _write_grants(folder: Path, dice: Dice, rows: int, people: pl.DataFrame, until: date) -> None:
    """Achievements handed out by people; one of them is not in the rulebook (any more)."""
    given = [*GRANTED[:4] * 9, GRANTED[4], "golden-ticket"]
    grants = _people_and_moments(dice, "grant", rows, people, until).select(
        pl.int_range(1, rows + 1).alias("grant_id"),
        "producer_id",
        dice.pick("grant-id", rows, given).alias("achievement_id"),
        pl.col("at").alias("granted_at"),
        dice.pick("grant-by", rows, ["editors", "community", "jury"]).alias("granted_by"),
        dice.pick("grant-note", rows, ["", "Well deserved!", 'Voted "best of the month"']).alias(
            "note"
        ),
    )
    grants = _spoil(grants, 60, ("achievement_id", None), ("grant_id", 0))
    _write(folder / "earlier.jsonl", grants[: rows // 2])
    _write(folder / "later.csv", grants[rows // 2 :])


def _write_adjustments(
    folder: Path, dice: Dice, rows: int, people: pl.DataFrame, until: date
) -> None:
    """XP given and taken away by the support team."""
    amount = (dice.roll("adjustment-xp", rows) * 12).cast(pl.Int64) * 50 + 50
    reason = dice.pick("adjustment-reason", rows, REASONS)
    taken = pl.lit(reason).is_in(REASONS[2:4])
    adjustments = _people_and_moments(dice, "adjustment", rows, people, until).select(
        pl.int_range(1, rows + 1).alias("adjustment_id"),
        "producer_id",
        pl.when(taken).then(-pl.lit(amount)).otherwise(pl.lit(amount)).alias("xp"),
        pl.col("at").alias("adjusted_at"),
        pl.lit(reason).alias("reason"),
        pl.lit("support").alias("adjusted_by"),
    )
    adjustments = _spoil(adjustments, 60, ("xp", 0), ("reason", None))
    _write(folder / "adjustments.csv.zst", adjustments)


def _write(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame in the format and compression that the path's ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
        return
    data = _text(frame, path.name)
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=6, mtime=0)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)


def _text(frame: pl.DataFrame, name: str) -> bytes:
    """CSV or NDJSON; a long file has one line that was cut off."""
    times = pl.selectors.datetime()
    lists = pl.selectors.list()
    buffer = io.BytesIO()
    if ".csv" in name:
        frame.with_columns(times.dt.strftime("%Y-%m-%d %H:%M:%S"), lists.list.join(", ")).write_csv(
            buffer
        )
        cut = b"1,2\n"
    else:
        frame.with_columns(times.dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_ndjson(buffer)
        cut = b'{"id": 1, "na\n'
    data = buffer.getvalue()
    if frame.height < 200:
        return data
    middle = data.index(b"\n", len(data) // 2) + 1
    return data[:middle] + cut + data[middle:]
