"""Totals with Polars, lazy and streaming: `polars_script.py load|refresh EXPORTS OUTPUT`."""

import sys
from pathlib import Path

import polars as pl


def main(exports: Path, output: Path) -> None:
    """Read everything, and write the ledger and the boards."""
    stamp = max((exports / "tracks").iterdir()).stem
    producers = pl.scan_parquet(exports / "producers" / f"{stamp}.parquet")
    tracks = pl.scan_parquet(exports / "tracks" / f"{stamp}.parquet").join(
        producers, on="producer_id", how="semi"
    )
    credits = pl.scan_parquet(exports / "credits" / f"{stamp}.parquet")
    playable = tracks.filter(pl.col("status").is_in(["published", "removed"]))
    track_days = (
        pl.scan_parquet(exports / "plays" / "*.parquet")
        .filter(pl.col("track_id") >= 1)
        .select("play_id", "track_id", pl.col("played_at").dt.date().alias("day"))
        .unique(["play_id", "day"], keep="any")
        .group_by("track_id", "day")
        .agg(pl.len().cast(pl.Int64).alias("plays"))
        .join(playable.select("track_id", "producer_id"), on="track_id")
        .collect(engine="streaming")
        .lazy()
    )
    shared = shared_plays(
        track_days, credits.join(producers, on="producer_id", how="semi"), exports
    )
    play_days = (
        pl.concat([track_days.select("producer_id", "day", "plays"), shared])
        .group_by("producer_id", "day")
        .agg(pl.col("plays").sum().alias("quantity"))
        .with_columns(pl.lit("play").alias("source"), pl.col("quantity").alias("xp"))
    )
    upload_days = (
        tracks.filter(pl.col("status") == "published")
        .group_by("producer_id", pl.col("published_at").dt.date().alias("day"))
        .agg(pl.len().cast(pl.Int64).alias("quantity"))
        .with_columns(pl.lit("upload").alias("source"), (100 * pl.col("quantity")).alias("xp"))
    )
    ledger = pl.concat([play_days, upload_days]).collect(engine="streaming").lazy()
    output.mkdir(parents=True)
    ledger.sink_parquet(output / "ledger.parquet")
    active = producers.filter(pl.col("status") == "active")
    ranked = boards(ledger.join(active, on="producer_id", how="semi"))
    ranked.sink_parquet(output / "leaderboard.parquet")


def shared_plays(track_days: pl.LazyFrame, credits: pl.LazyFrame, exports: Path) -> pl.LazyFrame:
    """Plays for collaborators, on days when their profile was filled in."""
    profiles = pl.concat(
        pl.scan_parquet(path).select(
            "producer_id",
            "profile_completion",
            pl.lit(path.stem).str.to_date().alias("stamp"),
        )
        for path in sorted((exports / "producers").iterdir())
    )
    first = (
        profiles.sort("stamp")
        .group_by("producer_id")
        .agg(pl.col("profile_completion").first().alias("first_completion"))
    )
    return (
        track_days.join(credits, on="track_id", suffix="_credited")
        .filter(
            pl.col("producer_id") != pl.col("producer_id_credited"),
            pl.col("credited_at").dt.date() <= pl.col("day"),
        )
        .select(pl.col("producer_id_credited").alias("producer_id"), "day", "plays")
        .join(first, on="producer_id")
        .sort("day")
        .join_asof(
            profiles.sort("stamp"),
            left_on="day",
            right_on="stamp",
            by="producer_id",
            check_sortedness=False,
        )
        .filter(pl.coalesce("profile_completion", "first_completion") >= 80)
        .select("producer_id", "day", "plays")
    )


def boards(ledger: pl.LazyFrame) -> pl.LazyFrame:
    """Ranks by points, plays and uploads."""

    def quantity(source: str) -> pl.Expr:
        return pl.col("quantity").filter(pl.col("source") == source).sum()

    return (
        ledger.group_by("producer_id")
        .agg(
            pl.col("xp").sum().alias("points"),
            quantity("play").alias("plays"),
            quantity("upload").alias("uploads"),
        )
        .unpivot(index="producer_id", variable_name="category", value_name="score")
        .filter(pl.col("score") > 0)
        .with_columns(pl.col("score").rank("min", descending=True).over("category").alias("rank"))
        .sort("category", "rank", "producer_id")
    )


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[3]))
