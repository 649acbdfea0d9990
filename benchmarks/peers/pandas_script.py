"""Totals with pandas, in memory: `pandas_script.py load|refresh EXPORTS OUTPUT`."""

import sys
from pathlib import Path

import pandas as pd

PLAY_COLUMNS = ["play_id", "track_id", "played_at"]


def main(exports: Path, output: Path) -> None:
    """Read everything, and write the ledger and the boards."""
    plays = pd.read_parquet(exports / "plays", columns=PLAY_COLUMNS)
    plays = plays[plays["track_id"] >= 1]
    plays["day"] = plays.pop("played_at").dt.floor("D")
    plays = plays.drop_duplicates(["play_id", "day"], keep="last")
    track_days = plays.groupby(["track_id", "day"], sort=False).size().reset_index(name="plays")
    del plays

    dumps = {
        pd.Timestamp(path.stem): pd.read_parquet(path)
        for path in sorted((exports / "producers").iterdir())
    }
    producers = dumps[max(dumps)]
    tracks = pd.read_parquet(max((exports / "tracks").iterdir()))
    tracks = tracks[tracks["producer_id"].isin(producers["producer_id"])]
    credits = pd.read_parquet(max((exports / "credits").iterdir()))
    playable = tracks.loc[tracks["status"].isin(["published", "removed"])]
    track_days = track_days.merge(playable[["track_id", "producer_id"]], on="track_id")
    own = track_days[["producer_id", "day", "plays"]]
    shared = shared_plays(track_days, credits, dumps)
    play_days = pd.concat([own, shared]).groupby(["producer_id", "day"], as_index=False)["plays"]
    play_days = play_days.sum().rename(columns={"plays": "quantity"})

    published = tracks.loc[tracks["status"] == "published"]
    days = published["published_at"].dt.floor("D").rename("day")
    upload_days = published.groupby(["producer_id", days], as_index=False).size()
    upload_days = upload_days.rename(columns={"size": "quantity"})
    ledger = pd.concat(
        [
            play_days.assign(source="play", xp=play_days["quantity"]),
            upload_days.assign(source="upload", xp=100 * upload_days["quantity"]),
        ]
    )
    output.mkdir(parents=True)
    ledger.to_parquet(output / "ledger.parquet", index=False)
    active = producers.loc[producers["status"] == "active", "producer_id"]
    boards(ledger[ledger["producer_id"].isin(active)]).to_parquet(
        output / "leaderboard.parquet", index=False
    )


def shared_plays(
    track_days: pd.DataFrame, credits: pd.DataFrame, dumps: dict[pd.Timestamp, pd.DataFrame]
) -> pd.DataFrame:
    """Plays for collaborators, on days when their profile was filled in."""
    shared = track_days.merge(credits, on="track_id", suffixes=("_uploader", ""))
    shared = shared[
        (shared["producer_id"] != shared["producer_id_uploader"])
        & (shared["credited_at"].dt.floor("D") <= shared["day"])
    ]
    profiles = pd.concat(
        [dump[["producer_id", "profile_completion"]].assign(stamp=s) for s, dump in dumps.items()]
    )
    profiles["stamp"] = profiles["stamp"].astype(shared["day"].dtype)
    first = profiles.groupby("producer_id")["profile_completion"].first()
    then = pd.merge_asof(
        shared.sort_values("day"),
        profiles.sort_values("stamp"),
        left_on="day",
        right_on="stamp",
        by="producer_id",
    )
    completion = then["profile_completion"].fillna(then["producer_id"].map(first))
    return then.loc[completion >= 80, ["producer_id", "day", "plays"]]


def boards(ledger: pd.DataFrame) -> pd.DataFrame:
    """Ranks by points, plays and uploads."""
    quantities = ledger.pivot_table(
        index="producer_id", columns="source", values="quantity", aggfunc="sum", fill_value=0
    )
    points = ledger.groupby("producer_id")["xp"].sum()
    scores = pd.DataFrame(
        {"points": points, "plays": quantities["play"], "uploads": quantities["upload"]}
    )
    board = scores.reset_index().melt("producer_id", var_name="category", value_name="score")
    board = board[board["score"] > 0]
    ranks = board.groupby("category")["score"].rank("min", ascending=False)
    board["rank"] = ranks.astype("int64")
    return board.sort_values(["category", "rank", "producer_id"])


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[3]))
