"""`beatxp serve` and `beatxp key`: what they refuse, and with which sentence."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import serve  # noqa: F401
from cli.app import app
from dashboard.keys import read_keys
from tests.published import progress_row, publish_by_hand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish_by_hand(tmp_path, "one", progress=[progress_row(1, "Ada")])
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / "beatxp.toml"), *arguments])


def test_it_does_not_open_itself_to_everybody(folder: Path) -> None:
    found = run(folder, "serve", "--host", "0.0.0.0")
    assert found.exit_code == 1
    assert "Configure [login] in the settings, or serve on 127.0.0.1." in found.output


def test_a_port_that_is_taken_is_said(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = run(folder, "serve", "--port", str(taken.getsockname()[1]))
    assert found.exit_code == 1
    assert "choose another --port" in " ".join(found.output.split())


def test_a_port_that_the_settings_name_is_not_swapped_for_another(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (folder / "beatxp.toml").open("a") as settings:
            settings.write(f"[dashboard]\nport = {taken.getsockname()[1]}\n")
        found = run(folder, "serve")
    assert found.exit_code == 1
    assert "cannot be listened on" in " ".join(found.output.split())


def test_a_file_of_keys_with_a_mistake_is_a_mistake_of_the_settings(folder: Path) -> None:
    with (folder / "beatxp.toml").open("a") as settings:
        settings.write('[login]\napi_keys = "keys.toml"\n')
    found = run(folder, "serve")
    assert found.exit_code == 2
    assert "`beatxp key NAME` writes it" in found.output


def test_a_key_is_shown_once_and_its_hash_kept(folder: Path) -> None:
    missing = run(folder, "key", "script")
    assert missing.exit_code == 2
    assert 'api_keys = "keys.toml"' in missing.output
    with (folder / "beatxp.toml").open("a") as settings:
        settings.write('[login]\napi_keys = "keys.toml"\n')
    found = run(folder, "key", "script", "--role", "analyst", "--role", "refresh")
    assert found.exit_code == 0
    key = found.stdout.strip()
    assert key.startswith("beatxp_")
    assert key not in (folder / "keys.toml").read_text()
    (viewer,) = read_keys(folder / "keys.toml").values()
    assert viewer.sees_all
    assert viewer.may_refresh
