"""Who is on the made-up marketplace, what they publish, and who plays it."""

import math
from datetime import date

import polars as pl

from cli.demo_exports.dice import Dice
from pipelines.tables import METADATA_FIELDS

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


def days_long(number: pl.Expr) -> pl.Expr:
    """A duration of so many days and parts of days, in whole seconds."""
    return pl.duration(seconds=(number * 86_400).cast(pl.Int64))


def make_calendar(start: date, until: date) -> pl.DataFrame:
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


def make_people(dice: Dice, rows: int, start: date, until: date) -> pl.DataFrame:
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
            joined_at=pl.lit(start, dtype=pl.Datetime("us")) + days_long(joined),
            talent=(1 - pl.col("talent")).pow(-0.75),
            diligence=(1 - pl.col("diligence")).pow(-0.6).clip(0, 20),
        )
        .sort("joined_at")
        .with_columns(producer_id=pl.int_range(1, rows + 1))
        .with_columns(
            user_id=pl.when(pl.col("listens") < 0.94).then(pl.col("producer_id") + 5_000_000),
            # A few have asked to be left out of what everybody sees; most say nothing.
            listed=pl.when(pl.col("care") > 0.985)
            .then(pl.lit(False))
            .when(pl.col("care") > 0.5)
            .then(pl.lit(True)),
        )
    )


def make_tracks(dice: Dice, people: pl.DataFrame, until: date) -> pl.DataFrame:
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
        created_at=pl.col("joined_at") + days_long(life * turn / pl.len().over("producer_id"))
    ).sort("created_at", "producer_id")
    genres = [dice.pick(f"track-genre-{i}", rows, GENRES.split()) for i in (1, 2)]
    tags = [dice.pick(f"track-tag-{i}", rows, TAGS.split()) for i in (1, 2, 3)]
    suffix = pl.when(pl.col("suffix") < 0.05).then(pl.lit(", Pt. 2")).otherwise(pl.lit(""))
    published = pl.col("created_at") + days_long(pl.col("wait") * 5)
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
    removed = pl.col("published_at") + days_long(pl.col("removed") * 2_000)
    return tracks.with_columns(
        *(_filled_at(dice, field, rows) for field in METADATA_FIELDS),
        removed_at=pl.when(removed < end).then(removed),
    )


def _filled_at(dice: Dice, field: str, rows: int) -> pl.Expr:
    """When a metadata field was filled in: at once, within some months, or never."""
    luck, later = dice.roll(f"fill-{field}", rows), dice.roll(f"fill-later-{field}", rows)
    return (
        pl.when(pl.lit(luck) < 0.35 + 0.6 * pl.col("care"))
        .then("created_at")
        .when(pl.lit(luck) < 0.65 + 0.35 * pl.col("care"))
        .then(pl.col("created_at") + days_long(pl.lit(later) * 150))
        .alias(f"{field}_at")
    )


def make_credits(
    dice: Dice, people: pl.DataFrame, tracks: pl.DataFrame, until: date
) -> pl.DataFrame:
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
        .with_columns(credited_at=pl.max_horizontal("created_at", "joined_at") + days_long(wait))
        .filter(pl.col("credited_at") < until)
        .select("track_id", "producer_id", "credited_at")
        .unique(["track_id", "producer_id"], keep="first", maintain_order=True)
        .sort("credited_at", "track_id", "producer_id")
    )


def make_moments(
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
    return pl.select(first_day + days_long(number)).to_series()


def published_tracks(tracks: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """Published tracks; those that came late have had less time for their appeal to show."""
    out = tracks.filter(pl.col("published_at").is_not_null())
    ahead = calendar["weight"].reverse().cum_sum().reverse() / calendar["weight"].sum()
    first = (out["published_at"].dt.date() - calendar["day"][0]).dt.total_days().clip(0)
    return out.with_columns(appeal=pl.col("appeal") * ahead[first])


def make_plays(
    dice: Dice, rows: int, people: pl.DataFrame, tracks: pl.DataFrame, calendar: pl.DataFrame
) -> pl.DataFrame:
    out = published_tracks(tracks, calendar)
    played = out.join(people.select("producer_id", "user_id"), on="producer_id", how="left").select(
        "track_id", "published_at", "user_id"
    )[dice.choose("play-track", rows, out["appeal"])]
    who, seconds = dice.roll("play-who", rows), dice.roll("play-seconds", rows)
    listener = 1 + dice.roll("play-listener", rows).pow(2) * (rows // 15 + 10)
    return (
        played.with_columns(
            make_moments(dice, "play", calendar, played["published_at"], 0.4).alias("played_at"),
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
