"""The sections of the settings file: every setting, its default and what it is for."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from pipelines.settings.dialect import Dialects
from pipelines.settings.section import SettingsSection
from pipelines.settings.values import (
    SIZE,
    absolute_path,
    address_or_path,
    cron,
    existing_file,
    existing_folder,
    folder_or_new,
    path_or_none,
    sign_in_address,
    signing_secret,
    size_or_share,
    web_address,
)

_Path = Annotated[Path, BeforeValidator(absolute_path)]
_Cron = Annotated[str, AfterValidator(cron)]
_Percent = Annotated[int, Field(ge=0, le=100)]
_Minutes = Annotated[int, Field(ge=1, le=525_600)]


class ProjectSettings(SettingsSection):
    """``[project]``: where things are; paths are absolute here (specification, section 6)."""

    exports: Annotated[_Path, AfterValidator(existing_folder)] = Field(
        description='Add the folder with the export files, like exports = "exports".'
    )
    store: Annotated[_Path, AfterValidator(folder_or_new)] = Field(
        description="Add the folder for published snapshots and work kept between refreshes, "
        'like store = "store"; it is created when missing.'
    )
    rulebook: Annotated[_Path, AfterValidator(existing_file)] = Field(
        description='Add the rulebook\'s file, like rulebook = "rules/beatpass.toml".'
    )


class Guards(SettingsSection):
    """``[guards]``: when bad input stops a publication (specification, section 1)."""

    max_rejected_percent: _Percent = Field(
        default=5,
        description="Most rejected rows of an entity, in percent of its new or changed files.",
    )
    allow_rejected_files: bool = Field(
        default=True, description="Whether to publish although a new or changed file is rejected."
    )
    max_bad_cells_percent: _Percent = Field(
        default=50,
        description="Most bad cells of a column, in percent of its cells in new or changed files.",
    )
    max_shrink_percent: _Percent = Field(
        default=20,
        description="Most percent by which a full dump, or all events of an entity, may have fewer "
        "rows than at the last publication.",
    )
    allow_empty: bool = Field(
        default=False, description="Whether to publish although there is no export file at all."
    )


class Snapshots(SettingsSection):
    """``[snapshots]``: what is kept (specification, section 5)."""

    keep: Annotated[int, Field(ge=2, le=1_000_000)] = Field(
        default=72, description="How many published snapshots stay readable."
    )


class EngineSettings(SettingsSection):
    """``[engine]``: what a refresh may use of the machine."""

    memory_limit: Annotated[str, AfterValidator(size_or_share)] = Field(
        default="4GiB", description='Most memory for a refresh, like "4GiB" or "60%".'
    )
    threads: Annotated[int, Field(ge=0, le=4096)] = Field(
        default=0,
        description="Threads of SQL, and of files and days side by side; 0 = one per core.",
    )

    @property
    def sql_memory_limit(self) -> str:
        """Half of the limit is for SQL; the rest is for batches of files and days."""
        return SIZE.sub(lambda size: f"{float(size[1]) / 2}{size[2]}", self.memory_limit)


class Schedules(SettingsSection):
    """``[schedules]``: cron strings in UTC; "" switches one off."""

    hourly: _Cron = Field(default="5 * * * *", description="When to refresh with what is new.")
    nightly: _Cron = Field(
        default="30 2 * * *", description="When to recompute everything from the export files."
    )


class Sensor(SettingsSection):
    """``[sensor]``: refreshing as soon as new export files are complete."""

    new_exports: bool = Field(default=True, description="Whether new files start a refresh.")
    quiet_seconds: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=60, description="A file counts as complete when unchanged for so many seconds."
    )


class Freshness(SettingsSection):
    """``[freshness]``: how old the published snapshot may become."""

    warn_after_minutes: _Minutes = Field(
        default=90, description="Age of the last successful check at which Dagster warns."
    )
    fail_after_minutes: _Minutes = Field(
        default=180, description="Age at which Dagster reports a failure; more than the warning's."
    )


#: What alerts are about.
AlertKind = Literal["failed", "refused", "stale", "unusual"]


class Alerts(SettingsSection):
    """``[alerts]``: who is told when something is wrong, and when it is right again."""

    urls: tuple[SecretStr, ...] = Field(
        default=(),
        strict=False,
        description="Where to: addresses of Apprise, such as mailtos:// and slack://.",
    )
    webhook: Annotated[str, AfterValidator(web_address)] = Field(
        default="", description='An address to which alerts are posted, signed; "" = none.'
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(signing_secret)] = Field(
        default=SecretStr(""), description="What they are signed with: whsec_ and Base64."
    )
    kinds: tuple[AlertKind, ...] = Field(
        default=("failed", "refused", "stale", "unusual"),
        strict=False,
        description="What alerts are about.",
    )

    @property
    def is_configured(self) -> bool:
        """Whether anybody is told."""
        return bool(self.urls or self.webhook)


class Metrics(SettingsSection):
    """``[metrics]``: numbers for Prometheus after each refresh."""

    textfile: Annotated[Path | None, BeforeValidator(path_or_none)] = Field(
        default=None,
        description='A file for node_exporter\'s textfile collector, ending in .prom; "" = none.',
    )


class Dagster(SettingsSection):
    """``[dagster]``: what Dagster keeps."""

    keep_runs_days: Annotated[int, Field(ge=1, le=36_500)] = Field(
        default=30, description="How long runs stay after they ended, with their events and logs."
    )


Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
_Seconds = Annotated[int, Field(ge=0, le=86_400)]
#: Whether the boards of earnings tell what others earn, only their order, or nothing.
EarningsShown = Literal["ranks", "amounts", "off"]


class Dashboard(SettingsSection):
    """``[dashboard]``: how `beatxp serve` shows what is published."""

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8000,
        description="The port to listen on; 0 = any that is free. Not named: the first free one "
        "from 8000 on, without a login.",
    )
    names: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Names under which it is reached besides localhost; others are refused.",
    )
    earnings: EarningsShown = Field(
        default="ranks",
        description="What the boards of earnings tell who is no analyst: ranks and one's own "
        "amount, all amounts, or off: there are none.",
    )
    dagster: Annotated[str, AfterValidator(web_address)] = Field(
        default="", description='Address of a Dagster web server that refreshes; "" = none.'
    )
    viewer_cooldown_seconds: _Seconds = Field(
        default=60,
        description="How long a viewer waits for the next refresh, from the end of the last.",
    )
    cooldown_seconds: _Seconds = Field(
        default=10, description="How long all viewers wait for the next, from the end of anybody's."
    )


class Login(SettingsSection):
    """``[login]``: who is told apart; without it the dashboard serves loopback only."""

    jwks: Annotated[str, BeforeValidator(address_or_path)] = Field(
        default="", description="Where the platform's public keys are: https:// or a file (JWKS)."
    )
    issuer: str = Field(default="", description="The `iss` of the platform's tokens.")
    audience: str = Field(default="", description="The `aud` of tokens that are meant for this.")
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256", "ES256"), strict=False, min_length=1, description="Signatures to accept."
    )
    producer_claim: str = Field(
        default="producer_id", description="The claim that holds a viewer's producer id."
    )
    roles_claim: str = Field(
        default="roles", description="The claim that lists roles: analyst, refresh."
    )
    cookie: str = Field(
        default="beatxp_token", description="The cookie in which browsers bring their token."
    )
    sign_in: Annotated[str, AfterValidator(sign_in_address)] = Field(
        default="",
        description="Where browsers sign in; {address} in it is replaced by where one was.",
    )
    api_keys: Annotated[Path | None, BeforeValidator(path_or_none)] = Field(
        default=None, description='A file of hashed API keys, which `beatxp key` writes; "" = none.'
    )

    @property
    def is_configured(self) -> bool:
        """Whether viewers are told apart at all."""
        return bool(self.jwks or self.api_keys)


class Settings(SettingsSection):
    """The whole settings file. Every section but ``[project]`` may be left out."""

    project: ProjectSettings = Field(
        description="Add a [project] section with exports, store and rulebook."
    )
    exports: Dialects = Field(
        default=Dialects(), description="How export files differ from what is read by default."
    )
    guards: Guards = Field(default=Guards(), description="When bad input stops a publication.")
    snapshots: Snapshots = Field(default=Snapshots(), description="How much history is kept.")
    engine: EngineSettings = Field(
        default=EngineSettings(), description="What a refresh may use of the machine."
    )
    schedules: Schedules = Field(default=Schedules(), description="When refreshes run.")
    sensor: Sensor = Field(default=Sensor(), description="Whether new files start a refresh.")
    freshness: Freshness = Field(default=Freshness(), description="How old data may become.")
    alerts: Alerts = Field(default=Alerts(), description="Who is told when something is wrong.")
    metrics: Metrics = Field(default=Metrics(), description="Numbers for Prometheus.")
    dagster: Dagster = Field(default=Dagster(), description="How long Dagster keeps runs.")
    dashboard: Dashboard = Field(default=Dashboard(), description="How it is shown.")
    login: Login = Field(default=Login(), description="Who is told apart.")
