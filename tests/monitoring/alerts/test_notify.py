"""Alerts that arrive: once per cause, once when it is over, whatever happens to a channel."""

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from monitoring.alerts.alert import Alert, Cause, Findings, open_alerts, reconcile
from monitoring.alerts.channels import AppriseChannel, NotSent
from monitoring.alerts.messages import Message
from monitoring.alerts.notify import deliver, tell_the_time
from monitoring.refresh import monitored_refresh
from pipelines.publication.publish import Refused, utc_now
from pipelines.settings import AlertKind
from tests.monitoring.servers import mail_server, web_server
from tests.product import Project
from tests.runs import RULEBOOK

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
NIGHT = datetime(2026, 11, 1, 20)
PRODUCERS = (
    "producer_id,display_name,joined_at,profile_completion,status\n1,Ann,2026-01-01,5,active\n"
)
TRACKS = (
    "track_id,producer_id,title,status,published_at,updated_at\n"
    "1,1,One,published,2026-01-02,2026-01-02\n"
)
PLAYS = "play_id,track_id,played_at,listener_id,seconds_played\n"
GOOD = "".join(f"{n},1,2026-10-05T10:{n:02}:00Z,9,90\n" for n in range(1, 41))
BAD = "".join(f"x{n},1,never,9,90\n" for n in range(1, 41))


def project_in(folder: Path, alerts: str, guards: str = "") -> Project:
    project = Project(folder, guards)
    project.rulebook.write_text(RULEBOOK)
    project.mappings = f"[alerts]\n{alerts}\n"
    project.deliver(
        {
            "producers/2026-10-01.csv": PRODUCERS,
            "tracks/2026-10-01.csv": TRACKS,
            "plays/1.csv": PLAYS + GOOD,
        }
    )
    return project


def refresh(project: Project, at: datetime) -> list[str]:
    """Refresh, refused or not; the notices about it."""
    try:
        outcome = monitored_refresh(project.settings(), clock=lambda: at, environment={})
    except Refused as error:
        return list(getattr(error, "__notes__", []))
    return [notice for notice in outcome.notices if "alert" in notice.lower()]


def look(project: Project, at: datetime) -> list[str]:
    return tell_the_time(project.settings(), lambda: at)


def test_a_night_of_refusals_is_one_alert_and_one_recovery(tmp_path: Path) -> None:
    with web_server() as web, mail_server() as mail:
        project = project_in(
            tmp_path,
            f'urls = ["mailto://{mail.address}?from=beatxp@music.example&to=ops@music.example"]\n'
            f'webhook = "http://{web.address}/hook"\nwebhook_secret = "{SECRET}"',
        )
        assert refresh(project, NIGHT) == []
        project.deliver({"plays/2.csv": PLAYS + BAD})
        for hour in range(1, 9):
            # Other files are as bad, so what is said changes.
            project.deliver({f"plays/more-{hour}.csv": PLAYS + BAD})
            assert refresh(project, NIGHT + timedelta(hours=hour)) == []
            assert look(project, NIGHT + timedelta(hours=hour)) == []
        assert [alert.kind for alert in open_alerts(tmp_path / "store")] == ["refused"]
        for path in (tmp_path / "exports/plays").glob("*"):
            if path.name != "1.csv":
                path.unlink()
        assert refresh(project, NIGHT + timedelta(hours=9)) == []
        assert refresh(project, NIGHT + timedelta(hours=10)) == []
        posted = [json.loads(one.body) for one in web.posted]
        titles = [str(message["subject"]) for message in mail.taken]
        body = mail.taken[0].get_body(("plain",))
    assert [one["type"] for one in posted] == ["alert.opened", "alert.recovered"]
    assert posted[0]["data"]["kind"] == "refused"
    assert "80 of 80 new rows of plays were rejected" in posted[0]["data"]["message"]
    assert "beatxp refresh --ignore-guards" in posted[0]["data"]["message"]
    # Values of exports stay where they are.
    assert "never" not in str(posted)
    assert "from 2026-11-01 21:00 UTC to 2026-11-02 05:00 UTC" in posted[1]["data"]["message"]
    assert titles == [
        "BeatXP: A guard refused a refresh",
        "BeatXP: Recovered: a guard refused a refresh",
    ]
    assert body is not None
    assert "beatxp rejects --pending" in " ".join(body.get_content().split())


def test_a_webhook_is_signed_as_its_standard_says(tmp_path: Path) -> None:
    with web_server() as web:
        project = project_in(
            tmp_path,
            f'webhook = "http://{web.address}/hook"\nwebhook_secret = "{SECRET}"',
            "[guards]\nmax_rejected_percent = 0\n",
        )
        project.deliver({"plays/2.csv": PLAYS + BAD})
        refresh(project, utc_now())
    (posted,) = web.posted
    assert posted.path == "/hook"
    assert Webhook(SECRET).verify(posted.body, posted.headers)["type"] == "alert.opened"


def test_a_channel_that_is_down_is_a_notice_and_told_later(tmp_path: Path) -> None:
    with web_server() as web:
        web.status = 503
        hook = f'webhook = "http://{web.address}/s3cret"\nwebhook_secret = "{SECRET}"'
        project = project_in(tmp_path, hook)
        refresh(project, NIGHT)
        project.deliver({"plays/2.csv": PLAYS + BAD})
        (notice,) = refresh(project, NIGHT + timedelta(hours=1))
        assert notice.startswith(f"An alert could not be sent to http://{web.address}: ")
        assert "503" in notice
        web.status = 302
        (notice,) = refresh(project, NIGHT + timedelta(hours=2))
        assert "s3cret" not in notice
        web.status = 200
        assert look(project, NIGHT + timedelta(hours=2)) == []
        assert [json.loads(one.body)["data"]["since"] for one in web.posted] == [
            "2026-11-01T21:00:00Z"
        ]
    (tmp_path / "exports/plays/2.csv").unlink()
    (notice,) = refresh(project, NIGHT + timedelta(hours=3))
    assert "cannot be reached" in notice
    assert open_alerts(tmp_path / "store") == []


def test_nothing_for_too_long_is_told_once_and_only_if_nothing_fails(tmp_path: Path) -> None:
    with web_server() as web:
        hook = f'webhook = "http://{web.address}"\nwebhook_secret = "{SECRET}"'
        project = project_in(tmp_path, hook)
        assert look(project, NIGHT) == []
        assert not (tmp_path / "store/alerts.json").exists()
        refresh(project, NIGHT)
        for minutes in (180, 181, 240):
            assert look(project, NIGHT + timedelta(minutes=minutes)) == []
        (opened,) = (json.loads(one.body)["data"] for one in web.posted)
        assert opened["kind"] == "stale"
        assert "181 minutes ago" in opened["message"]
        refresh(project, NIGHT + timedelta(hours=5))
        assert json.loads(web.posted[1].body)["type"] == "alert.recovered"
    assert len(web.posted) == 2


def test_a_refresh_that_fails_is_told(tmp_path: Path) -> None:
    with web_server() as web:
        project = project_in(
            tmp_path, f'webhook = "http://{web.address}"\nwebhook_secret = "{SECRET}"'
        )
        project.rulebook.write_text("nonsense")
        for hour in range(3):
            with pytest.raises(Exception, match="mistake"):
                refresh(project, NIGHT + timedelta(hours=hour))
    (opened,) = (json.loads(one.body)["data"] for one in web.posted)
    assert (opened["kind"], opened["subject"]) == ("failed", "bad_rulebook")


def test_without_alerts_nothing_is_imported_or_written_for_them(tmp_path: Path) -> None:
    project = project_in(tmp_path, 'kinds = ["failed"]')
    project.settings()
    script = (
        "import sys\nfrom pathlib import Path\nfrom monitoring.refresh import monitored_refresh\n"
        "from pipelines.settings import load_settings\n"
        f"monitored_refresh(load_settings(Path({str(tmp_path / 'store.toml')!r})))\n"
        "found = {'apprise', 'standardwebhooks', 'openlineage', 'prometheus_client'}\n"
        "print(sorted(found & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={}
    )
    assert ran.stdout == "[]\n"
    assert not list((tmp_path / "store").glob("alerts*"))


REFUSED = Cause("refused", "guards", "Refused", "first")
FAILED = Cause("failed", "system", "Failed", "disk")
STALE = Cause("stale", "snapshot", "Stale", "old")
ODD = Cause("unusual", "plays.rows", "Odd", "12 times")
KINDS: tuple[AlertKind, ...] = ("failed", "refused", "stale", "unusual")
REFUSALS: frozenset[AlertKind] = frozenset(("refused",))
REFRESHES: frozenset[AlertKind] = frozenset(("failed", "refused", "stale"))


def test_a_cause_stays_one_alert_until_it_is_known_to_be_over() -> None:
    (opened,) = reconcile([], Findings([REFUSED]), KINDS, NIGHT)
    later = NIGHT + timedelta(hours=1)
    (same,) = reconcile([opened], Findings([REFUSED._replace(message="second")]), KINDS, later)
    assert (same.since, same.message) == (NIGHT, "second")
    assert reconcile([opened], Findings([]), KINDS, later) == [opened]
    (over,) = reconcile([opened], Findings([], right_kinds=REFUSALS), KINDS, later)
    assert over.over_at == later
    again = reconcile([over], Findings([REFUSED]), KINDS, later)
    assert [alert.over_at for alert in again] == [later, None]


@pytest.mark.parametrize(
    ("before", "causes", "kinds", "after"),
    [
        ([REFUSED], [REFUSED, STALE], KINDS, ["refused"]),
        ([STALE], [STALE, FAILED], KINDS, ["stale", "failed"]),
        ([], [STALE], KINDS, ["stale"]),
        ([], [ODD, FAILED], ("failed",), ["failed"]),
        # A kind that is no longer wanted ends as it would have.
        ([ODD], [ODD], ("failed",), ["unusual"]),
    ],
)
def test_what_becomes_an_alert(
    before: list[Cause], causes: list[Cause], kinds: Sequence[AlertKind], after: list[str]
) -> None:
    known = reconcile([], Findings(before), KINDS, NIGHT)
    found = reconcile(known, Findings(causes), kinds, NIGHT)
    assert [alert.kind for alert in found] == after


def test_unusual_input_is_over_only_when_it_was_judged() -> None:
    opened = reconcile([], Findings([ODD]), KINDS, NIGHT)
    others = frozenset(("earnings.rows",))
    assert reconcile(opened, Findings([], REFRESHES, others), KINDS, NIGHT) == opened
    judged = Findings([], right_subjects=frozenset(("plays.rows",)))
    assert reconcile(opened, judged, KINDS, NIGHT)[0].over_at == NIGHT


class Listener:
    def __init__(self, key: str, is_up: bool = True) -> None:
        self.key = self.name = key
        self.is_up = is_up
        self.heard: list[str] = []
        self.tried = 0

    def send(self, message: Message) -> None:
        self.tried += 1
        if not self.is_up:
            raise NotSent("Nobody is there.")
        self.heard.append(message.event)


def test_who_was_not_told_of_it_does_not_hear_that_it_is_over() -> None:
    alerts = [
        Alert("failed", "system", "Failed", "disk", NIGHT),
        Alert("unusual", "plays.rows", "Odd", "12 times", NIGHT),
    ]
    up, down = Listener("up"), Listener("down", is_up=False)
    notices: list[str] = []
    after = deliver(alerts, [up, down], "here", notices)
    assert [alert.told for alert in after] == [("up",), ("up",)]
    assert (down.tried, len(notices)) == (1, 1)
    assert "Nobody is there" in notices[0]
    deliver(after, [up], "here", notices)
    assert up.heard == ["alert.opened"] * 2
    over = [Alert("failed", "system", "Failed", "", NIGHT, ("up",), over_at=NIGHT)]
    down.is_up, up.is_up = True, False
    assert deliver(over, [up, down], "here", notices) == over
    up.is_up = True
    assert deliver(over, [up, down], "here", notices) == []
    assert (up.heard[-1], down.heard) == ("alert.recovered", [])
    # Nobody who was told is named any more.
    assert deliver(over, [down], "here", notices) == []


@pytest.mark.parametrize("url", ["nope://s3cret", "discord://s3cret", "s3cret"])
def test_an_address_that_means_nothing_is_not_shown(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    channel = AppriseChannel(url)
    with pytest.raises(NotSent, match="does not know"):
        channel.send(Message("m", "alert.test", NIGHT, "", "", ""))
    assert "s3cret" not in channel.name.removesuffix(":...") or url == "s3cret"
    assert capfd.readouterr() == ("", "")
