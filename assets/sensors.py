"""The sensor for new export files."""

import time
from collections.abc import Iterator

import dagster as dg

from assets.jobs import hourly_job, nightly_job, refresh_job
from pipelines.exports.files import list_exports
from pipelines.exports.ingest import listing_key
from pipelines.publication.manifest import last_check
from pipelines.settings import Settings
from pipelines.vocabulary import plural

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


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
        listing = list_exports(settings.project.exports, settings.exports)
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
        for job in (refresh_job, hourly_job, nightly_job):
            under_way = dg.RunsFilter(job_name=job.name, statuses=UNDER_WAY)
            if context.instance.get_runs_count(under_way):
                yield dg.SkipReason("A refresh is under way.")
                return
        yield dg.RunRequest()

    return new_exports
