"""Whether what was measured is right: no figure is met by computing less.

The numbers to compare with come from two queries over the export files (`independent/`) and from
the files' own row counts; nothing here asks the product how many rows there were.
"""

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet

from benchmarks.measure import CommandRun
from benchmarks.product import World

INDEPENDENT = Path(__file__).with_name("independent")
#: Days of plays are counted together as long as their files have about so many rows.
ROWS_AT_ONCE = 20_000_000
ENTITIES = ("producers", "tracks", "credits", "plays", "earnings", "grants", "adjustments")
#: Tables that hold what producers see; the others also name the export files.
RESULTS = ("progress", "xp_ledger", "unlocks", "level_ups", "leaderboard", "achievements")


class CheckFailed(Exception):
    """A run did not compute what it should have: its time means nothing."""


def expect(holds: bool, says: str) -> str:
    """The sentence that was found true. Raises CheckFailed if it is not."""
    if not holds:
        raise CheckFailed(f"Not true: {says}")
    return says


def export_rows(world: World) -> dict[str, int]:
    """Rows by entity: from the footers of Parquet files, by reading CSV files."""
    rows = dict.fromkeys(ENTITIES, 0)
    for path in world.files():
        entity = path.relative_to(world.exports).parts[0]
        rows[entity] += (
            pyarrow.parquet.ParquetFile(path).metadata.num_rows
            if path.suffix == ".parquet"
            else len(pl.read_csv(path, columns=[0]))
        )
    return rows


def activity(world: World, as_of: datetime) -> pl.DataFrame:
    """Each producer with `status`, `plays` and `uploads`, from a world's Parquet files."""
    folder = world.exports
    plays = sorted((folder / "plays").glob("*.parquet"))
    rows = sum(pyarrow.parquet.ParquetFile(path).metadata.num_rows for path in plays)
    producers = sorted(str(path) for path in (folder / "producers").glob("*.parquet"))
    tracks = str(max((folder / "tracks").glob("*.parquet")))
    credits = str(max((folder / "credits").glob("*.parquet")))
    dumps = {"producers": producers, "tracks": tracks, "credits": credits, "as_of": as_of}
    first = datetime.fromisoformat(min(path.stem for path in plays))
    days = max(1, len(plays) * ROWS_AT_ONCE // max(rows, 1))
    parts = []
    with duckdb.connect(config={"temp_directory": tempfile.gettempdir()}) as connection:
        query = (INDEPENDENT / "plays.sql").read_text()
        start = first - timedelta(days=1)
        while start < as_of:
            until = min(start + timedelta(days=days), as_of)
            values = {**dumps, "plays": [str(p) for p in plays], "from": start, "until": until}
            parts.append(connection.sql(query, params=values).pl())
            start = until
        uploads: pl.DataFrame = connection.sql(
            (INDEPENDENT / "uploads.sql").read_text(),
            params={"producers": producers[-1], "tracks": tracks, "as_of": as_of},
        ).pl()
    counted: pl.DataFrame = pl.concat(parts).group_by("producer_id").agg(pl.col("plays").sum())
    return uploads.join(counted, on="producer_id", how="left").with_columns(
        pl.col("plays").fill_null(0)
    )


def board(expected: pl.DataFrame, category: str) -> pl.DataFrame:
    """The all-time board of `plays` or `uploads` that activity gives."""
    ranked = expected.filter((pl.col("status") == "active") & (pl.col(category) > 0))
    return ranked.select(
        pl.col(category).rank("min", descending=True).cast(pl.Int64).alias("rank"),
        "producer_id",
        pl.col(category).alias("score"),
    ).sort("rank", "producer_id")


def check_boards(boards: pl.DataFrame, expected: pl.DataFrame, whose: str) -> list[str]:
    """Compare boards (`category`, `rank`, `producer_id`, `score`), every rank of every producer."""
    sentences = []
    for category in ("plays", "uploads"):
        found = boards.filter(pl.col("category") == category)
        found = found.select(pl.col("rank", "producer_id", "score").cast(pl.Int64))
        wanted = board(expected, category)
        sentences.append(
            expect(
                found.sort("rank", "producer_id").equals(wanted),
                f"{whose}: the board of {category} is that of an independent query, "
                f"{len(wanted):,} producers with {wanted['score'].sum():,} in all "
                f"(found {len(found):,} with {found['score'].sum():,})",
            )
        )
    return sentences


def published(run: CommandRun, table: str) -> pl.DataFrame:
    """A table that a refresh published."""
    return pl.read_parquet(run.said["tables"][table], hive_partitioning=False, glob=False)


def check_product(run: CommandRun, expected: pl.DataFrame) -> list[str]:
    """Compare a refresh's boards and every producer's plays and uploads with activity."""
    boards = published(run, "leaderboard").filter(pl.col("period") == "all_time")
    sentences = check_boards(boards, expected, "BeatXP")
    columns = ["producer_id", "status", "uploads", "plays"]
    progress = published(run, "progress").select(columns).sort("producer_id")
    wanted = expected.select(columns).sort("producer_id")
    says = f"BeatXP: plays and uploads of all {len(wanted):,} producers are those of the query"
    return [*sentences, expect(progress.equals(wanted), says)]


def check_simulation(simulated: CommandRun, old: CommandRun, new: CommandRun) -> list[str]:
    """Compare what a simulation says with refreshes under the old rulebook and the new one."""
    said = simulated.said
    progress = [published(run, "progress") for run in (old, new)]
    both = progress[0].join(progress[1], on="producer_id", suffix="_new")
    levels = both.group_by("level", "level_new").len().sort("level", "level_new").rows()
    told = [(r["level_before"], r["level_after"], r["producers"]) for r in said["levels"]]
    sentences = [expect(told == levels, "the levels of all producers are those of two refreshes")]
    for row in said["sources"]:
        sums = [of[f"{row['source']}_xp"].sum() for of in progress]
        expect(sums == [row["xp_before"], row["xp_after"]], f"XP from {row['source']} is theirs")
    sentences.append("XP by source is theirs")
    unlocks = [
        published(run, "unlocks").select("producer_id", "achievement_id", "unlocked_at")
        for run in (old, new)
    ]
    key = ["producer_id", "achievement_id"]
    others = unlocks[0].join(unlocks[1], on=key, suffix="_new")
    moved = others.filter(pl.col("unlocked_at") != pl.col("unlocked_at_new"))
    expected = {
        "reached": unlocks[1].join(unlocks[0], on=key, how="anti").height,
        "lost": unlocks[0].join(unlocks[1], on=key, how="anti").height,
        "sooner": moved.filter(pl.col("unlocked_at_new") < pl.col("unlocked_at")).height,
        "later": moved.filter(pl.col("unlocked_at_new") > pl.col("unlocked_at")).height,
    }
    counted = {name: sum(row[name] for row in said["achievements"]) for name in expected}
    says = ", ".join(f"{number:,} {name}" for name, number in expected.items())
    sentences.append(expect(counted == expected, f"achievements are theirs: {says}"))
    boards = [
        published(run, "leaderboard").group_by("category", "period").len().sort(pl.all()).rows()
        for run in (old, new)
    ]
    places = [
        sorted((r["category"], r["period"], r[f"ranked_{side}"]) for r in said["boards"])
        for side in ("before", "after")
    ]
    ranked = [[row for row in of if row[2]] for of in places]
    sentences.append(expect(ranked == boards, "so are the numbers of who is on each board"))
    return sentences


def check_rows(run: CommandRun, rows: dict[str, int]) -> list[str]:
    """Compare the rows that a refresh accounts for with those of the export files."""
    inputs = published(run, "inputs")
    found = dict(inputs.select("entity", "rows_read").iter_rows())
    settled = inputs.select(pl.sum_horizontal("accepted", "duplicates", "rejected")).to_series()
    total = sum(rows.values())
    return [
        expect(found == rows, f"BeatXP has read all {total:,} rows of the export files"),
        expect(settled.sum() == total, "each is accepted, a duplicate or rejected"),
    ]


def check_same(runs: Sequence[CommandRun], what: str) -> list[str]:
    """Compare the content hashes of several refreshes."""
    hashes = {run.said["content_sha256"] for run in runs}
    return [expect(len(hashes) == 1, f"{what}: {len(runs)} refreshes, one content")]


def check_same_results(one: CommandRun, other: CommandRun, what: str) -> list[str]:
    """Compare what producers see, of two refreshes of differently written export files."""
    for table in RESULTS:
        expect(
            published(one, table).equals(published(other, table)),
            f"{what}: the table {table} is the same",
        )
    return [f"{what}: {', '.join(RESULTS)} are the same, row by row"]
