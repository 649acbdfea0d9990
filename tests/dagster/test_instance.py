"""An instance that would not notice a killed run says so, with the way to mend it."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from assets.instance import SETTINGS, missing_settings
from pipelines.version import ROOT


def test_the_shipped_settings_are_all_that_is_needed(tmp_path: Path) -> None:
    shutil.copy(SETTINGS, tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert missing_settings(instance) == []
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_retries_max_retries > 0


def test_the_repositorys_own_instance_has_them() -> None:
    assert (ROOT / ".dagster/dagster.yaml").read_bytes() == SETTINGS.read_bytes()


def test_an_instance_without_them_is_told_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_text("run_retries:\n  enabled: true\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as instance:
        (said,) = missing_settings(instance)
    assert "do not enable run_monitoring." in said
    assert f"from {SETTINGS} into {tmp_path}/dagster.yaml" in said


def test_and_so_is_one_that_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with dg.DagsterInstance.ephemeral() as instance:
        (said,) = missing_settings(instance)
    assert "run_monitoring and run_retries" in said
    assert "Set DAGSTER_HOME to a folder that is kept" in said
