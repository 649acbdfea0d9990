"""Which step makes which tables, and the asset that performs a step.

A step that makes several tables is one multi-asset: asking for any of its tables performs it.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import dagster as dg
import msgspec

from assets.lineage import description_of, tables_read_by
from assets.metadata import column_schema, contents, table_metadata
from assets.project import Project, ResultMissing
from pipelines.steps import STEPS, Step
from pipelines.store.store import key_of

#: The tables that each step makes, as `pipelines.tables` names them; each is an asset.
MAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "dumps": ("producers", "tracks", "credits", "profile_history", "first_complete"),
    "events": ("earnings", "grants", "adjustments"),
    "catalogue": (
        "collaborators",
        "uploads",
        "metadata_completions",
        "collaborations",
        "partners",
        "attribution",
        "self_listeners",
    ),
    "counted_plays": ("counted_plays",),
    "producer_plays": ("producer_plays",),
    "play_milestones": (
        "track_totals",
        "track_milestones",
        "play_totals",
        "best_days",
        "play_milestones",
    ),
    "unlocks": ("unlocks_before_levels", "upload_streaks"),
    "awards": ("awards",),
    "level_ups": ("xp_sums", "level_ups", "level_unlocks"),
    "xp_ledger": ("xp_ledger", "xp_totals"),
    "progress": ("progress", "unlocks", "achievements", "levels"),
    "leaderboard": ("leaderboard",),
    "inputs": ("inputs", "files", "bad_cells", "rejects"),
}

#: What a table is made from beside what its SQL file reads.
ALSO_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "awards": ("producer_plays",),
    "inputs": ("deliveries", "counted_plays", "producer_plays"),
    "files": ("deliveries",),
    "bad_cells": ("deliveries",),
    "rejects": ("deliveries",),
}

STEP_NAMED: Final = {step.name: step for step in STEPS}


def asset_specs(step: str, kinds: set[str]) -> list[dg.AssetSpec]:
    """The assets that a step makes, each with what it is made from."""
    return [
        dg.AssetSpec(
            table,
            deps=sorted({*tables_read_by(table), *ALSO_READS.get(table, ())}),
            description=description_of(table),
            kinds=kinds,
            metadata={"dagster/column_schema": column_schema(table)},
        )
        for table in MAKES[step]
    ]


def step_assets(step: str, kinds: set[str]) -> dg.AssetsDefinition:
    """The asset that performs a step and shows what each of its tables holds."""

    @dg.multi_asset(name=step, specs=asset_specs(step, kinds))
    def perform_step(
        context: dg.AssetExecutionContext, project: Project
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from materialize(context, project, STEP_NAMED[step])

    return perform_step


def materialize(
    context: dg.AssetExecutionContext, project: Project, step: Step
) -> Iterator[dg.MaterializeResult[None]]:
    """Perform a step and describe each of its tables."""
    session = project.session
    with missing_results_explained():
        result = session.perform(step)
    if session.unchanged is not None:
        context.log.info("Nothing is new: what was computed last holds.")
    for name in MAKES[step.name]:
        table = contents(result, name)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata=table_metadata(session.store, table),
            data_version=dg.DataVersion(key_of(table)),
        )
