"""Jobs: refreshes with more or less that is checked and reported, and a day counted again."""

from datetime import date

import dagster as dg

from assets.resources import ProjectResource
from monitoring.refresh import monitored
from pipelines.publication.publish import utc_now
from pipelines.refresh import rebuild_day

#: Of a run whose process was killed. It begins with its first step: what was done is found in the
#: store, and another refresh may have been there. Steps try again themselves what is worth it.
RETRIES = {
    "dagster/max_retries": "2",
    "dagster/retry_strategy": "ALL_STEPS",
    "dagster/retry_on_asset_or_op_failure": "false",
}
_EVERYTHING = dg.AssetSelection.all()
_REPORT = dg.AssetSelection.assets("balance_report")
_BY_SQL = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("leaderboard"), "agrees_with_sql"))
_SAMPLE_BY_SQL = dg.AssetSelection.checks(
    dg.AssetCheckKey(dg.AssetKey("leaderboard"), "sample_agrees_with_sql")
)

refresh_job = dg.define_asset_job(
    "refresh",
    selection=_EVERYTHING - _REPORT - _BY_SQL - _SAMPLE_BY_SQL,
    executor_def=dg.in_process_executor,
    run_tags=RETRIES,
    description="From the export files that are present to the published snapshot.",
)

hourly_job = dg.define_asset_job(
    "refresh_and_sample",
    selection=_EVERYTHING - _REPORT - _BY_SQL,
    executor_def=dg.in_process_executor,
    run_tags=RETRIES,
    description="The same, once a sample of producers has what the SQL files alone give them.",
)

# Looking at every play takes longer than an hourly refresh, and balance moves slowly.
nightly_job = dg.define_asset_job(
    "refresh_and_report",
    selection=_EVERYTHING - _SAMPLE_BY_SQL,
    executor_def=dg.in_process_executor,
    run_tags=RETRIES,
    description=(
        "The same, once every value is what the SQL files alone give, and a balance report of "
        "what is published."
    ),
)


@dg.op(description="Compute one day of plays again from its export rows, then refresh.")
def rebuild_plays_of_day(context: dg.OpExecutionContext, project: ProjectResource) -> None:
    """The day is the partition that the run was launched for."""
    day = date.fromisoformat(context.partition_key)
    with project.session() as session:
        outcome = monitored(
            session.settings,
            lambda steps: rebuild_day(session.settings, session.store, day, utc_now(), steps),
        )
    context.log.info(
        f"Plays of {day} were computed again. Snapshot {outcome.manifest.snapshot.snapshot_id}"
        + (" is new." if outcome.published else " stays: its content is the same.")
    )


@dg.job(
    name="rebuild_day",
    executor_def=dg.in_process_executor,
    run_tags=RETRIES,
    partitions_def=dg.DailyPartitionsDefinition(start_date="2000-01-01", end_offset=1),
    description="Choose a day in the Launchpad: its plays are computed again from export rows.",
)
def rebuild_day_job() -> None:
    """One operation."""
    rebuild_plays_of_day()
