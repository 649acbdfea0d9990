"""`beatxp alerts`: what is open, whether alerts arrive, and whether anything happens."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from monitoring.alerts.alert import Alert, write_alerts
from pipelines.store.documents import write_document
from tests.monitoring.alerts.test_notify import BAD, PLAYS, SECRET, project_in
from tests.monitoring.servers import web_server


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / "store.toml"), *arguments])


def test_what_is_open_is_listed_with_since_when(tmp_path: Path) -> None:
    project_in(tmp_path, "").settings()
    assert "nobody in [alerts]" in run(tmp_path, "alerts").stdout
    since = datetime(2026, 11, 1, 20, 5)
    over = Alert("failed", "system", "A refresh failed", "disk", since, over_at=since)
    write_alerts(
        tmp_path / "store",
        [over, Alert("refused", "guards", "A guard refused a refresh", "- 9 rows.", since, ("k",))],
    )
    listed = run(tmp_path, "alerts")
    assert listed.exit_code == 0
    assert "refused a refresh, since 2026-11-01 20:05:00 (UTC)\n  - 9 rows." in listed.stdout
    assert "failed" not in listed.stdout
    assert json.loads(run(tmp_path, "alerts", "--json").stdout) == {
        "open": [
            {
                "kind": "refused",
                "subject": "guards",
                "headline": "A guard refused a refresh",
                "message": "- 9 rows.",
                "since": "2026-11-01T20:05:00Z",
            }
        ]
    }


def test_a_test_goes_to_all_and_fails_with_those_who_do_not_take_it(tmp_path: Path) -> None:
    with web_server() as web:
        project_in(
            tmp_path,
            f'urls = ["json://me:s3cret@{web.address}/", "nope://s3cret"]\n'
            f'webhook = "http://{web.address}/hook"\nwebhook_secret = "{SECRET}"',
        ).settings()
        tested = run(tmp_path, "alerts", "test")
    assert tested.exit_code == 1
    assert [posted.path for posted in web.posted] == ["/", "/hook"]
    assert json.loads(web.posted[1].body)["type"] == "alert.test"
    assert f"http://{web.address}  sent" in tested.output
    assert "nope:...  not sent: Apprise does not know" in tested.output
    assert "1 of 3 did not take the test" in tested.output
    assert "s3cret" not in tested.output


@pytest.mark.parametrize("command", ["test", "check"])
def test_nobody_to_tell_is_a_mistake(tmp_path: Path, command: str) -> None:
    project_in(tmp_path, "").settings()
    result = run(tmp_path, "alerts", command)
    assert result.exit_code == 2
    assert "names nobody to tell" in result.output


def test_a_check_tells_of_silence(tmp_path: Path) -> None:
    with web_server() as web:
        project = project_in(
            tmp_path, f'webhook = "http://{web.address}"\nwebhook_secret = "{SECRET}"'
        )
        project.settings()
        assert "No alert is open" in run(tmp_path, "alerts", "check").stdout
        assert run(tmp_path, "refresh").exit_code == 0
        checked = tmp_path / "store/checked.json"
        document = json.loads(checked.read_bytes())
        del document["checksum"]
        write_document(document | {"checked_at": "2026-01-01T00:00:00"}, checked)
        for _ in range(2):
            result = run(tmp_path, "alerts", "check")
            assert result.exit_code == 0
            assert "Nothing has been refreshed for too long" in result.stdout
        web.status = 500
        assert run(tmp_path, "alerts", "check").exit_code == 0
    assert len(web.posted) == 1


def test_a_channel_that_is_down_is_named_below_the_failure_of_a_refresh(tmp_path: Path) -> None:
    project = project_in(tmp_path, 'urls = ["nope://s3cret"]')
    project.settings()
    assert run(tmp_path, "refresh").exit_code == 0
    project.deliver({"plays/2.csv": PLAYS + BAD})
    refused = run(tmp_path, "refresh")
    assert refused.exit_code == 1
    assert "new rows of plays were rejected" in refused.output
    assert "- An alert could not be sent to nope:..." in refused.output
    said = json.loads(run(tmp_path, "refresh", "--json").stderr.splitlines()[-1])
    assert said["error"]["code"] == "refused"
    assert "could not be sent" in said["error"]["message"]
    elsewhere = run(tmp_path, "refresh", "--store", str(tmp_path / "trial"), "--ignore-guards")
    assert "could not be sent" not in elsewhere.output
    assert not (tmp_path / "trial/alerts.json").exists()
