"""The hourly and the nightly refresh."""

from collections.abc import Mapping

import dagster as dg

from assets.jobs import hourly_job, nightly_job
from pipelines.settings import Schedules


def schedules(crons: Schedules) -> list[dg.ScheduleDefinition]:
    """The hourly refresh, and the nightly one that reuses nothing, which proves the hourly ones.

    The nightly one reports, too.
    """
    config = {"ops": {"deliveries": {"config": {"full": True}}}}
    found = []
    if crons.hourly:
        found.append(_schedule("hourly_refresh", hourly_job.name, crons.hourly, {}))
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
