"""What starts runs: jobs, schedules, and the sensor for new export files."""

import time
from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg

from assets.project import Project
from assets.steps import explained
from pipelines.exports.files import list_exports
from pipelines.exports.ingest import listing_key
from pipelines.publication.manifest import last_check
from pipelines.publication.publish import utc_now
from pipelines.refresh import rebuild_day
from pipelines.settings import Settings
from pipelines.vocabulary import plural

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]

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
def rebuild_plays_of_day(context: dg.OpExecutionContext, project: Project) -> None:
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


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The hourly refresh, and the nightly one that reuses nothing, which proves the hourly ones.

    The nightly one reports, too.
    """
    crons = settings.schedules
    config = {"ops": {"deliveries": {"config": {"full": True}}}}
    found = []
    if crons.hourly:
        found.append(_schedule("hourly_refresh", refresh_job.name, crons.hourly, {}))
    if crons.nightly:
        found.append(_schedule("nightly_refresh", nightly_job.name, crons.nightly, config))
    return found


def _schedule(
    name: str, job: str, cron: str, config: Mapping[str, object]
) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        run_config=dict(config),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def new_exports_sensor(settings: Settings) -> dg.SensorDefinition:
    """Starts a refresh when export files are new and have been still for a while."""

    @dg.sensor(
        name="new_exports",
        job=refresh_job,
        minimum_interval_seconds=30,
        default_status=(
            dg.DefaultSensorStatus.RUNNING
            if settings.sensor.new_exports
            else dg.DefaultSensorStatus.STOPPED
        ),
    )
    def new_exports(
        context: dg.SensorEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        # No run key: one that was used once would silently hold back a later refresh.
        listing = list_exports(settings.project.exports)
        checked = last_check(settings.project.store)
        if checked is not None and checked.listing == listing_key(listing):
            yield dg.SkipReason("The export files are those that the last refresh looked at.")
            return
        youngest = max((file.changed_ns for file in listing.files), default=0)
        if time.time_ns() - youngest < settings.sensor.quiet_seconds * 1_000_000_000:
            yield dg.SkipReason(
                "An export file changed less than "
                f"{plural(settings.sensor.quiet_seconds, 'second')} ago: it may not be complete."
            )
            return
        for job in (refresh_job, nightly_job):
            under_way = dg.RunsFilter(job_name=job.name, statuses=UNDER_WAY)
            if context.instance.get_runs_count(under_way):
                yield dg.SkipReason("A refresh is under way.")
                return
        yield dg.RunRequest()

    return new_exports
