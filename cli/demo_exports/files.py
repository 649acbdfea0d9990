"""The made-up marketplace as export files: every format, and a little of each kind of bad input."""

import gzip
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import zstandard

from cli.demo_exports.dice import Dice
from cli.demo_exports.marketplace import days_long, make_moments, published_tracks
from pipelines.tables import METADATA_FIELDS

# The achievements of rules/beatpass.toml that people hand out.
GRANTED = ("editors-pick", "battle-winner", "community-hero", "bug-hunter", "hall-of-fame")

COLOURS = (
    "Amber Velvet Neon Midnight Golden Hollow Silver Crimson Lunar Dusty Electric Quiet Copper "
    "Paper Violet Stray Tidal Wild Marble Frozen Honey Static Saffron Distant Broken Sunday"
)
ENDINGS = (".csv", ".ndjson", ".csv.gz", ".parquet", ".ndjson.zst", ".csv.zst", ".ndjson.gz")
FIELDS = ("artwork", "description", "genres", "tags", "bpm", "musical_key", "scale", "collection")

COLOURS = (
    "Amber Velvet Neon Midnight Golden Hollow Silver Crimson Lunar Dusty Electric Quiet Copper "
    "Paper Violet Stray Tidal Wild Marble Frozen Honey Static Saffron Distant Broken Sunday"
)
REASONS = (
    "Remix contest, judge's bonus",
    "Workshop held for newcomers",
    "Same beat uploaded twice",
    "Bought plays",
    "Compensation for the outage in spring",
)
PRICES = (499, 999, 1499, 1999, 2999, 4999, 9999, 24999)


def write_plays(folder: Path, plays: pl.DataFrame, until: date) -> None:
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


def write_dumps(
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
        "listed",
    )
    tests = dump[: min(4, dump.height // 100)].with_columns(
        producer_id=pl.int_range(900_001, 900_001 + pl.len()),
        user_id=pl.lit(None, dtype=pl.Int64),
    )
    wrong = (("display_name", "x" * 201), ("status", "test"), ("profile_completion", 130))
    return pl.concat([dump, _spoil(tests, 1, *wrong, ("joined_at", None))])


def _tracks_dump(tracks: pl.DataFrame, stamp: datetime) -> pl.DataFrame:
    """Tracks as of a stamp: what was filled in later is null, what happened later has not."""
    moments = [
        "created_at",
        "published_at",
        "removed_at",
        *(f"{field}_at" for field in METADATA_FIELDS),
    ]
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
        *(
            pl.when(pl.col(f"{field}_at") < stamp).then(field).alias(field)
            for field in METADATA_FIELDS
        ),
    )


def write_earnings(
    folder: Path, dice: Dice, rows: int, tracks: pl.DataFrame, calendar: pl.DataFrame
) -> None:
    """Sales of licences and some refunds of them, a file a month."""
    out = published_tracks(tracks, calendar)
    sold = out.select("producer_id", "track_id", "published_at")[
        dice.choose("sale-track", rows, out["appeal"])
    ]
    luck = pl.lit(dice.roll("sale-refund", rows))
    price = pl.lit(dice.pick("sale-price", rows, PRICES))
    earnings = (
        sold.with_columns(
            make_moments(dice, "sale", calendar, sold["published_at"], 0.2).alias("earned_at"),
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
        .with_columns(at=pl.col("joined_at") + days_long(life * dice.roll(what, rows) / 86_400))
        .sort("at", "producer_id")
    )


def write_grants(folder: Path, dice: Dice, rows: int, people: pl.DataFrame, until: date) -> None:
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


def write_adjustments(
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
