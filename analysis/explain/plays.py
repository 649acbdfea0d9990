"""What became of each play of a producer's tracks (specification, section 2: play)."""

from datetime import date

import polars as pl

from analysis.explain.evidence import Evidence, remembered
from analysis.explain.replacements import REPLACEMENT, tell_replaced
from analysis.explain.verdicts import ANOTHER, COUNTED, REPLACED
from analysis.export_rows import one_of, played_on
from pipelines.published.text_ids import told
from pipelines.tables import COUNT, ID, TEXT, TIME

#: A play's export row, its verdict in words, and the numbers behind the verdict: of a self play
#: whose listener id it is, of a listener's play which one of the day, of a collaborator's play the
#: credit and the profile on that day, of a row that was replaced what replaced it.
PLAYS = pl.Schema(
    {
        "played_at": TIME,
        "play_id": ID,
        "track_id": ID,
        "file": TEXT,
        "row": COUNT,
        "verdict": TEXT,
        "detail": TEXT,
        "listener_id": ID,
        "seconds_played": COUNT,
        "listener_is_producer": ID,
        "nth_of_listener": COUNT,
        "credited_at": TIME,
        "profile_completion": COUNT,
        "profile_stamp": TIME,
        **REPLACEMENT,
    }
)


def about_how_many(evidence: Evidence) -> int:
    """About how many plays there are of the producer's tracks, without reading any."""
    totals = evidence.run.store.scan(evidence.derived.results["play_milestones"].track_totals)
    of_tracks = totals.filter(one_of("track_id", evidence.tracks["track_id"]))
    return int(of_tracks.select(pl.col("plays").sum()).collect().item())


@remembered
def judged_plays(evidence: Evidence, day: date | None = None) -> pl.DataFrame:
    """Every accepted row of the plays files that names a track of the producer: see PLAYS.

    Of a day, or of all. The verdict is `counted` or the first reason why it does not count for
    them. Rows are in the order of the plays. Rows that a later one of the same file replaced as
    the file was read are not kept by the store, so they are not among them.
    """
    files = None if day is None else evidence.files_of_days([day])
    is_theirs = one_of("track_id", evidence.tracks["track_id"])
    wanted = is_theirs if day is None else is_theirs & played_on([day])
    rows = evidence.rows("plays", wanted, files)
    winners = evidence.winners_of_plays(rows)
    verdicts = evidence.run.engine.query(
        "explain/play_verdicts",
        play_rows=rows.drop("file"),
        replacements=_replacements(rows, winners),
        their_tracks=evidence.tracks.select(
            "track_id",
            "is_known",
            (pl.col("status") == "draft").alias("is_draft"),
            "is_uploader",
        ),
        their_credits=evidence.credits.select("track_id", "credited_at"),
        self_listeners=_self_listeners(evidence),
        profile=_profile(evidence, rows["played_at"].dt.date().unique().sort()),
        rules=_rules(evidence),
        parameters=evidence.run.parameters,
    )
    paths = pl.DataFrame(
        [(n, d.path) for n, d in enumerate(evidence.files("plays"))],
        schema={"replaced_by_place": COUNT, "replaced_by_file": TEXT},
        orient="row",
    )
    judged = evidence.with_texts(
        rows.join(verdicts, on=["place", "row"])
        .join(paths, on="replaced_by_place", how="left")
        .rename({"owner_id": "listener_is_producer", "nth": "nth_of_listener"})
    )
    in_words = _in_words(evidence, told(judged, "listener_is_producer"))
    worded = [
        of.with_columns(in_words[verdict].alias("detail"))
        for (verdict,), of in judged.partition_by("verdict", as_dict=True).items()
    ]
    nothing = judged.with_columns(pl.lit("").alias("detail")).clear()
    return (
        tell_replaced(pl.concat([nothing, *worded]), "plays", _elsewhere(evidence, winners))
        .sort("played_at", "play_id", "place", "row")
        .select(PLAYS.names())
    )


def _replacements(rows: pl.DataFrame, winners: pl.DataFrame) -> pl.DataFrame:
    """Which of the rows lost against a later one: lost_place, lost_row, place, row."""
    return (
        rows.select(
            "play_id",
            pl.col("played_at").dt.date().alias("day"),
            pl.col("place").alias("lost_place"),
            pl.col("row").alias("lost_row"),
        )
        .join(winners, on=["play_id", "day"])
        .filter((pl.col("place") != pl.col("lost_place")) | (pl.col("row") != pl.col("lost_row")))
        .select("lost_place", "lost_row", "place", "row")
    )


def _elsewhere(evidence: Evidence, winners: pl.DataFrame) -> pl.DataFrame:
    """The winners that are of tracks that are not the producer's: see ELSEWHERE."""
    others = winners.join(evidence.tracks, on="track_id", how="anti")
    tracks = evidence.run.store.scan(evidence.derived.results["dumps"].tracks)
    uploaders = tracks.filter(one_of("track_id", others["track_id"])).select(
        "track_id", pl.col("producer_id").alias("uploader_id")
    )
    others = evidence.with_texts(others.join(uploaders.collect(), on="track_id", how="left"))
    return others.select(
        "place",
        "row",
        pl.when(pl.col("uploader_id").is_null())
        .then(pl.lit("unknown_track"))
        .otherwise(pl.lit(ANOTHER))
        .alias("replacement"),
        pl.when(pl.col("uploader_id").is_null())
        .then(pl.format(", of track {}: the dump in force has no such track", "track_id"))
        .otherwise(
            pl.format(
                ", of track {} of producer {}",
                told(others, "track_id"),
                told(others, "uploader_id"),
            )
        )
        .alias("said"),
    )


def _self_listeners(evidence: Evidence) -> pl.DataFrame:
    """Listeners whose plays of a track are self plays, and who they are: one owner of each."""
    nobody = pl.DataFrame(schema={"track_id": ID, "listener_id": ID, "owner_id": ID})
    if evidence.rulebook.plays.count_self_plays:
        return nobody
    members = pl.concat(
        [
            evidence.tracks.select("track_id", "producer_id").drop_nulls(),
            evidence.collaborators.select("track_id", "producer_id"),
        ]
    )
    producers = evidence.run.store.scan(evidence.derived.results["dumps"].producers)
    listening = (
        producers.filter(one_of("producer_id", members["producer_id"]))
        .select("producer_id", pl.col("user_id").alias("listener_id"))
        .drop_nulls()
        .collect()
    )
    return (
        members.join(listening, on="producer_id")
        .group_by("track_id", "listener_id")
        .agg(pl.col("producer_id").min().alias("owner_id"))
        .select(nobody.columns)
    )


def _profile(evidence: Evidence, days: pl.Series) -> pl.DataFrame:
    """The producer's profile completion on some days, and the dump that says so.

    day, profile_completion, stamp: the last dump up to the end of the day decides; before the
    first one that has the producer, that one does.
    """
    history = evidence.theirs(evidence.derived.results["dumps"].profile_history).sort("stamp")
    place = history["stamp"].dt.date().search_sorted(days, side="right").cast(pl.Int64) - 1
    known = history.select("profile_completion", "stamp")[place.clip(lower_bound=0)]
    return known.insert_column(0, days.alias("day"))


def _rules(evidence: Evidence) -> pl.DataFrame:
    plays = evidence.rulebook.plays
    least = evidence.rulebook.collaboration.play_min_profile_completion
    return pl.DataFrame(
        {
            "min_seconds": plays.min_seconds,
            "max_per_listener_track_day": plays.max_per_listener_track_day,
            "play_min_profile_completion": least,
        }
    )


def _in_words(evidence: Evidence, listening: pl.Expr) -> dict[str, pl.Expr]:
    """Each verdict in words, with its numbers, and the producer who listened."""
    rules = evidence.rulebook.plays
    least = evidence.rulebook.collaboration.play_min_profile_completion
    credited = pl.col("credited_at").dt.strftime("%Y-%m-%d %H:%M:%S")
    as_of = f"{evidence.as_of:%Y-%m-%d %H:%M:%S}"
    return {
        COUNTED: pl.lit(""),
        REPLACED: pl.lit(""),
        "not_yet": pl.lit(f"played at or after the snapshot's time, {as_of}"),
        "unknown_track": pl.lit("the dump in force has no such track"),
        "draft": pl.lit("the track is a draft"),
        "too_short": pl.format(
            "{} s played, {} s needed", pl.col("seconds_played").fill_null(0), rules.min_seconds
        ),
        "self_play": pl.format(
            "listener {} is producer {}, who worked on the track",
            "listener_id",
            listening,
        ),
        "over_limit": pl.format(
            "play {} of listener {} on that day, {} count",
            "nth_of_listener",
            "listener_id",
            rules.max_per_listener_track_day,
        ),
        "credit_not_yet": pl.format(
            "credited {}, at or after the snapshot's time, {}", credited, pl.lit(as_of)
        ),
        "credited_later": pl.format("credited after that day, {}", credited),
        "profile_incomplete": pl.format(
            "profile {} % complete by the dump of {}, {} % needed",
            "profile_completion",
            pl.col("profile_stamp").dt.strftime("%Y-%m-%dT%H-%M"),
            least,
        ),
    }
