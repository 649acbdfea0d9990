"""The sensor that notices what nobody would tell otherwise: that nothing is refreshed any more."""

import dagster as dg

from pipelines.publication.publish import utc_now
from pipelines.settings import Settings
from pipelines.vocabulary import plural


def alert_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """One that tells what is wrong, if the settings name somebody to tell."""
    if not settings.alerts.is_configured:
        return []

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells whom [alerts] names if no refresh ends well, or nothing comes.",
    )
    def alerts() -> dg.SkipReason:
        # Imported here: the process that loads definitions need not know about channels.
        from monitoring.alerts.alert import open_alerts
        from monitoring.alerts.notify import tell_the_time

        notices = tell_the_time(settings, utc_now)
        count = len(open_alerts(settings.project.store))
        return dg.SkipReason(" ".join([f"{plural(count, 'alert')} open.", *notices]))

    return [alerts]
