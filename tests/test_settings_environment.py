"""Settings in the environment: what is said there counts, and mistakes name the variable."""

import json
import tomllib
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

import pipelines.settings
from pipelines.settings import (
    Settings,
    SettingsError,
    SettingsSection,
    load_settings,
    load_with_origins,
    settings_in_force,
    settings_path,
)
from pipelines.settings.environment import variable_of
from pipelines.settings.section import settings_of

PROJECT = '[project]\nexports = "exports"\nstore = "store"\nrulebook = "rulebook.toml"\n'
URL = "https://hooks.example/T0K3N"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "exports").mkdir()
    (tmp_path / "rulebook.toml").touch()
    return tmp_path


def write(folder: Path, text: str = "", project: str = PROJECT) -> Path:
    path = folder / "settings.toml"
    path.write_text(f"{project}{text}", encoding="utf-8")
    return path


def load(folder: Path, text: str = "", **variables: str) -> Settings:
    return load_settings(write(folder, text), environment=variables)


def mistakes(folder: Path, text: str = "", **variables: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text, **variables)
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_a_variable_counts_instead_of_the_file(folder: Path) -> None:
    text = '[engine]\nthreads = 3\nmemory_limit = "1GiB"\n[dashboard]\nnames = ["a"]'
    settings = load(
        folder,
        text,
        BEATXP_ENGINE__THREADS="8",
        BEATXP_GUARDS__ALLOW_EMPTY="true",
        BEATXP_DASHBOARD__NAMES='["xp.example.com", "b"]',
        BEATXP_DASHBOARD__EARNINGS="off",
        BEATXP_EXPORTS__PLAYS__COLUMNS='{"played_at": "ts"}',
        BEATXP_SCHEDULES__HOURLY="",
    )
    assert settings.engine.threads == 8
    assert settings.engine.memory_limit == "1GiB"
    assert settings.guards.allow_empty is True
    assert settings.dashboard.names == ("xp.example.com", "b")
    assert settings.dashboard.earnings == "off"
    assert settings.exports.plays.columns == {"played_at": "ts"}
    assert settings.schedules.hourly == ""


def test_the_process_environment_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATXP_SNAPSHOTS__KEEP", "9")
    assert load_settings(write(folder)).snapshots.keep == 9
    assert load_settings(write(folder), environment={}).snapshots.keep == 72


def test_every_default_can_be_written_in_a_variable_and_means_the_same(folder: Path) -> None:
    """What the file says without quotes is the variable's text: numbers, truths, lists."""
    shown = tomllib.loads(Path("dagster_project.toml").read_text())
    variables = {
        f"BEATXP_{section}__{key}".upper(): value if isinstance(value, str) else json.dumps(value)
        for section, table in shown.items()
        if section not in ("project", "exports")
        for key, value in table.items()
    }
    assert len(variables) > 25
    assert load(folder, **variables) == load(folder)


def test_paths_in_variables_are_relative_to_the_settings_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    (folder / "my exports").mkdir()
    settings = load(
        folder,
        BEATXP_PROJECT__STORE="other",
        BEATXP_PROJECT__EXPORTS=(folder / "my exports").as_uri(),
        BEATXP_LOGIN__API_KEYS="keys.toml",
    )
    assert settings.project.store == folder / "other"
    assert settings.project.exports == folder / "my exports"
    assert settings.login.api_keys == folder / "keys.toml"
    assert load(folder, '[login]\napi_keys = "k"', BEATXP_LOGIN__API_KEYS="").login.api_keys is None


def test_variables_can_say_what_the_file_leaves_out(folder: Path) -> None:
    path = write(folder, project="")
    environment = {
        "BEATXP_PROJECT__EXPORTS": "exports",
        "BEATXP_PROJECT__STORE": "store",
        "BEATXP_PROJECT__RULEBOOK": "rulebook.toml",
    }
    assert load_settings(path, environment=environment).project.store == folder / "store"


def test_other_variables_are_not_ours(folder: Path) -> None:
    load(folder, BEATXP_WORLDS="7", BEATXP_CONFIG="x", BEATXP_ENGINE="y", OTHER__THREADS="z")


def test_mistakes_name_the_variable_all_at_once(folder: Path) -> None:
    found = mistakes(
        folder,
        "[snapshots]\nkeep = 1",
        BEATXP_ENGINE__THREADS="true",
        BEATXP_ENGINE__MEMORY_LIMIT="much",
        BEATXP_GUARDS__ALLOW_EMPTY="maybe",
        BEATXP_GUARDS__MAX_SHRINK_PERCENT="101",
        BEATXP_LOGIN__ALGORITHMS='["RS256", "none"]',
        BEATXP_DASHBOARD__NAMES="xp.example.com",
        BEATXP_EXPORTS__PLAYS__COLUMNS='{"plaid_at": "ts"}',
        BEATXP_PROJECT__EXPORTS="nowhere",
        BEATXP_ENGIN__THREADS="4",
    )
    assert found.keys() == {
        "snapshots.keep",
        "BEATXP_ENGINE__THREADS",
        "BEATXP_ENGINE__MEMORY_LIMIT",
        "BEATXP_GUARDS__ALLOW_EMPTY",
        "BEATXP_GUARDS__MAX_SHRINK_PERCENT",
        "BEATXP_LOGIN__ALGORITHMS[2]",
        "BEATXP_DASHBOARD__NAMES",
        "BEATXP_PROJECT__EXPORTS",
        "BEATXP_ENGIN__THREADS",
    }
    assert "whole number" in found["BEATXP_ENGINE__THREADS"]
    assert '"maybe"' in found["BEATXP_GUARDS__ALLOW_EMPTY"]
    assert 'JSON, like ["a", "b"]' in found["BEATXP_DASHBOARD__NAMES"]
    assert "did you mean BEATXP_ENGINE__THREADS?" in found["BEATXP_ENGIN__THREADS"]


def test_mistakes_between_settings_name_the_variable(folder: Path) -> None:
    text = "[freshness]\nwarn_after_minutes = 90\nfail_after_minutes = 180"
    found = mistakes(folder, text, BEATXP_FRESHNESS__WARN_AFTER_MINUTES="200")
    problem = found["BEATXP_FRESHNESS__WARN_AFTER_MINUTES"]
    assert problem == "is 200; it must be less than fail_after_minutes, which is 180."
    found = mistakes(folder, text, BEATXP_FRESHNESS__FAIL_AFTER_MINUTES="60")
    assert "greater than warn_after_minutes" in found["BEATXP_FRESHNESS__FAIL_AFTER_MINUTES"]
    (folder / "store/exports").mkdir(parents=True)
    found = mistakes(folder, BEATXP_PROJECT__EXPORTS="store/exports")
    assert "choose another folder" in found["BEATXP_PROJECT__EXPORTS"]
    columns = '{"plaid_at": "ts"}'
    found = mistakes(folder, BEATXP_EXPORTS__PLAYS__COLUMNS=columns)
    assert "played_at" in found["BEATXP_EXPORTS__PLAYS__COLUMNS.plaid_at"]


def test_the_message_says_where_to_look(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(folder, BEATXP_SNAPSHOTS__KEEP="1")
    assert str(caught.value) == (
        f"{folder / 'settings.toml'} with environment variables has 1 mistake; nothing was run:\n"
        "  BEATXP_SNAPSHOTS__KEEP: is 1; the smallest allowed value is 2."
    )


def test_mistakes_in_variables_are_told_of_a_broken_file_too(folder: Path) -> None:
    found = mistakes(folder, "[", BEATXP_ENGIN__THREADS="4")
    assert found.keys() == {"", "BEATXP_ENGIN__THREADS"}


def test_a_section_of_the_file_that_is_none_is_its_mistake(folder: Path) -> None:
    path = write(folder, project=f"engine = 3\n{PROJECT}")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environment={"BEATXP_ENGINE__THREADS": "2"})
    assert [mistake.key for mistake in caught.value.mistakes] == ["engine"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BEATXP_engine__threads", "did you mean BEATXP_ENGINE__THREADS?"),
        ("BEATXP_ENGINE__THREADS_FILE", "did you mean BEATXP_ENGINE__THREADS?"),
        ("BEATXP_EXPORTS__PLAYS__COLUMNS__ID", "did you mean BEATXP_EXPORTS__PLAYS__COLUMNS?"),
        ("BEATXP_XYZZY__QQQ", "`beatxp settings`"),
    ],
)
def test_variables_that_look_like_settings_and_are_none(
    folder: Path, name: str, words: str
) -> None:
    assert words in mistakes(folder, **{name: "1"})[name]


def test_every_setting_has_a_variable_of_its_own() -> None:
    names = [variable_of(key) for key in settings_of(Settings)]
    assert "BEATXP_EXPORTS__PLAYS__TEXT_IDS" in names
    assert "BEATXP_LOGIN__API_KEYS" in names
    assert len({*names}) == len(names) > 100


def test_the_settings_file_is_named_by_a_variable() -> None:
    assert settings_path({}) == settings_path({"BEATXP_CONFIG": ""}) == Path("dagster_project.toml")
    assert settings_path({"BEATXP_CONFIG": "/srv/live.toml"}) == Path("/srv/live.toml")


def test_where_each_setting_comes_from(folder: Path) -> None:
    path = write(folder, "[engine]\nthreads = 3\n[exports.plays]\nfolder = 'p'")
    environment = {"BEATXP_SNAPSHOTS__KEEP": "9", "BEATXP_ENGINE__MEMORY_LIMIT": "1GiB"}
    found = {one.key: one for one in settings_in_force(load_with_origins(path, environment))}
    assert found.keys() == settings_of(Settings).keys()
    said = {key: (one.value, one.source, one.file, one.variable) for key, one in found.items()}
    assert said["project.store"] == (str(folder / "store"), "file", path, None)
    assert said["engine.threads"] == (3, "file", path, None)
    assert said["exports.plays.folder"] == ("p", "file", path, None)
    assert said["exports.plays.nulls"] == ([], "default", None, None)
    assert said["snapshots.keep"] == (9, "variable", None, "BEATXP_SNAPSHOTS__KEEP")
    assert said["engine.memory_limit"] == ("1GiB", "variable", None, "BEATXP_ENGINE__MEMORY_LIMIT")
    assert said["guards.allow_empty"] == (False, "default", None, None)


class Hooks(SettingsSection):
    """A section with secrets, as a section of the settings would have them."""

    urls: tuple[SecretStr, ...] = Field(default=(), strict=False)
    key: SecretStr = SecretStr("")
    retries: int = 3


class SettingsWithHooks(Settings):
    """The settings with that section."""

    hooks: Hooks = Hooks()


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines.settings, "Settings", SettingsWithHooks)


def hooks_of(settings: Settings) -> Hooks:
    assert isinstance(settings, SettingsWithHooks)
    return settings.hooks


@pytest.mark.usefixtures("hooks")
def test_secrets_come_from_variables_or_files(folder: Path) -> None:
    (folder / "key").write_text("s3cr3t\n")
    found = hooks_of(load(folder, BEATXP_HOOKS__URLS=f'["{URL}"]', BEATXP_HOOKS__KEY_FILE="key"))
    assert [url.get_secret_value() for url in found.urls] == [URL]
    assert found.key.get_secret_value() == "s3cr3t"
    (folder / "urls").write_text(f'["{URL}"]')
    text = "[hooks]\nkey = 's3cr3t'"
    found = hooks_of(load(folder, text, BEATXP_HOOKS__URLS_FILE=str(folder / "urls")))
    assert [url.get_secret_value() for url in found.urls] == [URL]
    assert found.key.get_secret_value() == "s3cr3t"


@pytest.mark.usefixtures("hooks")
def test_where_a_secret_comes_from_is_no_secret_and_it_is(folder: Path) -> None:
    (folder / "key").write_text("s3cr3t\n")
    path = write(folder, f"[hooks]\nurls = ['{URL}']")
    loaded = load_with_origins(path, {"BEATXP_HOOKS__KEY_FILE": "key"})
    found = {one.key: one for one in settings_in_force(loaded)}
    assert found["hooks.urls"].value == ["**********"]
    assert found["hooks.key"].value == "**********"
    assert found["hooks.key"].source == "secret_file"
    assert found["hooks.key"].file == folder / "key"
    assert found["hooks.key"].variable == "BEATXP_HOOKS__KEY_FILE"
    for text in (repr(loaded), str(loaded.settings), loaded.settings.model_dump_json()):
        assert "s3cr3t" not in text
        assert URL not in text


@pytest.mark.usefixtures("hooks")
@pytest.mark.parametrize(
    ("text", "variables", "key"),
    [
        (f"[hooks]\nurls = '{URL}'", {}, "hooks.urls"),
        (f"[hooks]\nurls = [['{URL}']]", {}, "hooks.urls[1]"),
        (f"hooks = '{URL}'", {}, "hooks"),
        (f"[hooks]\nkeys = '{URL}'", {}, "hooks.keys"),
        (f"[hooks]\nkey = '{URL}", {}, ""),
        (f"[hooks]\nurls = [\n'{URL}\n]", {}, ""),
        (f"hooks = {{ key = '{URL}' ", {}, ""),
        (f"hooks.key = '{URL}", {}, ""),
        ("", {"BEATXP_HOOKS__URLS": URL}, "BEATXP_HOOKS__URLS"),
        ("", {"BEATXP_HOOKS__URLS": f'"{URL}"'}, "BEATXP_HOOKS__URLS"),
        ("", {"BEATXP_HOOKS__KEYS": URL}, "BEATXP_HOOKS__KEYS"),
        ("", {"BEATXP_HOOKS__URLS_FILE": "urls"}, "BEATXP_HOOKS__URLS_FILE"),
        ("", {"BEATXP_HOOKS__KEY_FILE": "nowhere"}, "BEATXP_HOOKS__KEY_FILE"),
        ("", {"BEATXP_HOOKS__KEY_FILE": "."}, "BEATXP_HOOKS__KEY_FILE"),
        ("", {"BEATXP_HOOKS__KEY_FILE": ""}, "BEATXP_HOOKS__KEY_FILE"),
        ("", {"BEATXP_HOOKS__KEY_FILE": "latin1"}, "BEATXP_HOOKS__KEY_FILE"),
        (
            "",
            {"BEATXP_HOOKS__KEY_FILE": "urls", "BEATXP_HOOKS__KEY": URL},
            "BEATXP_HOOKS__KEY_FILE",
        ),
    ],
)
def test_no_mistake_tells_a_secret(
    folder: Path, text: str, variables: dict[str, str], key: str
) -> None:
    (folder / "urls").write_text(URL)
    (folder / "latin1").write_bytes(b"\xe9" + URL.encode())
    path = write(folder, project=f"{text}\n{PROJECT}")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environment=variables)
    assert [mistake.key for mistake in caught.value.mistakes] == [key]
    assert "T0K3N" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("hooks")
def test_what_is_no_secret_is_shown_beside_secrets(folder: Path) -> None:
    assert "seven" in mistakes(folder, "[hooks]\nretries = 'seven'")["hooks.retries"]
    found = mistakes(folder, BEATXP_HOOKS__RETRIES="seven")
    assert "seven" in found["BEATXP_HOOKS__RETRIES"]
    assert "BEATXP_HOOKS__RETRIES_FILE" in mistakes(folder, BEATXP_HOOKS__RETRIES_FILE="urls")
