"""An asset for each table of each step.

A step that makes several tables is one multi-asset: asking for any of its tables performs it.
"""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from assets.metadata import column_schema, description, is_sql, materialized
from assets.resources import ProjectResource
from pipelines.steps import STEPS, Step, tables_of
from pipelines.tables import Declaration, Table

OWNERS: Final = ["team:producer-progress"]


def step_assets() -> list[dg.AssetsDefinition]:
    """The assets of all steps after the first."""
    return [_assets_of(step) for step in STEPS]


def _assets_of(step: Step) -> dg.AssetsDefinition:
    tables = tables_of(step.name)

    @dg.multi_asset(
        name=f"perform_{step.name}", specs=[_spec(step, table) for table in tables.values()]
    )
    def perform(
        context: dg.AssetExecutionContext, project: ProjectResource
    ) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        with project.session() as session:
            made = session.perform(step).tables()
            if session.unchanged is not None:
                context.log.info("Nothing is new: what was computed last holds.")
            for name in tables:
                yield dg.MaterializeResult(
                    asset_key=name,
                    metadata=materialized(session.store, made.get(name, Table(name))),
                )

    return perform


def _spec(step: Step, table: Declaration) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name,
        deps=sorted(table.inputs),
        description=description(table),
        group_name=step.group,
        owners=OWNERS,
        kinds={"duckdb", "sql"} if is_sql(table.name) else {"polars", "parquet"},
        metadata={"dagster/column_schema": column_schema(table)},
    )
