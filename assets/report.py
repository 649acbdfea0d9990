"""The balance report of what is published, beside the snapshot that it is about."""

import dagster as dg

from assets.failures import ResultMissingError, explained
from assets.resources import ProjectResource
from assets.steps import OWNERS
from pipelines.publication.manifest import NoSnapshot
from pipelines.published.snapshot import open_snapshot


@dg.asset(
    deps=["snapshot"],
    group_name="publication",
    owners=OWNERS,
    kinds={"html", "altair"},
    description=(
        "The balance report: one HTML file in the snapshot's folder, which goes when the snapshot "
        "does. The nightly job makes it; materialize it for one of what is published now."
    ),
)
def balance_report(project: ProjectResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write the report of the published snapshot, and show its headline figures."""
    # Imported here: charts are slow to import, and most runs draw none.
    from analysis.balance import write_report

    with project.session() as session:
        root, settings = session.store.root, session.settings
    # Not a part of the refresh: what goes wrong here is not what the refresh failed on.
    with explained():
        try:
            snapshot = open_snapshot(root)
        except NoSnapshot:
            raise ResultMissingError("snapshot") from None
        path = root / "snapshots" / snapshot.row.snapshot_id / "balance.html"
        figures = write_report(settings, snapshot, path)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(path),
            "snapshot_id": snapshot.row.snapshot_id,
            **{name: figure for name, figure in figures.items() if figure is not None},
        }
    )
