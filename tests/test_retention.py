"""What of the store stays with the snapshots that are kept."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from pipelines.exports.ingest import contribution_folder
from pipelines.publication.manifest import all_kept
from pipelines.publication.publish import needed
from pipelines.store.atomic import remove_folder
from pipelines.store.scratch import scratch_folder
from pipelines.store.store import SANDBOX, Store
from pipelines.store.sweep import sweep
from tests.published import publish_by_hand


def test_what_export_files_of_kept_snapshots_contributed_is_needed_once(tmp_path: Path) -> None:
    shared = {"0.csv": "a" * 64, "1.csv": "c" * 64, "rejected.csv": ""}
    changed = {**shared, "0.csv": "b" * 64}
    for number, files in enumerate((shared, shared, changed)):
        rows = [
            {"entity": "plays", "file": path, "sha256": sha256, "rows_read": 0, "rejected": 0}
            for path, sha256 in files.items()
        ]
        at = datetime(2026, 10, 30, number)
        publish_by_hand(tmp_path, f"2026103{number}", at, files=rows)
    root = tmp_path / "store"
    kept = [
        msgspec.structs.replace(manifest, dialects=dialects)
        for manifest, dialects in zip(all_kept(root), ({}, {"plays": "d"}, {}), strict=True)
    ]
    found = Counter(needed(root, kept))
    parts = {part.file for m in kept for parts in m.tables.values() for part in parts}
    contributions = [
        contribution_folder("plays", "0.csv", "a" * 64),
        contribution_folder("plays", "1.csv", "c" * 64),
        contribution_folder("plays", "0.csv", "a" * 64, "d"),
        contribution_folder("plays", "1.csv", "c" * 64, "d"),
        contribution_folder("plays", "0.csv", "b" * 64),
    ]
    assert {file for file in found if file.startswith("work/")} == set(contributions)
    assert all(found[folder] == 1 for folder in contributions)
    assert {file for file in found if file.startswith("tables/")} == parts


def test_a_removal_that_was_cut_short_does_not_hinder_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "contribution"
    for _ in range(2):
        # As after the death of a process whose number this one has again.
        folder.mkdir()
        (folder / "rows.parquet").touch()
        with monkeypatch.context() as dying:
            dying.setattr("shutil.rmtree", die)
            with pytest.raises(KeyboardInterrupt):
                remove_folder(folder)
        assert not folder.exists()
    left = list(tmp_path.iterdir())
    assert len(left) == 2
    for hidden in left:
        remove_folder(hidden)
    assert not list(tmp_path.iterdir())


def test_what_sandboxes_left_goes_also_under_their_former_name(tmp_path: Path) -> None:
    for left in ("laboratory/17-abc/work", f"{SANDBOX}/18-abc/work"):
        (tmp_path / left).mkdir(parents=True)
    (tmp_path / "laboratory/17-abc/work/rows.parquet").touch()
    with scratch_folder(tmp_path / SANDBOX) as opened:
        sweep(Store(tmp_path, "version"), ())
        assert opened.is_dir(), "it is in use"
    assert not (tmp_path / "laboratory").exists()
    assert not (tmp_path / SANDBOX / "18-abc").exists()


def test_folders_of_others_stay_among_the_sandboxes(tmp_path: Path) -> None:
    """One that somebody had made there was removed."""
    other = tmp_path / SANDBOX / "new folder"
    other.mkdir(parents=True)
    sweep(Store(tmp_path, "version"), ())
    with scratch_folder(tmp_path / SANDBOX):
        assert list(other.iterdir()) == []
