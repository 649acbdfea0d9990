"""Dagster tells how its refreshes end, as the command does, and notices that none do."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import msgspec

from assets.definitions import build_definitions
from monitoring.alerts.alert import open_alerts
from monitoring.record import read_record
from pipelines.publication.manifest import current, last_check, record_check
from pipelines.steps import STEPS
from tests.dagster.test_definitions import run
from tests.monitoring.alerts.test_notify import BAD, PLAYS, SECRET, project_in
from tests.monitoring.servers import web_server


def test_a_night_of_refusals_is_one_alert_and_one_recovery(tmp_path: Path) -> None:
    root = tmp_path / "store"
    with web_server() as web:
        project = project_in(
            tmp_path, f'webhook = "http://{web.address}"\nwebhook_secret = "{SECRET}"'
        )
        project.settings()
        definitions = build_definitions(tmp_path / "store.toml")
        assert run(definitions)
        project.deliver({"plays/2.csv": PLAYS + BAD})
        for _ in range(3):
            assert not run(definitions)
        record = read_record(root)
        assert record is not None
        assert record.ended == {"published": 1, "refused": 3}
        assert record.steps.keys() >= {"deliveries", *(step.name for step in STEPS)}
        assert [alert.kind for alert in open_alerts(root)] == ["refused"]
        (tmp_path / "exports/plays/2.csv").unlink()
        assert run(definitions)
        types = [msgspec.json.decode(posted.body)["type"] for posted in web.posted]
    assert types == ["alert.opened", "alert.recovered"]


def test_the_snapshot_has_numbers_that_are_plotted(tmp_path: Path) -> None:
    project_in(tmp_path, "").settings()
    definitions = build_definitions(tmp_path / "store.toml")
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("refresh").execute_in_process(instance=instance)
        found = result.asset_materializations_for_node("snapshot")[0].metadata
    numbers = {name: found[name].value for name in ("producers", "plays_accepted", "bytes")}
    parts = current(tmp_path / "store").tables.values()
    assert numbers == {
        "producers": 1,
        "plays_accepted": 40,
        "bytes": sum(part.bytes for each in parts for part in each),
    }


def test_the_sensor_tells_that_nothing_is_refreshed_any_more(tmp_path: Path) -> None:
    with web_server() as web:
        project = project_in(
            tmp_path, f'webhook = "http://{web.address}"\nwebhook_secret = "{SECRET}"'
        )
        settings = project.settings()
        definitions = build_definitions(tmp_path / "store.toml")
        sensor = definitions.get_repository_def().get_sensor_def("alerts")
        with dg.DagsterInstance.ephemeral() as instance:
            assert run(definitions)
            context = dg.build_sensor_context(instance=instance)
            assert sensor.evaluate_tick(context).skip_message == "0 alerts open."
            checked = last_check(settings.project.store)
            assert checked is not None
            old = checked.checked_at - timedelta(days=1)
            record_check(settings.project.store, msgspec.structs.replace(checked, checked_at=old))
            for _ in range(2):
                assert sensor.evaluate_tick(context).skip_message == "1 alert open."
    assert len(web.posted) == 1


def test_who_tells_nobody_has_no_such_sensor(tmp_path: Path) -> None:
    project_in(tmp_path, "").settings()
    repository = build_definitions(tmp_path / "store.toml").get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {"new_exports"}
