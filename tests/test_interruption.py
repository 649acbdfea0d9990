"""A refresh that dies at any moment loses nothing and shows nothing half done.

The process is ended without any clean-up at chosen writes to the disk, all the way from the first
to the last one; `make soak` kills at random moments instead. After each death a reader must find a
whole snapshot, and the next refresh must come to the same content as one that was never disturbed.
"""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from xxhash import xxh3_128_hexdigest

from cli.demo_exports import write_demo_exports
from pipelines.publication.manifest import NoSnapshot, current
from tests.dying import die
from tests.product import Project

REFRESH = """
from pipelines.refresh import refresh
from pipelines.settings import load_settings
refresh(load_settings(Path(sys.argv[0])), datetime.fromisoformat(sys.argv[1]))
"""
EARLIER, LATER = datetime(2026, 10, 20), datetime(2026, 11, 2)
DEATHS = int(os.environ.get("BEATXP_DEATHS", "8"))


def dying_refresh(settings: Path, at_write: int, as_of: datetime) -> int:
    return die(REFRESH, at_write, settings, as_of.isoformat())


def assert_whole(root: Path) -> str | None:
    """What a reader finds: nothing, or a snapshot whose every file is the one that was written."""
    try:
        manifest = current(root)
    except NoSnapshot:
        return None
    for part in (part for parts in manifest.tables.values() for part in parts):
        data = (root / part.file).read_bytes()
        assert part.file.split(".")[-2] == xxh3_128_hexdigest(data)
    row = pl.read_parquet(manifest.paths(root, "snapshot"))
    assert row["content_sha256"].to_list() == [manifest.snapshot.content_sha256]
    return manifest.snapshot.content_sha256


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("killed"))
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=60, plays=4_000, months=1)
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    return project


def test_a_death_at_any_write_is_survived(project: Project) -> None:
    project.settings("counted")
    counted = project.folder / "counted.toml"
    writes = [dying_refresh(counted, 10**9, as_of) for as_of in (EARLIER, LATER)]
    whole = [project.refresh(as_of, "whole").manifest.snapshot for as_of in (EARLIER, LATER)]
    first, second = (snapshot.content_sha256 for snapshot in whole)
    assert first != second

    for death in range(DEATHS):
        store = f"dying-{death}"
        project.settings(store)
        path, root = project.folder / f"{store}.toml", project.folder / store
        early, late = (1 + (count - 1) * death // (DEATHS - 1) for count in writes)
        dying_refresh(path, early, EARLIER)
        assert assert_whole(root) in (None, first)
        project.refresh(EARLIER, store)
        assert assert_whole(root) == first
        dying_refresh(path, late, LATER)
        assert assert_whole(root) in (first, second)
        project.refresh(LATER, store)
        assert assert_whole(root) == second


def test_two_at_once_do_the_work_once_and_report_the_same(project: Project) -> None:
    project.settings("both")
    command = [
        str(Path(sys.executable).with_name("beatxp")),
        *("--config", str(project.folder / "both.toml")),
        *("refresh", "--as-of", LATER.isoformat(), "--json"),
    ]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [pl.read_json(process.communicate()[0].encode()) for process in both]
    assert said[0]["snapshot_id"].item() == said[1]["snapshot_id"].item()
    assert sorted(s["published"].item() for s in said) == [False, True]
