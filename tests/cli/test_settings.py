"""`beatxp settings`: what is in force, and where it comes from."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

import pipelines.settings
from cli.commands import app
from pipelines.settings import Settings, SettingsSection
from pipelines.settings.section import settings_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "exports").mkdir()
    (tmp_path / "rules.toml").touch()
    (tmp_path / "dagster_project.toml").write_text(
        '[project]\nexports = "exports"\nstore = "store"\nrulebook = "rules.toml"\n'
        '[engine]\nthreads = 3\n[exports.plays]\ntimezone = "Europe/Berlin"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **variables: str) -> Result:
    return CliRunner(env={"COLUMNS": "400", **variables}).invoke(app, arguments)


def rows(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    cells = (line.split(" = ", 1) for line in result.stdout.splitlines() if " = " in line)
    return {key: rest.replace("  # ", " ") for key, rest in cells}


def test_people_see_each_setting_its_value_and_where_it_comes_from(folder: Path) -> None:
    result = run("settings", BEATXP_SNAPSHOTS__KEEP="9")
    assert "Other keys of [exports.<entity>] have their defaults" in result.stdout
    found = rows(result)
    assert found["project.store"] == f'"{folder / "store"}" dagster_project.toml'
    assert found["engine.threads"] == "3 dagster_project.toml"
    assert found["snapshots.keep"] == "9 BEATXP_SNAPSHOTS__KEEP"
    assert found["guards.allow_empty"] == "false default"
    assert found["login.algorithms"] == '["RS256", "ES256"] default'
    assert found["login.api_keys"] == '"" default'
    assert found["exports.plays.timezone"] == '"Europe/Berlin" dagster_project.toml'
    # A hundred settings of exports that nobody has made would hide the rest.
    assert "exports.plays.nulls" not in found
    assert "exports.tracks.folder" not in found


def test_keys_and_values_are_whole_on_a_narrow_terminal(folder: Path) -> None:
    """They were cut into columns, in which nobody could search or copy."""
    said = run("settings", COLUMNS="80").stdout
    assert "guards.max_rejected_percent = 5  # default\n" in said
    assert f'project.rulebook = "{folder / "rules.toml"}"' in said.replace("\n    ", " ")


def test_scripts_are_told_every_setting(folder: Path) -> None:
    result = run("settings", "--json", BEATXP_SNAPSHOTS__KEEP="9")
    found = json.loads(result.stdout)
    assert found["settings_file"] == str(folder / "dagster_project.toml")
    by_key = {one.pop("key"): one for one in found["settings"]}
    assert by_key.keys() == settings_of(Settings).keys()
    assert by_key["snapshots.keep"] == {
        "value": 9,
        "source": "variable",
        "file": None,
        "variable": "BEATXP_SNAPSHOTS__KEEP",
    }
    assert by_key["engine.threads"]["file"] == str(folder / "dagster_project.toml")
    assert by_key["login.api_keys"]["value"] is None


def test_the_file_is_named_by_the_option_or_else_by_the_variable() -> None:
    for name, threads in (("live.toml", 7), ("test.toml", 8)):
        text = Path("dagster_project.toml").read_text()
        Path(name).write_text(text.replace("threads = 3", f"threads = {threads}"))
    named = {"BEATXP_CONFIG": "live.toml"}
    assert rows(run("settings", **named))["engine.threads"] == "7 live.toml"
    chosen = run("--config", "test.toml", "settings", **named)
    assert rows(chosen)["engine.threads"] == "8 test.toml"
    assert rows(run("settings", BEATXP_CONFIG=""))["engine.threads"] == "3 dagster_project.toml"


def test_mistakes_in_variables_are_told_as_elsewhere() -> None:
    result = run("settings", "--json", BEATXP_ENGIN__THREADS="9")
    assert result.exit_code == 2
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "bad_settings"
    assert "BEATXP_ENGIN__THREADS: is no setting" in error["message"]
    assert run("settings", BEATXP_CONFIG="none.toml").exit_code == 2


class Hooks(SettingsSection):
    key: SecretStr = SecretStr("")
    other: SecretStr = SecretStr("")


class SettingsWithHooks(Settings):
    hooks: Hooks = Hooks()


def test_secrets_are_never_printed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines.settings, "Settings", SettingsWithHooks)
    (folder / "key").write_text("s3cr3t")
    named = {"BEATXP_HOOKS__KEY_FILE": "key"}
    for arguments in (("settings",), ("settings", "--json")):
        result = run(*arguments, **named)
        assert result.exit_code == 0
        assert "**********" in result.stdout
        assert "s3cr3t" not in result.output
    assert rows(run("settings", **named))["hooks.key"] == (
        f'"**********" {folder / "key"} (BEATXP_HOOKS__KEY_FILE)'
    )
    # Whether there is one is no secret.
    assert rows(run("settings", **named))["hooks.other"] == '"" default'
