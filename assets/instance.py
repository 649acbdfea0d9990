"""What the Dagster instance must be set to: `dagster.yaml`, which is shipped with the program."""

import os
import shlex

import dagster as dg

from pipelines.version import ROOT

SETTINGS = ROOT / "assets/dagster.yaml"


def missing_settings(instance: dg.DagsterInstance) -> list[str]:
    """What the instance lacks to notice a killed run, as a sentence with the remedy; none if it
    lacks nothing.
    """
    lacking = [
        name
        for name, is_enabled in (
            ("run_monitoring", instance.run_monitoring_enabled),
            ("run_retries", instance.run_retries_enabled),
        )
        if not is_enabled
    ]
    if not lacking:
        return []
    home = os.environ.get("DAGSTER_HOME")
    source = shlex.quote(str(SETTINGS))
    remedy = (
        f"Take them over from {source} into {shlex.quote(home)}/dagster.yaml"
        if home
        else f"Set DAGSTER_HOME to a folder that is kept, with a copy of {source} in it"
    )
    return [
        "A run whose process is killed would stay 'started' for ever, since the settings of this "
        f"Dagster instance do not enable {' and '.join(lacking)}. {remedy}, and start Dagster "
        "again."
    ]
