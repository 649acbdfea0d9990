"""The events of OpenLineage, as a server takes them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitoring.lineage import is_wanted
from monitoring.refresh import monitored_refresh
from tests.monitoring.servers import web_server
from tests.monitoring.test_refresh import FILES
from tests.product import Project
from tests.runs import RULEBOOK

NOW = datetime(2026, 11, 1, 20)


def test_only_its_environment_variables_switch_it_on() -> None:
    assert not is_wanted({"PATH": "/bin", "OPENLINEAGE_NAMESPACE": "music"})
    url = {"OPENLINEAGE_URL": "http://127.0.0.1:5000"}
    assert is_wanted(url)
    assert is_wanted({"OPENLINEAGE__TRANSPORT__TYPE": "console"})
    assert not is_wanted(url | {"OPENLINEAGE_DISABLED": "true"})


def test_a_refresh_is_a_run_from_export_folders_to_published_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    events: list[dict[str, Any]] = []
    with web_server() as web:
        environment = {"OPENLINEAGE_URL": f"http://{web.address}", "OPENLINEAGE_NAMESPACE": "music"}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = project.settings()
        outcome = monitored_refresh(settings, clock=lambda: NOW, environment=environment)
        monitored_refresh(settings, clock=lambda: NOW, environment=environment)
        project.rulebook.write_text("nonsense")
        with pytest.raises(Exception, match="mistake"):
            monitored_refresh(settings, clock=lambda: NOW, environment=environment)
        events += [json.loads(posted.body) for posted in web.posted]
    assert outcome.notices == [one for one in outcome.notices if "Lineage" not in one]
    assert [event["eventType"] for event in events] == [
        *("START", "COMPLETE"),
        *("START", "COMPLETE"),
        *("START", "FAIL"),
    ]
    assert len({event["run"]["runId"] for event in events}) == 3
    start, complete, _, unchanged, _, failed = events
    assert (complete["job"]["namespace"], complete["job"]["name"]) == ("music", "refresh")
    assert complete["eventTime"] == "2026-11-01T20:00:00+00:00"
    assert [(one["namespace"], one["name"]) for one in start["inputs"]] == [
        ("file", str(tmp_path / "exports/producers")),
        ("file", str(tmp_path / "exports/plays")),
    ]
    assert start["outputs"] == unchanged["outputs"] == failed["outputs"] == []
    tables = {one["name"].rpartition("/")[2]: one for one in complete["outputs"]}
    progress = tables["progress"]
    assert progress["name"] == str(tmp_path / "store/tables/progress")
    assert progress["outputFacets"]["outputStatistics"]["rowCount"] == 1
    fields = progress["facets"]["schema"]["fields"]
    assert fields[0]["name"] == "producer_id"
    assert fields[0]["type"] == "Int64"
    version = progress["facets"]["version"]["datasetVersion"]
    assert version == outcome.manifest.snapshot.snapshot_id
    assert "mistake" in failed["run"]["facets"]["errorMessage"]["message"]


def test_a_server_that_is_not_there_is_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    environment = {
        "OPENLINEAGE__TRANSPORT__TYPE": "http",
        "OPENLINEAGE__TRANSPORT__URL": "http://127.0.0.1:9",
        "OPENLINEAGE__TRANSPORT__RETRY": '{"total": 0}',
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    outcome = monitored_refresh(project.settings(), clock=lambda: NOW, environment=environment)
    assert outcome.published
    assert outcome.notices[-1].startswith("Lineage could not be written or sent: ")
