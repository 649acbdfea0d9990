"""The sensor for new export files.

It asks the store's own records what the last refresh looked at, and what it failed on. Its cursor
only knows which runs it has started itself: a run that was killed, or could not write, leaves no
record, and is started again after a while that doubles.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import dagster as dg
import msgspec

from assets.instance import missing_settings
from assets.jobs import hourly_job, nightly_job, refresh_job
from pipelines.exports.files import list_exports
from pipelines.exports.ingest import listing_key
from pipelines.failures import Failure
from pipelines.publication.last_failure import last_failure
from pipelines.publication.manifest import last_check
from pipelines.publication.publish import utc_now
from pipelines.refresh import inputs_key, open_store
from pipelines.settings import Sensor, load_settings
from pipelines.vocabulary import plural

UNDER_WAY: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
#: How long after a run that left no record the same is started again; twice as long each time.
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)


class Started(msgspec.Struct, frozen=True):
    """The sensor's cursor: for which inputs it has started runs, how many, and when the last one
    was last seen to be under way (seconds since the epoch).
    """

    inputs: str
    runs: int
    seen: float

    def again_at(self) -> float:
        """When the same is worth another run, in seconds since the epoch."""
        # The power is bounded: there may have been any number of runs.
        doubled: int = 2 ** min(self.runs - 1, 10)
        return self.seen + min(FIRST_WAIT * doubled, LONGEST_WAIT).total_seconds()


def new_exports_sensor(settings_file: Path, sensor: Sensor) -> dg.SensorDefinition:
    """Starts a refresh when export files are new and have been still for a while.

    The settings are read at each tick: to correct them is one way to have a refused refresh tried
    again.
    """

    @dg.sensor(
        name="new_exports",
        job=refresh_job,
        minimum_interval_seconds=30,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if sensor.new_exports else dg.DefaultSensorStatus.STOPPED
        ),
    )
    def new_exports(
        context: dg.SensorEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        try:
            why_not = _why_not(context, settings_file, time.time())
        except (Failure, OSError) as error:
            why_not = f"No refresh can be started: {error}"
        # No run key: one that was used once would silently hold back a later refresh.
        yield (
            dg.RunRequest()
            if why_not is None
            else dg.SkipReason(" ".join([why_not, *missing_settings(context.instance)]))
        )

    return new_exports


def _why_not(context: dg.SensorEvaluationContext, settings_file: Path, now: float) -> str | None:
    """Why no refresh is started; None if one is. Raises SettingsError, OSError."""
    settings = load_settings(settings_file)
    store = open_store(settings)
    listing = list_exports(settings.project.exports, settings.exports)
    rulebook = settings.project.rulebook.read_bytes()
    key = listing_key(listing)
    inputs = inputs_key(settings, store.version, key, rulebook)
    failure, checked = last_failure(store.root), last_check(store.root)
    if failure is not None:
        if failure.repeats(inputs, utc_now()):
            return (
                "The last refresh failed, and would again until export files, the rulebook or the "
                f"settings change: {failure.message}"
            )
    elif checked is not None and checked.listing == key:
        return "The export files are those that the last refresh looked at."
    youngest = max((file.changed_ns for file in listing.files), default=0)
    quiet = settings.sensor.quiet_seconds
    if now - youngest / 1_000_000_000 < quiet:
        return (
            f"An export file changed less than {plural(quiet, 'second')} ago: it may not be "
            "complete."
        )
    started = _started(context.cursor, inputs)
    if _is_under_way(context.instance):
        context.update_cursor(_cursor(inputs, started.runs, now))
        return "A refresh is under way."
    if started.runs and now < started.again_at():
        minutes = plural(round((started.again_at() - now) / 60), "minute")
        return (
            "The run that was started for these export files ended without a record, as one does "
            f"that is killed: another is started in {minutes}."
        )
    context.update_cursor(_cursor(inputs, started.runs + 1, now))
    return None


def _started(cursor: str | None, inputs: str) -> Started:
    try:
        found = msgspec.json.decode(cursor or "", type=Started)
    except msgspec.MsgspecError:
        found = None
    return found if found is not None and found.inputs == inputs else Started(inputs, 0, 0.0)


def _cursor(inputs: str, runs: int, seen: float) -> str:
    return msgspec.json.encode(Started(inputs, runs, seen)).decode()


def _is_under_way(instance: dg.DagsterInstance) -> bool:
    return any(
        instance.get_runs_count(dg.RunsFilter(job_name=job.name, statuses=UNDER_WAY))
        for job in (refresh_job, hourly_job, nightly_job)
    )
