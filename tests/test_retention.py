"""What of the store stays with the snapshots that are kept."""

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
from tests.published import publish_by_hand


def test_an_export_file_of_many_snapshots_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        publish_by_hand(tmp_path, f"2026103{number}", datetime(2026, 10, 30, number))
    shared = {f"plays/{number}.csv": "a" * 64 for number in range(5)}
    changed = {"plays/0.csv": "b" * 64}
    files = (shared, shared, {**shared, **changed})
    kept = [
        msgspec.structs.replace(manifest, export_files=of_it)
        for manifest, of_it in zip(all_kept(tmp_path / "store"), files, strict=True)
    ]
    looked_at: list[tuple[str, str]] = []

    def folder_of(entity: str, path: str, sha256: str, dialect: str) -> str:
        looked_at.append((path, sha256))
        return contribution_folder(entity, path, sha256, dialect)

    monkeypatch.setattr("pipelines.publication.publish.contribution_folder", folder_of)
    found = set(needed(kept))
    assert len(looked_at) == len(set(looked_at)) == 6
    assert found >= {contribution_folder("plays", *one) for one in looked_at}
    assert found >= {part.file for m in kept for parts in m.tables.values() for part in parts}


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
        Store(tmp_path, "version").sweep(())
        assert opened.is_dir(), "it is in use"
    assert not (tmp_path / "laboratory").exists()
    assert not (tmp_path / SANDBOX / "18-abc").exists()
