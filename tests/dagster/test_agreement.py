"""What differs from the rules is found before it is published."""

from datetime import datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.boards import leaderboard
from pipelines.publication.manifest import NoSnapshot, current
from tests.dagster.test_definitions import AS_OF, project_in


def checks_of(
    definitions: dg.Definitions, job: str
) -> tuple[str, dict[str, dg.AssetCheckEvaluation]]:
    """The first error on the run's page, and what the checks said."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance, raise_on_error=False, run_config=AS_OF
        )
        errors = [str(e.job_failure_data.error) for e in result.all_events if e.is_run_failure]
        checks = {e.check_name: e for e in result.get_asset_check_evaluations()}
        return "".join(errors), checks


@pytest.mark.parametrize(
    ("job", "check"),
    [("refresh_and_report", "agrees_with_sql"), ("refresh_and_sample", "sample_agrees_with_sql")],
)
def test_a_wrong_value_stops_the_publication(
    job: str, check: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, definitions = project_in(tmp_path)
    ranked = leaderboard.rank_scores
    with monkeypatch.context() as patched:
        wrong = pl.col("rank") + 1
        patched.setattr(leaderboard, "rank_scores", lambda s: ranked(s).with_columns(rank=wrong))
        error, checks = checks_of(definitions, job)
    assert "a fault of the program" in error
    assert "- leaderboard: " in error
    assert not checks[check].passed
    assert "leaderboard" in (checks[check].description or "")
    with pytest.raises(NoSnapshot):
        current(tmp_path / "store")


@pytest.mark.parametrize(
    ("job", "check"),
    [
        ("refresh_and_report", {"agrees_with_sql"}),
        ("refresh_and_sample", {"sample_agrees_with_sql"}),
        ("refresh", set()),
    ],
)
def test_what_is_right_is_published(job: str, check: set[str], tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path)
    error, checks = checks_of(definitions, job)
    assert error == ""
    assert {name for name in checks if name.endswith("agrees_with_sql")} == check
    assert all(checks[name].passed for name in check)
    assert current(tmp_path / "store").snapshot.as_of == datetime(2027, 9, 1)
