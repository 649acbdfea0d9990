"""The Dagster code location: the one module that puts definitions together."""

from pathlib import Path

import dagster as dg

from assets.alerts import alert_sensors
from assets.asset_checks import (
    agrees_with_sql,
    guards_hold,
    rows_balance,
    sample_agrees_with_sql,
    totals_match_ledger,
)
from assets.exports import deliveries
from assets.jobs import hourly_job, nightly_job, rebuild_day_job, refresh_job
from assets.report import balance_report
from assets.resources import ProjectResource
from assets.schedules import schedules
from assets.sensors import new_exports_sensor
from assets.snapshot import snapshot_asset
from assets.steps import step_assets
from pipelines.settings import load_settings

#: As for the command line: in the folder that Dagster is started in.
SETTINGS = Path("dagster_project.toml")


def build_definitions(settings_file: Path = SETTINGS) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors of the project with these settings.

    Raises SettingsError.
    """
    settings = load_settings(settings_file)
    return dg.Definitions(
        assets=[deliveries, *step_assets(), snapshot_asset(settings), balance_report],
        asset_checks=[
            rows_balance,
            totals_match_ledger,
            guards_hold,
            agrees_with_sql,
            sample_agrees_with_sql,
        ],
        jobs=[refresh_job, hourly_job, nightly_job, rebuild_day_job],
        schedules=schedules(settings),
        sensors=[new_exports_sensor(settings), *alert_sensors(settings)],
        resources={"project": ProjectResource(settings_file=str(settings_file))},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads."""
    return build_definitions()
