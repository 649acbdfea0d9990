"""The last asset: the published snapshot."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import msgspec

from assets.resources import ProjectResource
from assets.steps import OWNERS, explained
from monitoring.record import VERDICTS, rows_of
from pipelines.publication.manifest import Manifest
from pipelines.settings import Settings
from pipelines.tables import SNAPSHOT


def snapshot_asset(settings: Settings) -> dg.AssetsDefinition:
    """The published snapshot, with the freshness that the settings promise."""

    @dg.asset(
        name="snapshot",
        deps=list(SNAPSHOT.inputs),
        group_name="publication",
        owners=OWNERS,
        kinds={"parquet"},
        description=(
            "The published snapshot: immutable files, a manifest, one atomic pointer. Publishes "
            "nothing if the content is what is published already."
        ),
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(minutes=settings.freshness.fail_after_minutes),
            warn_window=timedelta(minutes=settings.freshness.warn_after_minutes),
        ),
    )
    def snapshot(project: ProjectResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with explained():
            outcome = project.session.publish()
        row = msgspec.to_builtins(outcome.manifest.snapshot)
        return dg.MaterializeResult(
            metadata={
                **{name: str(value) for name, value in row.items()},
                **_numbers(project.session.store.root, outcome.manifest),
                "published": outcome.published,
                "notices": dg.MetadataValue.json(outcome.notices),
            }
        )

    return snapshot


def _numbers(root: Path, manifest: Manifest) -> dict[str, int]:
    """What Dagster plots over time: producers, bytes, and rows by entity and verdict."""
    parts = (part for parts in manifest.tables.values() for part in parts)
    numbers = {"producers": manifest.snapshot.producers, "bytes": sum(p.bytes for p in parts)}
    for entity, rows in rows_of(root, manifest).items():
        if rows.files:
            for verdict in VERDICTS:
                numbers[f"{entity}_{verdict}"] = getattr(rows, verdict)
    return numbers
