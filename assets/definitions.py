"""The Dagster code location: the one module that puts definitions together."""

import os
from pathlib import Path

import dagster as dg
from dagster._core.definitions.definitions_load_context import (
    DefinitionsLoadContext,
    DefinitionsLoadType,
)

from assets.alerts import alert_sensors
from assets.asset_checks import (
    agrees_with_sql,
    rows_balance,
    sample_agrees_with_sql,
    totals_match_ledger,
)
from assets.clean_up import clean_up_job
from assets.exports import deliveries
from assets.jobs import hourly_job, nightly_job, rebuild_day_job, refresh_job
from assets.report import balance_report
from assets.resources import ProjectResource
from assets.schedules import schedules
from assets.sensors import new_exports_sensor
from assets.snapshot import snapshot_asset
from assets.steps import step_assets
from pipelines.settings import Settings, SettingsError, load_settings, settings_path


def build_definitions(settings_file: Path) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors of the project with these settings.

    Raises SettingsError, but not in the process of a run, whose first step says it.
    """
    settings = _settings(settings_file)
    return dg.Definitions(
        assets=[deliveries, *step_assets(), snapshot_asset(settings.freshness), balance_report],
        asset_checks=[
            rows_balance,
            totals_match_ledger,
            agrees_with_sql,
            sample_agrees_with_sql,
        ],
        jobs=[refresh_job, hourly_job, nightly_job, rebuild_day_job, clean_up_job],
        schedules=schedules(settings_file, settings.schedules),
        sensors=[
            new_exports_sensor(settings_file, settings.sensor),
            *alert_sensors(settings),
        ],
        resources={"project": ProjectResource(settings_file=str(settings_file))},
        executor=dg.in_process_executor,
    )


def _settings(file: Path) -> Settings:
    """Raises SettingsError where it is seen with the code location.

    A run's process that cannot load its definitions is taken for one that was killed: it would be
    run again. A run asks none of these settings, and its first step reads the file itself.
    """
    try:
        return load_settings(file)
    except SettingsError:
        # Dagster's own pages on definitions that come from outside name this module.
        if DefinitionsLoadContext.get().load_type is DefinitionsLoadType.RECONSTRUCTION:
            return Settings.model_construct()
        raise


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads, with the settings file that the command line has, too."""
    return build_definitions(settings_path(os.environ))
