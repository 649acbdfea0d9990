"""What became of the events that name a producer: earnings, grants, adjustments.

(Specification, section 2: earning; section 3: achievements, XP ledger.)
"""

import polars as pl

from analysis.explain.evidence import Evidence, last_of_each, one_of, remembered
from analysis.explain.verdicts import COUNTED
from pipelines.exports.events import EVENT_TIMES
from pipelines.exports.identity import key_columns
from pipelines.tables import COUNT, ID, TEXT, TIME

_JUDGED = {"file": TEXT, "row": COUNT, "verdict": TEXT, "detail": TEXT}
EARNINGS = pl.Schema(
    {
        "earned_at": TIME,
        "earning_id": ID,
        "amount_cents": COUNT,
        "earned_so_far_cents": COUNT,
        "track_id": ID,
        **_JUDGED,
    }
)
GRANTS = pl.Schema(
    {
        "granted_at": TIME,
        "grant_id": ID,
        "achievement_id": TEXT,
        "granted_by": TEXT,
        "note": TEXT,
        **_JUDGED,
    }
)
ADJUSTMENTS = pl.Schema(
    {
        "adjusted_at": TIME,
        "adjustment_id": ID,
        "xp": COUNT,
        "reason": TEXT,
        "adjusted_by": TEXT,
        **_JUDGED,
    }
)


@remembered
def adjustments(evidence: Evidence) -> pl.DataFrame:
    """Every accepted row of the adjustments that names the producer: see ADJUSTMENTS."""
    return _judged(evidence, "adjustments").select(ADJUSTMENTS.names())


@remembered
def earnings(evidence: Evidence) -> pl.DataFrame:
    """Every accepted row of the earnings that names the producer: see EARNINGS.

    `earned_so_far_cents` is the sum that the earnings achievements follow, in the order of
    (earned_at, earning_id).
    """
    is_counted = pl.col("verdict") == COUNTED
    amount = pl.when(is_counted).then("amount_cents").otherwise(0)
    return (
        _judged(evidence, "earnings")
        .with_columns(pl.when(is_counted).then(amount.cum_sum()).alias("earned_so_far_cents"))
        .select(EARNINGS.names())
    )


@remembered
def grants(evidence: Evidence) -> pl.DataFrame:
    """Every accepted row of the grants that names the producer: see GRANTS.

    One grant unlocks an achievement, the earliest.
    """
    granted = [a.id for a in evidence.rulebook.achievements if a.metric == "granted"]
    is_counted = pl.col("verdict") == COUNTED
    is_first = pl.int_range(pl.len()).over("achievement_id", "verdict") == 0
    verdict = (
        pl.when(is_counted & ~pl.col("achievement_id").is_in(granted))
        .then(pl.lit("unknown_achievement"))
        .when(is_counted & ~is_first)
        .then(pl.lit("granted_before"))
        .otherwise("verdict")
    )
    words = {
        "unknown_achievement": "no achievement of this id is granted by the rulebook",
        "granted_before": "an earlier grant unlocked it",
    }
    return (
        _judged(evidence, "grants")
        .with_columns(verdict.alias("verdict"))
        .with_columns(
            pl.col("verdict").replace_strict(words, default=pl.col("detail")).alias("detail")
        )
        .select(GRANTS.names())
    )


def _judged(evidence: Evidence, entity: str) -> pl.DataFrame:
    """Rows of an entity that name the producer, with verdict and detail, in order of time."""
    time, key = EVENT_TIMES[entity], key_columns(entity)
    rows = evidence.rows(entity, evidence.is_them)
    rivals = evidence.rows(entity, one_of(key[0], rows[key[0]]))
    latest = last_of_each(rivals, key).select(
        *key,
        pl.col("place").alias("last_place"),
        pl.col("row").alias("last_row"),
        pl.col("file").alias("last_file"),
    )
    is_last = (pl.col("place") == pl.col("last_place")) & (pl.col("row") == pl.col("last_row"))
    verdict = (
        pl.when(~is_last)
        .then(pl.lit("replaced"))
        .when(pl.col(time) >= evidence.as_of)
        .then(pl.lit("not_yet"))
        .otherwise(pl.lit(COUNTED))
    )
    as_of = f"{evidence.as_of:%Y-%m-%d %H:%M:%S}"
    detail = (
        pl.when(pl.col("verdict") == "replaced")
        .then(pl.format("replaced by {}/{} row {}", pl.lit(entity), "last_file", "last_row"))
        .when(pl.col("verdict") == "not_yet")
        .then(pl.lit(f"dated at or after the snapshot's time, {as_of}"))
        .otherwise(pl.lit(""))
    )
    return (
        rows.join(latest, on=list(key))
        .with_columns(verdict.alias("verdict"))
        .with_columns(detail.alias("detail"))
        .sort(time, *key, "place", "row")
    )
