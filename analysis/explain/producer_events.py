"""What became of the events that name a producer: earnings, grants, adjustments.

(Specification, section 2: earning; section 3: achievements, XP ledger.)
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
from analysis.export_rows import one_of
from pipelines.exports.events import EVENT_TIMES
from pipelines.exports.identity import key_columns
from pipelines.tables import COUNT, ID, TEXT, TIME

EARNINGS = pl.Schema(
    {
        "earned_at": TIME,
        "earning_id": ID,
        "amount_cents": COUNT,
        "earned_so_far_cents": COUNT,
        "track_id": ID,
        **JUDGED,
    }
)
GRANTS = pl.Schema(
    {
        "granted_at": TIME,
        "grant_id": ID,
        "achievement_id": TEXT,
        "granted_by": TEXT,
        "note": TEXT,
        **JUDGED,
    }
)
ADJUSTMENTS = pl.Schema(
    {
        "adjusted_at": TIME,
        "adjustment_id": ID,
        "xp": COUNT,
        "reason": TEXT,
        "adjusted_by": TEXT,
        **JUDGED,
    }
)


@remembered
def adjustments(evidence: Evidence) -> pl.DataFrame:
    """Every accepted row of the adjustments that names the producer: see ADJUSTMENTS."""
    judged = _judged(evidence, "adjustments")
    return _told(evidence, "adjustments", judged).select(ADJUSTMENTS.names())


@remembered
def earnings(evidence: Evidence) -> pl.DataFrame:
    """Every accepted row of the earnings that names the producer: see EARNINGS.

    `earned_so_far_cents` is the sum that the earnings achievements follow, in the order of
    (earned_at, earning_id).
    """
    is_counted = pl.col("verdict") == COUNTED
    amount = pl.when(is_counted).then("amount_cents").otherwise(0)
    return (
        _told(evidence, "earnings", _judged(evidence, "earnings"))
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
    judged = (
        _judged(evidence, "grants")
        .with_columns(verdict.alias("verdict"))
        .with_columns(
            pl.col("verdict").replace_strict(words, default=pl.col("detail")).alias("detail")
        )
    )
    return _told(evidence, "grants", judged).select(GRANTS.names())


def _judged(evidence: Evidence, entity: str) -> pl.DataFrame:
    """Rows of an entity that name the producer, with verdict and detail, in order of time.

    What replaced a row is named by place, row, file and producer.
    """
    time, key = EVENT_TIMES[entity], key_columns(entity)
    named = evidence.rows(entity, evidence.is_them)
    rivals = evidence.rows(entity, one_of(key[0], named[key[0]]))
    verdict = (
        pl.when(pl.col("replaced_by_row").is_not_null())
        .then(pl.lit(REPLACED))
        .when(pl.col(time) >= evidence.as_of)
        .then(pl.lit("not_yet"))
        .otherwise(pl.lit(COUNTED))
    )
    as_of = f"{evidence.as_of:%Y-%m-%d %H:%M:%S}"
    detail = (
        pl.when(pl.col("verdict") == "not_yet")
        .then(pl.lit(f"dated at or after the snapshot's time, {as_of}"))
        .otherwise(pl.lit(""))
    )
    return (
        with_later(rivals, key)
        .filter(evidence.is_them)
        .with_columns(verdict.alias("verdict"))
        .with_columns(detail.alias("detail"))
        .sort(time, *key, "place", "row")
    )


def _told(evidence: Evidence, entity: str, judged: pl.DataFrame) -> pl.DataFrame:
    return tell_replaced(judged, entity, of_other_producers(evidence, judged))
