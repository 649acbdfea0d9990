"""A refresh under watch: what is kept of it, and that watching never makes it fail."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitoring.metrics import StoreMetrics, folder_bytes
from monitoring.record import read_record
from monitoring.refresh import monitored_refresh
from pipelines.publication.publish import Outcome, Refused
from pipelines.steps import STEPS
from tests.product import Project
from tests.runs import RULEBOOK

NOW = datetime(2026, 11, 1, 20)
FILES = {
    "producers/2026-10-01.csv": "producer_id,display_name,joined_at,profile_completion,status\n"
    "1,Ann,2026-01-01,5,active\n",
    "plays/1.csv": "play_id,track_id,played_at,listener_id,seconds_played\n"
    "1,1,2026-10-05T10:00:00Z,9,90\n1,1,2026-10-05T10:00:00Z,9,90\nx,1,never,9,90\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    return project


def refresh(project: Project, at: datetime = NOW) -> Outcome:
    ticks = iter([at, at, at, *[at + timedelta(seconds=3)] * 9])
    return monitored_refresh(project.settings(), clock=lambda: next(ticks), environment={})


def sample(root: Path, name: str, **labels: str) -> float | None:
    return next(
        (
            one.value
            for metric in StoreMetrics(root).collect()
            for one in metric.samples
            if one.name == name and one.labels == labels
        ),
        None,
    )


def test_the_record_says_how_the_refresh_ended_and_what_it_took(project: Project) -> None:
    root = project.folder / "store"
    outcome = refresh(project)
    record = read_record(root)
    assert record is not None
    assert (record.result, record.started_at, record.seconds) == ("published", NOW, 3)
    assert record.steps.keys() == {"deliveries", "snapshot", *(step.name for step in STEPS)}
    assert record.published is not None
    assert record.published.snapshot_id == outcome.manifest.snapshot.snapshot_id
    assert record.published.rows["plays"].rejected == 1
    refresh(project, NOW + timedelta(seconds=9))
    again = read_record(root)
    assert again is not None
    assert (again.result, again.published) == ("up_to_date", record.published)
    assert again.ended == {"published": 1, "up_to_date": 1}


def test_metrics_are_written_after_each_refresh(project: Project) -> None:
    root, file = project.folder / "store", project.folder / "beatxp.prom"
    project.mappings = '[metrics]\ntextfile = "beatxp.prom"\n'
    refresh(project)
    text = file.read_text()
    for line in (
        'beatxp_rows{entity="plays",verdict="accepted"} 1.0',
        'beatxp_rows{entity="plays",verdict="duplicates"} 1.0',
        'beatxp_rows{entity="plays",verdict="rejected"} 1.0',
        'beatxp_rows{entity="plays",verdict="unmatched"} 1.0',
        'beatxp_store_refreshes_total{result="published"} 1.0',
        'beatxp_store_refreshes_total{result="refused"} 0.0',
        "beatxp_last_refresh_seconds 3.0",
        "beatxp_last_refresh_ok 1.0",
        "beatxp_producers 1.0",
    ):
        assert f"\n{line}\n" in text
    assert 'beatxp_last_refresh_step_seconds{step="leaderboard"}' in text
    assert sample(root, "beatxp_snapshot_timestamp_seconds") == 1_793_563_203
    assert sample(root, "beatxp_store_bytes") == folder_bytes(root)
    assert [path.name for path in project.folder.glob("beatxp.prom*")] == ["beatxp.prom"]


def test_a_refusal_is_counted_and_what_is_published_stays(project: Project) -> None:
    root = project.folder / "store"
    refresh(project)
    strict = Project(project.folder, "[guards]\nmax_rejected_percent = 0\n")
    strict.deliver({"plays/2.csv": FILES["plays/1.csv"]})
    with pytest.raises(Refused):
        refresh(strict)
    assert sample(root, "beatxp_store_refreshes_total", result="refused") == 1
    assert sample(root, "beatxp_last_refresh_ok") == 0
    assert sample(root, "beatxp_rows", entity="plays", verdict="rejected") == 1


def test_what_cannot_be_written_is_a_notice(project: Project) -> None:
    project.mappings = '[metrics]\ntextfile = "nowhere/beatxp.prom"\n'
    outcome = refresh(project)
    assert outcome.published
    assert "nowhere/beatxp.prom could not be written" in outcome.notices[-1]
    project.rulebook.write_text("nonsense")
    with pytest.raises(Exception, match="mistake") as caught:
        refresh(project)
    assert "nowhere/beatxp.prom" in caught.value.__notes__[0]


def test_a_damaged_record_is_written_anew(project: Project) -> None:
    refresh(project)
    (project.folder / "store/refresh.json").write_text("{")
    refresh(project, NOW + timedelta(seconds=9))
    record = read_record(project.folder / "store")
    assert record is not None
    assert record.ended == {"up_to_date": 1}
    assert record.published is not None
