"""The first asset: the export files that are present."""

from collections import Counter
from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.failures import explained
from assets.instance import missing_settings
from assets.metadata import markdown
from assets.resources import ProjectResource
from assets.steps import OWNERS
from pipelines.exports.ingest import Deliveries
from pipelines.moments import as_of_time
from pipelines.vocabulary import ENTITIES


class RefreshConfig(dg.Config):
    """What a refresh can be asked for in the Launchpad."""

    as_of: str = ""
    full: bool = False
    ignore_guards: bool = False


@dg.asset(
    group_name="exports",
    owners=OWNERS,
    kinds={"polars", "pandera"},
    description=(
        "The export files that are present: each is read and validated once, and kept under the "
        "hash of its content. Begins a refresh. Config: as_of (a time, default now), full (reuse "
        "nothing), ignore_guards (publish although a guard objects, once)."
    ),
    check_specs=[
        dg.AssetCheckSpec(
            f"{entity}_rows_are_valid",
            asset="deliveries",
            description=f"No row and no file of {entity} was rejected by its Pandera schema.",
        )
        for entity in ENTITIES
    ]
    + [
        dg.AssetCheckSpec(
            "instance_is_set_up",
            asset="deliveries",
            description="Dagster notices a run whose process was killed.",
        )
    ],
)
def deliveries(
    context: dg.AssetExecutionContext, config: RefreshConfig, project: ProjectResource
) -> Iterator[object]:
    """Read what is new, and say what was rejected and why."""
    lacking = missing_settings(context.instance)
    yield dg.AssetCheckResult(
        check_name="instance_is_set_up",
        passed=not lacking,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(lacking) or None,
    )
    # A mistake in what one run was asked for says nothing about the next.
    with explained():
        as_of = as_of_time(config.as_of) if config.as_of else None
    with project.session() as session:
        found = session.begin(as_of, config.full, config.ignore_guards)
    summary = pl.DataFrame([_counts(found, entity) for entity in ENTITIES])
    yield dg.MaterializeResult(
        asset_key="deliveries",
        metadata={
            "dagster/row_count": int(summary["rows_read"].sum()),
            "rejected_rows": int(summary["rejected"].sum()),
            "by_entity": dg.MetadataValue.md(markdown(summary)),
            "ignored_files": dg.MetadataValue.json(found.ignored),
        },
    )
    for entity in ENTITIES:
        counts = _counts(found, entity)
        yield dg.AssetCheckResult(
            asset_key="deliveries",
            check_name=f"{entity}_rows_are_valid",
            passed=not counts["rejected"] and not counts["rejected_files"],
            severity=dg.AssetCheckSeverity.WARN,
            metadata=counts,
        )


def _counts(found: Deliveries, entity: str) -> dict[str, int | str]:
    of_files = [d.contribution for d in found.files[entity]]
    reasons: Counter[str] = Counter()
    for contribution in of_files:
        reasons.update(contribution.reasons)
        if contribution.file_reason:
            reasons[contribution.file_reason] += 1
    return {
        "entity": entity,
        "files": len(of_files),
        "rejected_files": sum(c.file_reason is not None for c in of_files),
        "rows_read": sum(c.rows_read for c in of_files),
        "rejected": sum(c.rejected for c in of_files),
        "reasons": ", ".join(f"{reason} ({n})" for reason, n in reasons.most_common()),
    }
