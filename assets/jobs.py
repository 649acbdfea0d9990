"""Jobs: the refresh, the nightly one with a report, and a day's plays counted again."""

from datetime import date

import dagster as dg

from assets.resources import ProjectResource
from assets.steps import explained
from pipelines.publication.publish import utc_now
from pipelines.refresh import rebuild_day

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets("balance_report"),
    executor_def=dg.in_process_executor,
    description="From the export files that are present to the published snapshot.",
)

# Looking at every play takes longer than an hourly refresh, and balance moves slowly.
nightly_job = dg.define_asset_job(
    "refresh_and_report",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="The same, and a balance report of what is published.",
)


@dg.op(description="Compute one day of plays again from its export rows, then refresh.")
def rebuild_plays_of_day(context: dg.OpExecutionContext, project: ProjectResource) -> None:
    """The day is the partition that the run was launched for."""
    session = project.session
    day = date.fromisoformat(context.partition_key)
    with explained():
        outcome = rebuild_day(session.settings, session.store, day, utc_now())
    context.log.info(
        f"Plays of {day} were computed again. Snapshot {outcome.manifest.snapshot.snapshot_id}"
        + (" is new." if outcome.published else " stays: its content is the same.")
    )


@dg.job(
    name="rebuild_day",
    executor_def=dg.in_process_executor,
    partitions_def=dg.DailyPartitionsDefinition(start_date="2000-01-01", end_offset=1),
    description="Choose a day in the Launchpad: its plays are computed again from export rows.",
)
def rebuild_day_job() -> None:
    """One operation."""
    rebuild_plays_of_day()
