"""Which step makes which tables, and the asset that performs a step.

A step that makes several tables is one multi-asset: asking for any of its tables performs it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import dagster as dg

from assets.describe import (
    column_lineage,
    column_schema,
    description,
    reads,
    shown,
    sql_of,
    tables_of,
)
from assets.project import Project, ResultMissingError
from pipelines.publication.publish import Refused, Unbalanced
from pipelines.steps import DELIVERIES, STEPS, Step

OWNERS: Final = ["team:producer-progress"]

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
    "producer_plays": ("track_plays", "producer_plays"),
    "play_milestones": (
        "track_totals",
        "track_milestones",
        "play_totals",
        "best_days",
        "play_milestones",
    ),
    "activity_unlocks": ("activity_unlocks", "upload_streaks"),
    "play_unlocks": ("play_unlocks",),
    "awards": ("awards",),
    "level_ups": ("xp_sums", "level_ups", "level_unlocks"),
    "xp_ledger": ("xp_ledger",),
    "progress": ("progress", "unlocks", "achievements", "levels"),
    "leaderboard": ("leaderboard",),
    "inputs": ("inputs", "files", "bad_cells", "rejects"),
}

GROUPS: Final[Mapping[str, str]] = {
    "dumps": "exports",
    "events": "exports",
    "catalogue": "activity",
    "counted_plays": "activity",
    "producer_plays": "activity",
    "play_milestones": "progress",
    "activity_unlocks": "progress",
    "play_unlocks": "progress",
    "awards": "ledger",
    "level_ups": "ledger",
    "xp_ledger": "ledger",
    "progress": "progress",
    "leaderboard": "boards",
    "inputs": "publication",
}


def step_assets() -> list[dg.AssetsDefinition]:
    """The assets of all steps after the first."""
    return [_assets_of(step) for step in STEPS]


def _assets_of(step: Step) -> dg.AssetsDefinition:
    @dg.multi_asset(name=f"perform_{step.name}", specs=_specs(step))
    def perform(
        context: dg.AssetExecutionContext, project: Project
    ) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        session = project.session
        with explained():
            result = session.perform(step)
        if session.unchanged is not None:
            context.log.info("Nothing is new: what was computed last holds.")
        for name in MAKES[step.name]:
            yield dg.MaterializeResult(
                asset_key=name, metadata=shown(session.store, tables_of(result, name))
            )

    return perform


def _specs(step: Step) -> list[dg.AssetSpec]:
    """The assets that a step makes; together they depend on every step that it needs."""
    known = {table for need in step.needs for table in MAKES.get(need, ())}
    upstream = {name: set(reads(name) & known) for name in MAKES[step.name]}
    if set(DELIVERIES) & set(step.needs):
        upstream = {name: tables | {"deliveries"} for name, tables in upstream.items()}
    for need in step.needs:
        if need not in DELIVERIES and not any(
            set(MAKES[need]) & deps for deps in upstream.values()
        ):
            upstream[MAKES[step.name][0]].update(MAKES[need])
    return [
        dg.AssetSpec(
            name,
            deps=sorted(upstream[name]),
            description=description(name),
            group_name=GROUPS[step.name],
            owners=OWNERS,
            kinds={"duckdb", "sql"} if sql_of(name) else {"polars", "parquet"},
            metadata={
                "dagster/column_schema": column_schema(name),
                "dagster/column_lineage": column_lineage(name, upstream[name] - {"deliveries"}),
            },
        )
        for name in MAKES[step.name]
    ]


@contextmanager
def explained() -> Iterator[None]:
    """Turn what an operator can mend into a failure with a sentence."""
    try:
        yield
    except ResultMissingError as error:
        first = ", ".join(MAKES.get(error.step, (error.step,)))
        raise dg.Failure(f"{error} Materialize first: {first}.") from None
    except Refused as error:
        raise dg.Failure(
            "Not published, the last snapshot stays: " + " ".join(map(str, error.complaints))
        ) from None
    except Unbalanced as error:
        raise dg.Failure(str(error)) from None
