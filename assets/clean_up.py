"""Removes old runs of Dagster, which keeps all of them for ever by itself.

A run goes with its events, its checks' results and its logs. What it published stays: that is the
store's.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from assets.failures import explained
from assets.jobs import RETRIES
from assets.resources import ProjectResource
from pipelines.settings import load_settings
from pipelines.vocabulary import plural

_ENDED: Final = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]


def remove_old_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Remove the runs that ended before a time; returns how many. `before` has a zone."""
    ids = instance.get_run_ids(dg.RunsFilter(statuses=_ENDED, updated_before=before))
    for run_id in ids:
        # The run itself goes last: one that is removed halfway is found again.
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        _remove_check_results(instance, run_id)
        instance.event_log_storage.delete_events(run_id)
        _remove_shard(instance, run_id)
        instance.run_storage.delete_run(run_id)
    return len(ids)


def _remove_check_results(instance: dg.DagsterInstance, run_id: str) -> None:
    """Dagster leaves them when it deletes a run's events."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            connection.execute(
                AssetCheckExecutionsTable.delete().where(
                    AssetCheckExecutionsTable.c.run_id == run_id
                )
            )


def _remove_shard(instance: dg.DagsterInstance, run_id: str) -> None:
    """Dagster empties a run's SQLite file, and leaves it: 130 KB that nobody reads any more."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        Path(storage.path_for_shard(run_id)).unlink(missing_ok=True)


@dg.op(name="remove_old_runs", description="Remove runs that ended [dagster] keep_runs_days ago.")
def remove_old_runs_op(context: dg.OpExecutionContext, project: ProjectResource) -> None:
    """Needs neither the store nor its lock."""
    with explained():
        days = load_settings(Path(project.settings_file)).dagster.keep_runs_days
    removed = remove_old_runs(context.instance, datetime.now(UTC) - timedelta(days=days))
    context.log.info(f"{plural(removed, 'run')} that ended {days} days ago or earlier removed.")


@dg.job(
    name="clean_up",
    executor_def=dg.in_process_executor,
    run_tags=RETRIES,
    description="Old runs go, with their events and logs; snapshots stay.",
)
def clean_up_job() -> None:
    """One operation."""
    remove_old_runs_op()
