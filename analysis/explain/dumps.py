"""What became of a producer's tracks and credits: uploads, metadata completions, collaborations.

(Specification, section 2.) Each table has the export row that counts, or the one that does not and
why; `counted` rows are the quantities of the ledger.
"""

import polars as pl

from analysis.explain.evidence import Evidence, remembered
from analysis.explain.replacements import (
    JUDGED,
    of_other_producers,
    tell_replaced,
    with_later,
)
from analysis.explain.verdicts import COUNTED, REPLACED
from analysis.export_rows import last_of_each, one_of
from pipelines.exports.identity import key_columns
from pipelines.tables import COUNT, ID, TEXT, TIME

UPLOADS = pl.Schema({"published_at": TIME, "track_id": ID, "title": TEXT, **JUDGED})
METADATA = pl.Schema(
    {
        "completed_at": TIME,
        "track_id": ID,
        "title": TEXT,
        **JUDGED,
        "filled_fields": COUNT,
        "missing_fields": TEXT,
    }
)
COLLABORATIONS = pl.Schema(
    {
        "collaborated_at": TIME,
        "track_id": ID,
        "uploader_id": ID,
        "collaborator_id": ID,
        "credited_at": TIME,
        **JUDGED,
    }
)
OTHER_DUMPS = pl.Schema(
    {"entity": TEXT, "stamp": TIME, "verdict": TEXT, "rows": COUNT, "rejected_files": TEXT}
)


@remembered
def uploads(evidence: Evidence) -> pl.DataFrame:
    """Each row of the dump in force that says that a track is theirs: see UPLOADS."""
    tracks = _rows_of_tracks(evidence)
    judged = tracks.with_columns(
        pl.coalesce(_replaced(), _not_live(evidence), pl.lit(COUNTED)).alias("verdict")
    ).with_columns(_live_detail(evidence).alias("detail"))
    return (
        tell_replaced(judged, "tracks", of_other_producers(evidence, tracks))
        .sort("published_at", "track_id", "place", "row", nulls_last=True)
        .select(UPLOADS.names())
    )


@remembered
def metadata(evidence: Evidence) -> pl.DataFrame:
    """Whether each track's metadata is complete: see METADATA.

    The row of a counted one stands in the earliest visible dump in which the track was complete:
    that row dates it. Of the others it is the row in force.
    """
    rule = evidence.rulebook.metadata
    filled = pl.sum_horizontal(pl.col(field).cast(COUNT) for field in rule.fields)
    is_complete = 100 * filled >= rule.complete_at_percent * len(rule.fields)
    tracks = _rows_of_tracks(evidence)
    first = _first_complete(evidence, tracks["track_id"], is_complete)
    missing = pl.concat_str(
        [pl.when(~pl.col(field)).then(pl.lit(field)) for field in rule.fields],
        separator=", ",
        ignore_nulls=True,
    )
    completed_at = pl.max_horizontal("published_at", "first_updated_at")
    is_dated = pl.col("verdict") == COUNTED
    judged = (
        tracks.join(first, on="track_id", how="left")
        .with_columns(filled.alias("filled_fields"), missing.alias("missing_fields"))
        .with_columns(
            pl.coalesce(
                _replaced(),
                _not_live(evidence),
                pl.when(~is_complete).then(pl.lit("incomplete")),
                pl.when(completed_at >= evidence.as_of).then(pl.lit("completed_later")),
                pl.lit(COUNTED),
            ).alias("verdict")
        )
        .with_columns(pl.when(is_complete).then(completed_at).alias("completed_at"))
        .with_columns(
            pl.when(pl.col("verdict") == "incomplete")
            .then(
                pl.format(
                    "{} of {} fields filled in, {} % needed; missing: {}",
                    "filled_fields",
                    len(rule.fields),
                    rule.complete_at_percent,
                    "missing_fields",
                )
            )
            .when(pl.col("verdict") == "completed_later")
            .then(
                pl.format(
                    "complete since {}, at or after the snapshot's time", _time("completed_at")
                )
            )
            .otherwise(_live_detail(evidence))
            .alias("detail")
        )
    )
    return (
        tell_replaced(judged, "tracks", of_other_producers(evidence, tracks))
        .sort("completed_at", "track_id", "place", "row", nulls_last=True)
        .with_columns(
            pl.when(is_dated).then("first_file").otherwise("file").alias("file"),
            pl.when(is_dated).then("first_row").otherwise("row").alias("row"),
        )
        .select(METADATA.names())
    )


@remembered
def collaborations(evidence: Evidence) -> pl.DataFrame:
    """What each credit on their tracks, or of them on others' tracks, led to: see COLLABORATIONS.

    An uploader has one collaboration on a track, from its first collaborator's credit.
    """
    tracks = evidence.tracks.select(
        "track_id", pl.col("producer_id").alias("uploader_id"), "is_known", "status", "published_at"
    )
    theirs = one_of("track_id", evidence.uploaded["track_id"]) | evidence.is_them
    rows = with_later(evidence.in_force("credits", theirs), key_columns("credits"))
    credits = rows.join(tracks, on="track_id", how="left")
    known = evidence.run.store.scan(evidence.derived.results["dumps"].producers).select(
        pl.col("producer_id").alias("collaborator_id"), pl.lit(True).alias("is_producer")
    )
    known = known.filter(one_of("collaborator_id", credits["producer_id"]))
    is_uploader = pl.col("uploader_id") == evidence.producer_id
    judged = (
        credits.rename({"producer_id": "collaborator_id"})
        .join(known.collect(), on="collaborator_id", how="left")
        .with_columns(
            pl.max_horizontal("published_at", "credited_at").alias("collaborated_at"),
            pl.coalesce(
                _replaced(),
                pl.when(~pl.col("is_known").fill_null(False)).then(pl.lit("unknown_track")),
                pl.when(pl.col("collaborator_id") == pl.col("uploader_id")).then(
                    pl.lit("own_track")
                ),
                pl.when(pl.col("is_producer").is_null()).then(pl.lit("unknown_producer")),
                pl.when(pl.col("credited_at") >= evidence.as_of).then(pl.lit("credit_not_yet")),
                _not_live(evidence),
                pl.lit(COUNTED),
            ).alias("verdict"),
        )
        .sort("collaborated_at", "credited_at", "collaborator_id", "track_id", "place", "row")
    )
    is_first = pl.int_range(pl.len()).over("track_id", "verdict") == 0
    further = is_uploader & (pl.col("verdict") == COUNTED) & ~is_first
    told = judged.with_columns(
        pl.when(further).then(pl.lit("one_per_track")).otherwise("verdict").alias("verdict")
    ).with_columns(_collaboration_detail(evidence).alias("detail"))
    return tell_replaced(told, "credits").select(COLLABORATIONS.names())


def other_dumps(evidence: Evidence) -> pl.DataFrame:
    """Dumps that are not visible: not yet, or since a file of them was rejected: see OTHER_DUMPS.

    `rows` of them name the producer.
    """
    found = []
    for entity, dumps in evidence.derived.results["dumps"].dumps.items():
        for dump in dumps:
            if dump.complete and dump.stamp <= evidence.as_of:
                continue
            files = evidence.files_of(entity, [dump])
            rejected = [d.path for d in files if d.contribution.file_reason]
            verdict = "not_yet" if dump.stamp > evidence.as_of else "incomplete_dump"
            rows = evidence.rows(entity, evidence.is_them, files).height
            found.append((entity, dump.stamp, verdict, rows, ", ".join(rejected) or None))
    return pl.DataFrame(found, schema=OTHER_DUMPS, orient="row")


def _rows_of_tracks(evidence: Evidence) -> pl.DataFrame:
    """The rows of the dump in force that name them as uploader, and what replaced some of them."""
    named = evidence.in_force("tracks", evidence.is_them)
    rows = evidence.in_force("tracks", one_of("track_id", named["track_id"]))
    return with_later(rows, key_columns("tracks")).filter(evidence.is_them)


def _replaced() -> pl.Expr:
    """The verdict on a row that a later one replaced; null on others."""
    return pl.when(pl.col("replaced_by_row").is_not_null()).then(pl.lit(REPLACED))


def _not_live(evidence: Evidence) -> pl.Expr:
    """Why a track is not live; null if it is."""
    status = pl.col("status")
    return (
        pl.when(status != "published")
        .then(status)
        .when(pl.col("published_at") >= evidence.as_of)
        .then(pl.lit("not_yet"))
    )


def _live_detail(evidence: Evidence) -> pl.Expr:
    as_of = f"{evidence.as_of:%Y-%m-%d %H:%M:%S}"
    words = {
        "draft": pl.lit("the track is a draft"),
        "removed": pl.lit("the track was removed"),
        "not_yet": pl.format(
            "published {}, at or after the snapshot's time, {}",
            _time("published_at"),
            pl.lit(as_of),
        ),
    }
    return pl.coalesce(
        *(pl.when(pl.col("verdict") == verdict).then(said) for verdict, said in words.items()),
        pl.lit(""),
    )


def _collaboration_detail(evidence: Evidence) -> pl.Expr:
    words = {
        "unknown_track": pl.lit("the dump in force has no such track"),
        "own_track": pl.lit("credited on a track of their own"),
        "unknown_producer": pl.format("producer {} is not in the dump in force", "collaborator_id"),
        "credit_not_yet": pl.format(
            "credited {}, at or after the snapshot's time", _time("credited_at")
        ),
        "one_per_track": pl.lit("the uploader has one collaboration on a track, from its first"),
    }
    return pl.coalesce(
        *(pl.when(pl.col("verdict") == verdict).then(said) for verdict, said in words.items()),
        _live_detail(evidence),
    )


def _first_complete(evidence: Evidence, track_ids: pl.Series, is_complete: pl.Expr) -> pl.DataFrame:
    """The row of each track in the earliest visible dump in which it was complete.

    track_id, first_file, first_row, first_updated_at.
    """
    dumps = evidence.visible("tracks")
    rows = evidence.rows(
        "tracks", one_of("track_id", track_ids), evidence.files_of("tracks", dumps)
    )
    stamps = pl.DataFrame(
        [(place, d.stamp) for place, d in enumerate(evidence.files("tracks"))],
        schema={"place": COUNT, "stamp": TIME},
        orient="row",
    )
    return (
        last_of_each(rows.join(stamps, on="place").sort("place", "row"), ("track_id", "stamp"))
        .filter(is_complete)
        .sort("stamp")
        .unique("track_id", keep="first", maintain_order=True)
        .select(
            "track_id",
            pl.col("file").alias("first_file"),
            pl.col("row").alias("first_row"),
            pl.col("updated_at").alias("first_updated_at"),
        )
    )


def _time(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%Y-%m-%d %H:%M:%S")
