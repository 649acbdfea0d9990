"""The rulebook's shape: every table and key of the TOML file (specification, section 3).

Bounds keep 64-bit arithmetic safe: rates up to 10^7 and percents up to 10^4 make an activity worth
at most 10^9, so that a producer may have 10^9 of them; thresholds and levels go up to 10^12. Rules
between several keys are in ``checks``.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SkipValidation
from pydantic_core import PydanticCustomError, to_jsonable_python

Source = Literal["upload", "play", "metadata", "collaboration"]
MetadataField = Literal[
    "artwork", "description", "genres", "tags", "bpm", "musical_key", "scale", "collection"
]
Rarity = Literal["common", "uncommon", "rare", "epic", "legendary"]
Metric = Literal[
    "uploads",
    "complete_tracks",
    "collaborations",
    "plays",
    "partners",
    "track_plays",
    "day_plays",
    "upload_streak",
    "earnings",
    "joined_before",
    "granted",
    "level",
]
Section = Literal[
    "metadata",
    "collaboration",
    "plays",
    "rates",
    "boosts",
    "daily_caps",
    "levels",
    "achievements",
    "weights",
]
RATED_SOURCES: tuple[Source, ...] = get_args(Source)
LARGEST = 10**12
LARGEST_RATE = 10**7
LARGEST_PERCENT = 10**4


def _award(xp: int) -> int:
    if xp == 0 or 100 <= xp <= 10_000:
        return xp
    raise PydanticCustomError(
        "award", "is {xp}; write 0, or a whole number from 100 to 10000.", {"xp": xp}
    )


Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Amount = Annotated[int, Field(ge=0, le=LARGEST)]
Points = Annotated[int, Field(ge=0, le=LARGEST_RATE)]
Percent = Annotated[int, Field(ge=0, le=100)]


class TomlTable(BaseModel):
    """A table of the file: no unknown keys, no conversions, never changed after reading.

    The description of a required key is the remedy that a user reads when it is missing.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class RulebookName(TomlTable):
    """``[rulebook]``: what every snapshot computed with it is labelled with."""

    name: Text = Field(description='Add the rulebook\'s name, like name = "BeatPass".')
    version: Text = Field(description='Add a version, like version = "2026.1".')


class Metadata(TomlTable):
    """``[metadata]``: when a track counts as complete."""

    fields: tuple[MetadataField, ...] = Field(
        strict=False,
        min_length=1,
        description="Add the list of track fields that producers are asked to fill in.",
    )
    complete_at_percent: Percent = Field(
        description="Add the percentage of filled fields that completes a track (0 to 100)."
    )


class Collaboration(TomlTable):
    """``[collaboration]``: who shares in the plays of a track."""

    play_min_profile_completion: Percent = Field(
        description="Add the profile completion a collaborator needs to share in plays (0 to 100)."
    )


class Plays(TomlTable):
    """``[plays]``: which plays are valid; by default all."""

    min_seconds: Amount = Field(default=0, description="Shortest listening time of a valid play.")
    count_self_plays: bool = Field(
        default=True, description="Whether producers may play their own tracks."
    )
    max_per_listener_track_day: Amount = Field(
        default=0, description="Valid plays per listener, track and day; 0 = no limit."
    )


class Rate(TomlTable):
    """``[[xp.rates]]``: XP for one activity of each source, from a day on."""

    from_day: date = Field(alias="from", description="Add the first day, like from = 2026-01-01.")
    upload: Points = Field(default=0, description="XP for an upload.")
    play: Points = Field(default=0, description="XP for a valid play.")
    metadata: Points = Field(default=0, description="XP for a track with complete metadata.")
    collaboration: Points = Field(default=0, description="XP for a collaboration.")


class Boost(TomlTable):
    """``[[xp.boosts]]``: a percentage on one source's rate for some days."""

    source: Source = Field(
        description="Add what is boosted: upload, play, metadata or collaboration."
    )
    from_day: date = Field(alias="from", description="Add the first day, like from = 2026-07-04.")
    until_day: date = Field(
        alias="until", description="Add the day after the last one, like until = 2026-07-06."
    )
    percent: Annotated[int, Field(ge=0, le=LARGEST_PERCENT)] = Field(
        description="Add a percentage: 200 doubles the rate, 50 halves it."
    )


class DailyCaps(TomlTable):
    """``[xp.daily_caps]``: most XP per producer, source and day; none where a key is missing."""

    upload: Amount | None = Field(default=None, description="Most XP a day from uploads.")
    play: Amount | None = Field(default=None, description="Most XP a day from plays.")
    metadata: Amount | None = Field(default=None, description="Most XP a day from metadata.")
    collaboration: Amount | None = Field(
        default=None, description="Most XP a day from collaborations."
    )


class Xp(TomlTable):
    """``[xp]``: what activity is worth."""

    rates: tuple[Rate, ...] = Field(
        strict=False,
        min_length=1,
        description="Add an [[xp.rates]] entry with from = 2000-01-01 and a rate per source.",
    )
    boosts: tuple[Boost, ...] = Field(default=(), strict=False, description="Boosts, if any.")
    daily_caps: DailyCaps = Field(default=DailyCaps(), description="Daily caps, if any.")


class Level(TomlTable):
    """``[[levels]]``: a level and the XP from which it is reached."""

    level: Annotated[int, Field(ge=1, le=LARGEST)] = Field(
        description="Add the level's number, from 1."
    )
    title: Text = Field(description='Add the level\'s title, like title = "Novice".')
    min_xp: Amount = Field(
        description="Add the total XP from which the level is reached; 0 for level 1."
    )


class Achievement(TomlTable):
    """``[[achievements]]``: one achievement; ``checks`` judges its threshold by its metric."""

    id: Text = Field(description='Add a name that never changes, like id = "first-upload".')
    name: Text = Field(description="Add the name that producers see.")
    description: Text = Field(description="Add what to do for it, in a sentence.")
    rarity: Rarity = Field(description="Add one of common, uncommon, rare, epic, legendary.")
    xp: Annotated[int, AfterValidator(_award)] = Field(
        description="Add its XP: 0, or 100 to 10000."
    )
    metric: Metric = Field(
        description=f"Add what is counted: one of {', '.join(get_args(Metric))}."
    )
    threshold: Annotated[int | date | None, SkipValidation] = Field(
        default=None, description="How much is needed; a date for joined_before; none for granted."
    )


class Weights(TomlTable):
    """``[leaderboards.overall]``: each board's weight in the blended one; missing = 0."""

    points: Amount = Field(default=0, description="Weight of the points board.")
    plays: Amount = Field(default=0, description="Weight of the plays board.")
    uploads: Amount = Field(default=0, description="Weight of the uploads board.")
    quality: Amount = Field(default=0, description="Weight of the quality board.")
    collaboration: Amount = Field(default=0, description="Weight of the collaboration board.")
    earnings: Amount = Field(default=0, description="Weight of the earnings board.")


class Leaderboards(TomlTable):
    """``[leaderboards]``."""

    overall: Weights = Field(
        description="Add [leaderboards.overall] with whole-number weights, like points = 30."
    )


class RulebookFile(TomlTable):
    """The whole TOML file."""

    rulebook: RulebookName = Field(description="Add a [rulebook] section with name and version.")
    metadata: Metadata = Field(
        description="Add a [metadata] section with fields and complete_at_percent."
    )
    collaboration: Collaboration = Field(
        description="Add a [collaboration] section with play_min_profile_completion."
    )
    plays: Plays = Field(default=Plays(), description="Which plays are valid.")
    xp: Xp = Field(description="Add at least one [[xp.rates]] entry.")
    levels: tuple[Level, ...] = Field(
        strict=False, min_length=1, description="Add [[levels]], beginning with level 1 at 0 XP."
    )
    achievements: tuple[Achievement, ...] = Field(
        default=(), strict=False, description="Achievements."
    )
    leaderboards: Leaderboards = Field(
        description="Add [leaderboards.overall] with whole-number weights, like points = 30."
    )


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A checked rulebook; `text` is its file's.

    Entries have one order whatever order the file has them in: rates by day, boosts by source and
    days, levels by number, achievements by id (code points).
    """

    name: str
    version: str
    sha256: str
    text: str
    metadata: Metadata
    collaboration: Collaboration
    plays: Plays
    rates: tuple[Rate, ...]
    boosts: tuple[Boost, ...]
    daily_caps: DailyCaps
    levels: tuple[Level, ...]
    achievements: tuple[Achievement, ...]
    weights: Weights

    def section_key(self, section: Section) -> str:
        """Short text that changes when, and only when, the content of a section does.

        A new comment, another order of entries or a default written out changes no key, so that
        work which depends on this section alone need not be done again.
        """
        content = to_jsonable_python(getattr(self, section))
        canonical = json.dumps([section, content], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:32]
