"""The file of API keys: what it must say, and that adding a key never spoils it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dashboard.keys import KeysError, add_key, hash_of, read_keys


def keys_file(folder: Path, *keys: Mapping[str, object]) -> Path:
    path = folder / "keys.toml"
    path.write_text(
        "\n".join(
            "[[keys]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in key.items())
            for key in keys
        )
    )
    return path


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ({"name": "x"}, r"keys\[1\]\.sha256"),
        ({"name": "x", "sha256": "0" * 64, "roles": ["admin"]}, r"keys\[1\]\.roles"),
        ({"name": "x", "sha256": "short"}, r"keys\[1\]\.sha256"),
        ({"name": "x", "sha256": "0" * 64, "producer_id": "1"}, r"keys\[1\]\.producer_id"),
        ({"name": "x", "sha256": "0" * 64, "admin": True}, r"keys\[1\]\.admin"),
    ],
)
def test_a_file_of_keys_with_a_mistake_is_refused(
    tmp_path: Path, key: Mapping[str, object], says: str
) -> None:
    with pytest.raises(KeysError, match=says):
        read_keys(keys_file(tmp_path, key))


def test_a_new_key_is_written_as_its_hash_beside_the_others(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    first = add_key(path, 'the "nightly" script', ["refresh", "analyst"], None)
    second = add_key(path, "Ada", [], 1)
    assert path.stat().st_mode & 0o077 == 0
    assert first not in path.read_text()
    found = read_keys(path)
    assert found[hash_of(first)].may_refresh
    assert found[hash_of(second)].producer_id == 1
    assert not found[hash_of(second)].sees_all


def test_a_file_of_keys_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="cannot be read"):
        read_keys(tmp_path / "gone.toml")


@pytest.mark.parametrize(
    "name", ["nightly \N{MUSICAL NOTE}", "\U0001f3b9 piano", "a\x7fb", 'a\n"b\\']
)
def test_a_name_can_be_any_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / "keys.toml"
    key = add_key(path, name, [], None)
    assert read_keys(path)[hash_of(key)].name == f"key:{name}"


def test_a_file_without_a_last_line_end_is_continued(tmp_path: Path) -> None:
    path = keys_file(tmp_path, {"name": "by hand", "sha256": "0" * 64})
    path.write_text(path.read_text().rstrip("\n"))
    key = add_key(path, "script", [], None)
    assert set(read_keys(path)) == {"0" * 64, hash_of(key)}


@pytest.mark.parametrize("name", ["", "half a character: \udc80"])
def test_a_key_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / "keys.toml"
    add_key(path, "script", [], None)
    before = path.read_bytes()
    with pytest.raises(KeysError):
        add_key(path, name, [], None)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_others_may_read_stays_so(tmp_path: Path) -> None:
    path = keys_file(tmp_path, {"name": "by hand", "sha256": "0" * 64})
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    add_key(link, "script", [], None)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(read_keys(path)) == 2
