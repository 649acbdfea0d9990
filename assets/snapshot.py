"""The last asset: the published snapshot."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import dagster as dg
import msgspec

from assets.resources import ProjectResource
from assets.steps import OWNERS
from monitoring.record import VERDICTS, rows_of
from pipelines.publication.manifest import Manifest
from pipelines.settings import Freshness
from pipelines.tables import SNAPSHOT

_GUARDS: Final = "guards_hold"


def snapshot_asset(freshness: Freshness) -> dg.AssetsDefinition:
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
        check_specs=[
            dg.AssetCheckSpec(
                _GUARDS,
                asset="snapshot",
                description="Too much bad input stops the publication, unless it is ignored once.",
            )
        ],
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(minutes=freshness.fail_after_minutes),
            warn_window=timedelta(minutes=freshness.warn_after_minutes),
        ),
    )
    def snapshot(project: ProjectResource) -> Iterator[object]:
        with project.session() as session:
            # Before publication: they compare with what is published.
            said = [str(complaint) for complaint in session.complaints()]
            yield dg.AssetCheckResult(
                check_name=_GUARDS,
                passed=not said or session.request.ignore_guards,
                description=" ".join(said) or None,
            )
            outcome = session.publish()
        row = msgspec.to_builtins(outcome.manifest.snapshot)
        yield dg.MaterializeResult(
            metadata={
                **{name: str(value) for name, value in row.items()},
                **_numbers(session.store.root, outcome.manifest),
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
