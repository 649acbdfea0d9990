"""What the rules start from: accepted rows of export files, the rulebook, and as_of.

`export_files` has a row for each file that is present: entity, file (its place among those with
accepted rows, in the order of paths; null without any), stamp, is_rejected, rows_read, rejected.
Accepted rows have the columns of `EXPORT_ROWS`, with `file` and `row` (specification, section 1).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from pipelines.exports.ingest import Deliveries
from pipelines.rulebook import Rulebook
from pipelines.rulebook.tables import (
    achievements,
    boosts,
    collaboration_rule,
    daily_caps,
    levels,
    metadata_rule,
    play_rules,
    rates,
    thresholds,
    weights,
)
from pipelines.run import parameters
from pipelines.tables import COUNT, EXPORT_ROWS, FLAG, TEXT, TIME, Table
from pipelines.vocabulary import ENTITIES

#: The relation of the accepted rows of each entity.
ROWS: Final[Mapping[str, str]] = {
    "producers": "producer_rows",
    "tracks": "track_rows",
    "credits": "credit_rows",
    "plays": "play_rows",
    "earnings": "earning_rows",
    "grants": "grant_rows",
    "adjustments": "adjustment_rows",
}
#: Rules that continue from an earlier result have these, which are empty: there is none.
CONTINUED: Final[Mapping[str, str]] = {
    "profile_history_before": "profile_history",
    "first_complete_before": "first_complete",
    "best_days_before": "best_days",
}
_EXPORT_FILES: Final = pl.Schema(
    {
        "entity": TEXT,
        "file": COUNT,
        "stamp": TIME,
        "is_rejected": FLAG,
        "rows_read": COUNT,
        "rejected": COUNT,
    }
)


def no_rows(entity: str) -> pl.DataFrame:
    """The relation of accepted rows of an entity that has none."""
    return pl.DataFrame(schema={**EXPORT_ROWS[entity].schema, "file": COUNT})


def small_relations(
    deliveries: Deliveries, rulebook: Rulebook, as_of: datetime
) -> dict[str, pl.DataFrame]:
    """All relations that the rules start from, by name, except accepted rows."""
    return {
        "parameters": parameters(as_of),
        "entities": pl.DataFrame({"entity": ENTITIES}),
        "export_files": _export_files(deliveries),
        **rulebook_relations(rulebook),
        **{name: Table(result).empty for name, result in CONTINUED.items()},
    }


def rulebook_relations(rulebook: Rulebook) -> dict[str, pl.DataFrame]:
    """The sections of a rulebook, by the name of their relation (specification, section 3)."""
    return {
        "metadata_rule": metadata_rule(rulebook),
        "collaboration_rule": collaboration_rule(rulebook),
        "play_rules": play_rules(rulebook),
        "rates": rates(rulebook),
        "boosts": boosts(rulebook),
        "daily_caps": daily_caps(rulebook),
        "rulebook_levels": levels(rulebook),
        "rulebook_achievements": achievements(rulebook),
        "thresholds": thresholds(rulebook),
        "weights": weights(rulebook),
    }


def _export_files(deliveries: Deliveries) -> pl.DataFrame:
    rows = []
    for entity in ENTITIES:
        places = {d.path: place for place, d in enumerate(deliveries.accepted(entity))}
        for d in deliveries.files[entity]:
            account = d.contribution
            is_rejected = account.file_reason is not None
            place = places.get(d.path)
            rows.append((entity, place, d.stamp, is_rejected, account.rows_read, account.rejected))
    return pl.DataFrame(rows, schema=_EXPORT_FILES, orient="row")
