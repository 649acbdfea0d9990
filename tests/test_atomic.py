"""A name stands for the whole of what was written under it, or for what was there before."""

import os
from pathlib import Path

import pytest

from pipelines.store.atomic import atomic_file, place_folder, write_bytes


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_fails_halfway_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(b"before", path)

    def write_half() -> None:
        with atomic_file(path) as hidden:
            hidden.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_bytes_are_on_the_disk_before_the_name_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a name would stand for an empty file."""
    appeared: list[bool] = []
    folder = tmp_path / "folder"
    sync = os.fsync

    def watched(descriptor: int) -> None:
        appeared.append((tmp_path / "file").exists() or folder.exists())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    write_bytes(b"data", tmp_path / "file")
    assert appeared == [False]
    (tmp_path / "file").unlink()

    hidden = tmp_path / ".folder.tmp"
    hidden.mkdir()
    (hidden / "a").touch()
    (hidden / "b").touch()
    place_folder(hidden, folder)
    assert appeared == [False] * 4, "the file, and two in the folder, and the folder's names"
    assert names(folder) == ["a", "b"]

    write_bytes(b"data", tmp_path / "other", durable=False)
    assert len(appeared) == 4


def test_a_folder_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    hidden, folder = tmp_path / ".new", tmp_path / "folder"
    for path in (hidden / "new", folder / "old"):
        path.parent.mkdir()
        path.touch()
    with pytest.raises(OSError, match="not empty"):
        place_folder(hidden, folder)
    assert names(folder) == ["old"]
    place_folder(hidden, folder, anew=True)
    assert names(folder) == ["new"]
    assert names(tmp_path) == ["folder"]
