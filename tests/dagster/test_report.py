"""The balance report as an asset: of what is published, and only when it is asked for."""

from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.publication.manifest import current
from pipelines.publication.retention import retire
from tests.dagster.test_definitions import AS_OF, project_in
from tests.document.html import read


def test_the_nightly_job_reports_and_a_report_goes_with_its_snapshot(tmp_path: Path) -> None:
    project, definitions = project_in(tmp_path)
    store = tmp_path / "store"
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("refresh")
        assert job.execute_in_process(instance=instance, run_config=AS_OF).success
        folder = store / "snapshots" / current(store).snapshot.snapshot_id
        assert not (folder / "balance.html").exists()
        job = definitions.resolve_job_def("refresh_and_report")
        result = job.execute_in_process(instance=instance, run_config=AS_OF)
    (made,) = result.asset_materializations_for_node("balance_report")
    assert made.metadata["path"].value == str(folder / "balance.html")
    assert made.metadata["snapshot_id"].value == folder.name
    assert made.metadata["producers"].value == current(store).snapshot.producers
    assert read((folder / "balance.html").read_text(encoding="utf-8")).faults == []
    # A comment makes it another rulebook, and another snapshot.
    project.rulebook.write_text(project.rulebook.read_text() + "# Changed.\n")
    assert project.refresh(datetime(2027, 9, 1)).published
    retire(store, 1)
    assert not folder.exists()


def test_a_report_without_a_snapshot_says_what_to_materialize(tmp_path: Path) -> None:
    _, definitions = project_in(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        with pytest.raises(dg.Failure, match="Materialize first: snapshot"):
            job.execute_in_process(
                instance=instance, asset_selection=[dg.AssetKey("balance_report")]
            )
