"""An asset for each table of each step.

A step that makes several tables is one multi-asset: asking for any of its tables performs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from assets.metadata import column_schema, description, is_sql, materialized
from assets.resources import ProjectResource, ResultMissingError
from pipelines.moments import ImpossibleTime
from pipelines.publication.publish import Refused, Unbalanced
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
        session = project.session
        with explained():
            result = session.perform(step)
        if session.unchanged is not None:
            context.log.info("Nothing is new: what was computed last holds.")
        made = result.tables()
        for name in tables:
            yield dg.MaterializeResult(
                asset_key=name, metadata=materialized(session.store, made.get(name, Table(name)))
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


@contextmanager
def explained() -> Iterator[None]:
    """Turn what an operator can mend into a failure with a sentence."""
    try:
        yield
    except ResultMissingError as error:
        first = ", ".join(tables_of(error.step) or (error.step,))
        raise dg.Failure(f"{error} Materialize first: {first}.") from None
    except Refused as error:
        raise dg.Failure(
            "Not published, the last snapshot stays: " + " ".join(map(str, error.complaints))
        ) from None
    except (ImpossibleTime, Unbalanced) as error:
        raise dg.Failure(str(error)) from None
