"""The settings file: defaults, paths, and mistakes that a user can understand and repair."""

import base64
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pipelines.settings import Dialect, Settings, SettingsError, load_settings

PROJECT_FILE = Path(__file__).parents[1] / "dagster_project.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "exports").mkdir()
    (tmp_path / "rulebook.toml").touch()
    return tmp_path


def write(folder: Path, text: str = "", project: str | None = None) -> Path:
    if project is None:
        project = 'exports = "exports"\nstore = "store"\nrulebook = "rulebook.toml"'
    path = folder / "settings.toml"
    path.write_text(f"[project]\n{project}\n{text}", encoding="utf-8")
    return path


def mistakes(path: Path) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_only_the_project_section_is_needed(folder: Path) -> None:
    settings = load_settings(write(folder))
    assert settings.project.exports == folder / "exports"
    assert settings.project.rulebook == folder / "rulebook.toml"
    assert settings.guards.max_rejected_percent == 5
    assert settings.snapshots.keep == 72


def test_a_store_that_is_missing_is_not_a_mistake_and_not_created(folder: Path) -> None:
    settings = load_settings(write(folder))
    assert settings.project.store == folder / "store"
    assert not settings.project.store.exists()


def test_paths_are_relative_to_the_file_not_to_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder)
    monkeypatch.chdir(folder.parent)
    assert load_settings(path.relative_to(folder.parent)).project.exports == folder / "exports"


def test_file_urls_are_paths(folder: Path) -> None:
    (folder / "my exports").mkdir()
    url = (folder / "my exports").as_uri()
    path = write(folder, project=f'exports = "{url}"\nstore = "s"\nrulebook = "rulebook.toml"')
    assert load_settings(path).project.exports == folder / "my exports"


@pytest.mark.parametrize(
    ("exports", "words"),
    [
        ('"s3://bucket/exports"', "s3:// addresses cannot be read directly"),
        ('"file://server/exports"', "three slashes"),
        ('"nowhere"', "does not exist; create the folder"),
        ('"rulebook.toml"', "is a file, not a folder"),
        ('" "', "is blank"),
        ("3", "must be a path in quotes"),
        ('"{state}"', "does not exist"),  # braces are the user's, not a template's
    ],
)
def test_an_exports_folder_that_cannot_be_used(folder: Path, exports: str, words: str) -> None:
    path = write(folder, project=f'exports = {exports}\nstore = "s"\nrulebook = "rulebook.toml"')
    assert words in mistakes(path)["project.exports"]


@pytest.mark.parametrize("store", ["exports", "exports/plays/store", "."])
def test_store_and_exports_do_not_lie_in_one_another(folder: Path, store: str) -> None:
    path = write(folder, project=f'exports="exports"\nstore="{store}"\nrulebook="rulebook.toml"')
    assert "choose another folder" in mistakes(path)["project.store"]


def test_all_mistakes_at_once_each_with_its_key_and_a_remedy(folder: Path) -> None:
    path = write(
        folder,
        """
        [guards]
        max_reject_percent = 5
        max_shrink_percent = 101
        allow_rejected_files = 1
        [snapshots]
        keep = 1
        [engine]
        memory_limit = "much"
        threads = true
        [schedules]
        hourly = "61 * * * *"
        [sensor]
        quiet_seconds = 1.5
        [freshness]
        warn_after_minutes = 200
        [gards]
        """,
    )
    found = mistakes(path)
    assert list(found) == [
        "guards.allow_rejected_files",
        "guards.max_shrink_percent",
        "guards.max_reject_percent",
        "snapshots.keep",
        "engine.memory_limit",
        "engine.threads",
        "schedules.hourly",
        "sensor.quiet_seconds",
        "freshness.fail_after_minutes",
        "gards",
    ]
    assert 'did you mean "max_rejected_percent"?' in found["guards.max_reject_percent"]
    assert 'did you mean "guards"?' in found["gards"]
    assert found["guards.max_shrink_percent"] == "is 101; the greatest allowed value is 100."
    assert "true or false" in found["guards.allow_rejected_files"]
    assert "whole number" in found["engine.threads"]
    assert "greater than warn_after_minutes, which is 200" in found["freshness.fail_after_minutes"]


def test_a_missing_key_says_what_it_is_for(folder: Path) -> None:
    found = mistakes(write(folder, project='exports = "exports"\nstore = "store"'))
    assert found == {
        "project.rulebook": "is missing. Add the rulebook's file, like "
        'rulebook = "rules/beatpass.toml".'
    }


def test_a_file_that_is_not_there_or_not_toml(folder: Path) -> None:
    assert "--config" in mistakes(folder / "none.toml")[""]
    broken = folder / "broken.toml"
    broken.write_text("[project\n")
    assert "line 1" in mistakes(broken)[""]


CRON_TAKEN = [
    "5 * * * *",
    "*/15 0-6,22-23 * * *",
    "0 0 29 2 *",
    "0 0 31 2,3 *",
    "0 6 * JAN-mar Mon-fri",
    "05 02 * * 7",
    "0\t12  1 */3 *",
    "5/15 * * * *",
    "0 0 L * fri#1",
]


@pytest.mark.parametrize("cron", CRON_TAKEN)
def test_cron_strings_that_are_taken_are_taken_by_dagster_too(folder: Path, cron: str) -> None:
    from dagster._utils.schedules import is_valid_cron_string

    text = cron.replace("\t", "\\t")
    settings = load_settings(write(folder, f'[schedules]\nnightly = "{text}"'))
    assert settings.schedules.nightly == cron
    assert is_valid_cron_string(cron)


@pytest.mark.parametrize(
    "cron",
    [
        "hourly",
        "* * * *",
        "0 0 0 * * *",
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "*/0 * * * *",
        "1,,2 * * * *",
        "9-5 * * * *",
        "-1 * * * *",
        " ",
        "0 0 31 4,6 *",  # neither April nor June has 31 days
        "0 0 30 2 mon",  # would run on Mondays, but Dagster refuses it
        "0 0 * * 5L",  # the last Friday: Dagster refuses it
        "0 0 LW * *",
    ],
)
def test_cron_strings_that_never_run_or_mean_nothing(folder: Path, cron: str) -> None:
    assert mistakes(write(folder, f'[schedules]\nhourly = "{cron}"')).keys() == {"schedules.hourly"}


def test_an_empty_cron_string_switches_a_schedule_off(folder: Path) -> None:
    assert load_settings(write(folder, '[schedules]\nhourly = ""')).schedules.hourly == ""


@pytest.mark.parametrize("limit", ["4GiB", "500MB", "1.5 TB", "80%", "2gb"])
def test_memory_limits_are_understood_by_duckdb(folder: Path, limit: str) -> None:
    import duckdb

    settings = load_settings(write(folder, f'[engine]\nmemory_limit = "{limit}"'))
    for size in (settings.engine.memory_limit, settings.engine.sql_memory_limit):
        duckdb.connect().execute("SET memory_limit = ?", [size])


@pytest.mark.parametrize("limit", ["4", "0GB", "four", "4PB", "-1", "101%", ""])
def test_memory_limits_that_mean_nothing(folder: Path, limit: str) -> None:
    found = mistakes(write(folder, f'[engine]\nmemory_limit = "{limit}"'))
    assert "4GiB" in found["engine.memory_limit"]


def test_the_projects_own_file_shows_every_setting_with_its_default(folder: Path) -> None:
    # Naming a port, even the default one, means that no other will do.
    text = PROJECT_FILE.read_text(encoding="utf-8").replace("\n# port = ", "\nport = ")
    shown = tomllib.loads(text)
    defaults = load_settings(write(folder))
    assert shown.keys() == Settings.model_fields.keys()
    assert shown.pop("exports") == {}
    for name, section in shown.items():
        assert section.keys() == type(getattr(defaults, name)).model_fields.keys()
    table = "".join(re.findall(r"^# ([a-z_]+ = .*\n|\[exports.*\n)", text, re.MULTILINE))
    plays = tomllib.loads(table)["exports"]["plays"]
    assert plays.keys() == Dialect.model_fields.keys()
    assert Dialect.model_validate(plays) == Dialect(folder="plays")
    assert load_settings(write(folder, text[text.index("[guards]") :])) == defaults


@pytest.mark.parametrize(
    ("login", "key", "words"),
    [
        ('jwks = "keys.json"', "login.issuer", "is missing"),
        ('jwks = "keys.json"\nissuer = "x"', "login.audience", "is missing"),
        ('jwks = "http://music.example/keys"', "login.jwks", "cannot be read directly"),
        ('algorithms = ["HS256"]', "login.algorithms[1]", "HS256"),
        ('algorithms = ["none"]', "login.algorithms[1]", "none"),
        ("algorithms = []", "login.algorithms", ""),
        ("api_keys = 7", "login.api_keys", "path"),
        ('sign_in = "http://music.example/"', "login.sign_in", "https://"),
        ('sign_in = "/sign-in"', "login.sign_in", "https://"),
        ('sign_in = "https:///sign-in"', "login.sign_in", "https://"),
        ('sign_in = "https://{address}/"', "login.sign_in", "https://"),
        ('sign_in = "https://music.example/ x"', "login.sign_in", "https://"),
        ('sign_in = "javascript:alert(1)//https://x/"', "login.sign_in", "https://"),
        ('sign_in = "https://music.example/?to={address}"', "dashboard.names", "login.sign_in"),
    ],
)
def test_a_login_that_would_prove_nothing(folder: Path, login: str, key: str, words: str) -> None:
    assert words in mistakes(write(folder, f"[login]\n{login}"))[key]


SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


@pytest.mark.parametrize(
    ("alerts", "key", "words"),
    [
        ('webhook = "https://ops.example/hook"', "alerts.webhook_secret", "openssl"),
        ('webhook_secret = "hunter2"', "alerts.webhook_secret", "openssl"),
        ('webhook_secret = "whsec_hunter2"', "alerts.webhook_secret", "openssl"),
        (f'webhook_secret = "x{SECRET}"', "alerts.webhook_secret", "openssl"),
        ('webhook = "ops.example"', "alerts.webhook", "write an address"),
        ('kinds = ["late"]', "alerts.kinds[1]", "stale"),
        ('urls = "json://ops.example"', "alerts.urls", "must be a list"),
    ],
)
def test_alerts_that_would_reach_nobody(folder: Path, alerts: str, key: str, words: str) -> None:
    found = mistakes(write(folder, f"[alerts]\n{alerts}"))[key]
    assert words in found
    assert "hunter2" not in found


def test_alerts_are_configured_by_somebody_to_tell(folder: Path) -> None:
    assert not load_settings(write(folder, '[alerts]\nkinds = ["stale"]')).alerts.is_configured
    by_url = load_settings(write(folder, '[alerts]\nurls = ["json://me:hunter2@ops.example"]'))
    assert by_url.alerts.is_configured
    assert "hunter2" not in repr(by_url)
    text = f'[alerts]\nwebhook = "http://127.0.0.1:9"\nwebhook_secret = "{SECRET}"'
    assert load_settings(write(folder, text)).alerts.is_configured


def test_a_login_is_configured_by_tokens_or_keys(folder: Path) -> None:
    assert not load_settings(write(folder)).login.is_configured
    tokens = 'jwks = "https://music.example/keys"\nissuer = "x"\naudience = "y"'
    found = load_settings(write(folder, f"[login]\n{tokens}")).login
    assert found.is_configured
    assert found.jwks == "https://music.example/keys"
    keys = load_settings(write(folder, '[login]\napi_keys = "keys.toml"')).login
    assert keys.is_configured
    assert keys.api_keys == folder / "keys.toml"


def test_a_way_to_sign_in_brings_back_to_names_that_are_known(folder: Path) -> None:
    address = "https://music.example/sign-in?to={address}#now"
    text = f'[dashboard]\nnames = ["xp.example"]\n[login]\nsign_in = "{address}"'
    assert load_settings(write(folder, text)).login.sign_in == address
    plain = '[login]\nsign_in = "https://music.example"'
    assert load_settings(write(folder, plain)).login.sign_in == "https://music.example"


@pytest.mark.parametrize("address", ["127.0.0.1:3000", "ftp://x", "http://", "http://x/?y"])
def test_an_address_of_dagster_that_is_none(folder: Path, address: str) -> None:
    found = mistakes(write(folder, f'[dashboard]\ndagster = "{address}"'))
    assert "http://127.0.0.1:3000" in found["dashboard.dagster"]


def test_importing_settings_imports_neither_dagster_nor_an_engine() -> None:
    code = "import sys, pipelines.settings; print({'dagster', 'duckdb', 'polars'} & {*sys.modules})"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_FILE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ('[exports.track]\nfolder = "x"', "exports.track", "tracks"),
        ('[exports.plays]\nfolders = "x"', "exports.plays.folders", "folder"),
        ("[exports.plays]\nfolder = 3", "exports.plays.folder", "text in quotes"),
        ('[exports.plays]\nfolder = "../x"', "exports.plays.folder", "below the exports"),
        ('[exports.plays]\nfolder = "tracks"', "exports.plays.folder", "tracks"),
        ('[exports.plays]\nfolder = "tracks/plays"', "exports.plays.folder", "tracks"),
        (
            '[exports.plays]\nfolder = "all"\n[exports.tracks]\nfolder = "all/tracks"',
            "exports.plays.folder",
            "tracks",
        ),
        ('[exports.plays.columns]\nplaid_at = "ts"', "exports.plays.columns.plaid_at", "played_at"),
        ('[exports.plays.columns]\nplayed_at = ""', "exports.plays.columns.played_at", "blank"),
        ("[exports.plays.columns]\nplayed_at = 7", "exports.plays.columns.played_at", "text"),
        ('[exports.plays.values.state]\n1 = "x"', "exports.plays.values.state", "no column"),
        ('[exports.tracks.values]\nstatus = "x"', "exports.tracks.values.status", "table"),
        ("[exports.tracks.values.status]\n1 = 1.5", "exports.tracks.values.status.1", "1.5"),
        ('[exports.plays]\nheader = ["a", "a"]', "exports.plays.header", '"a"'),
        ('[exports.plays]\nheader = "a"', "exports.plays.header", "list"),
        ('[exports.plays]\ndelimiter = "||"', "exports.plays.delimiter", "one ASCII character"),
        ('[exports.plays]\ndelimiter = ""', "exports.plays.delimiter", "one ASCII character"),
        ('[exports.plays]\nquote = ","', "exports.plays.delimiter", "differ"),
        ('[exports.plays]\nescape = "é"', "exports.plays.escape", "one ASCII character"),
        ('[exports.plays]\nnulls = "NULL"', "exports.plays.nulls", "list"),
        ('[exports.plays]\ntimezone = "Berlin"', "exports.plays.timezone", "no time zone"),
        ('[exports.plays]\ntimezone = "europe/berlin"', "exports.plays.timezone", "Europe/Berlin"),
        ('[exports.plays]\ntimezone = "/etc"', "exports.plays.timezone", "no time zone"),
        ('[exports.plays]\ntimezone = ""', "exports.plays.timezone", "no time zone"),
        ('[exports.tracks]\nstamp = "{YYYY}-{MM}"', "exports.tracks.stamp", "{DD}"),
        ('[exports.tracks]\nstamp = "{YYYY}{MM}{DD}{D}"', "exports.tracks.stamp", "{DD}"),
        ('[exports.tracks]\nstamp = "{YYYY}{MM}{DD}{DD}"', "exports.tracks.stamp", "once"),
        ('[exports.plays]\ntext_ids = ["played_at"]', "exports.plays.text_ids", "play_id"),
        ('[exports.grants]\ntext_ids = ["achievement_id"]', "exports.grants.text_ids", "grant_id"),
    ],
)
def test_mistakes_in_tables_of_exports(folder: Path, table: str, key: str, words: str) -> None:
    assert words in mistakes(write(folder, table))[key]


def test_two_keys_for_a_column_are_shown(folder: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(write(folder, '[exports.plays.columns]\nplay_id = "a"\nplay_id = "b"'))
    assert 'play_id = "b"' in str(raised.value)
