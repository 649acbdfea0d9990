"""The hourly and the nightly refresh, and the daily removal of old runs."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from assets.clean_up import clean_up_job
from assets.jobs import hourly_job, nightly_job
from pipelines.failures import Failure
from pipelines.publication.hold import held
from pipelines.settings import Schedules, load_settings

#: When hardly anybody else wants the daemon; UTC.
_CLEAN_UP = "40 4 * * *"


def schedules(settings_file: Path, crons: Schedules) -> list[dg.ScheduleDefinition]:
    """The hourly refresh, and the nightly one that reuses nothing, which proves the hourly ones.

    The nightly one reports, too. While publication is held, both say so and start nothing. Old runs
    are removed once a day in any case.
    """
    config = {"ops": {"deliveries": {"config": {"full": True}}}}
    found = [
        dg.ScheduleDefinition(
            name="clean_up",
            job_name=clean_up_job.name,
            cron_schedule=_CLEAN_UP,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    ]
    if crons.hourly:
        found.append(_schedule(settings_file, "hourly_refresh", hourly_job.name, crons.hourly, {}))
    if crons.nightly:
        found.append(
            _schedule(settings_file, "nightly_refresh", nightly_job.name, crons.nightly, config)
        )
    return found


def _schedule(
    settings_file: Path, name: str, job: str, cron: str, config: Mapping[str, object]
) -> dg.ScheduleDefinition:
    def start(_: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            hold = held(load_settings(settings_file).project.store)
        except Failure:
            hold = None  # the run says what is wrong
        return dg.RunRequest(run_config=dict(config)) if hold is None else dg.SkipReason(str(hold))

    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        execution_fn=start,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
