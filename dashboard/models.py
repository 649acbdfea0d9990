"""What the API answers and the pages show: times are UTC, amounts whole numbers, ids texts."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from dashboard.ids import Id

#: The text that an id stands for. It is left out where ids are no texts.
TextId = Annotated[
    str | None,
    Field(
        default=None,
        exclude_if=lambda text: text is None,
        description="The text that the id stands for; left out where ids are no texts.",
    ),
]
#: A time in UTC without a zone, which JSON has with a Z: without, browsers take it for local.
Moment = Annotated[
    datetime,
    PlainSerializer(lambda time: f"{time.isoformat()}Z", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Model(BaseModel):
    """An answer: never changed once it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SnapshotInfo(Model):
    """Which snapshot everything in an answer comes from."""

    snapshot_id: str
    published_at: Moment = Field(description="When it was published: the last update.")
    as_of: Moment = Field(description="What happened before this time counts.")
    data_through: Moment | None = Field(description="The latest event that counts.")
    rulebook_name: str
    rulebook_version: str
    producers: int
    changed_at: Moment | None = Field(
        description="When it was last computed again without the data of somebody who was erased."
    )


class SourceXp(Model):
    """What a producer has earned with one kind of activity."""

    source: str
    quantity: int
    xp: int


class AchievementOf(Model):
    """An achievement, as one producer sees it."""

    achievement_id: str
    name: str
    description: str
    rarity: str
    xp: int = Field(description="XP that it awards, or has awarded.")
    metric: str
    unlocked_at: Moment | None = Field(description="Null while it is locked.")
    done: int | None = Field(description="How far it is, in the metric's unit; null if it jumps.")
    needed: int | None = Field(description="What unlocks it, in the metric's unit.")
    percent: int | None = Field(ge=0, le=100)
    unlocked_by: int = Field(description="Producers who have it.")


class MonthOfXp(Model):
    """XP of a calendar month, and the sum of all months up to its end."""

    month: str
    xp: int = Field(description="What was gained and what was taken, together.")
    gained: int = Field(description="The sum of the ledger's rows above 0.")
    taken: int = Field(description="The sum of the ledger's rows below 0.")
    sum: int


class DayOfXp(Model):
    """XP of a day, by source."""

    day: date
    xp: int
    sources: list[SourceXp]


class LevelUp(Model):
    """A level that was reached, and when; `sum` is the XP up to that day's end."""

    level: int
    title: str
    reached_on: date
    sum: int


class RankOf(Model):
    """A producer's place on one board; rank and score are null where not ranked."""

    category: str
    period: str
    rank: int | None
    score: int | None
    ranked: int


class Progress(Model):
    """Everything that the Progress page shows of a producer."""

    snapshot: SnapshotInfo
    producer_id: Id
    text_id: TextId
    display_name: str
    status: str
    level: int
    level_title: str
    total_xp: int
    level_min_xp: int
    next_level_xp: int | None
    next_level_title: str | None
    xp_to_next: int | None
    progress_percent: int = Field(ge=0, le=100)
    nothing_yet: bool
    ledger_xp: int = Field(
        description="The sum of the ledger; total_xp is 0 where adjustments took it below."
    )
    sources: list[SourceXp]
    partners: int
    best_track_plays: int
    best_day_plays: int
    best_upload_streak: int = Field(description="Weeks in a row with an upload.")
    earnings_cents: int
    achievements_unlocked: int
    achievements_locked: int
    achievement_xp: int
    achievements: list[AchievementOf] = Field(
        description="The unlocked ones, the latest first; then the locked ones, the closest first."
    )
    months: list[MonthOfXp]
    days: list[DayOfXp]
    level_ups: list[LevelUp]
    ranks: list[RankOf]


class BoardRow(Model):
    """A row of a board."""

    rank: int
    hidden: bool = Field(
        description="Who it is is for that producer and for analysts: null in id and name."
    )
    producer_id: Id | None
    text_id: TextId
    display_name: str | None
    score: int | None = Field(
        description="Null where it is another's earnings, and the server only tells ranks."
    )
    moved: int | None = Field(
        description="Places gained (lost, if negative) since the last day's snapshot; null if the "
        "producer was not ranked then, or there is nothing to compare with."
    )
    is_new: bool = Field(description="Not ranked in the last day's snapshot.")


class PlaceOnBoard(Model):
    """Where a producer stands: what it takes to pass the next, what keeps the one behind away.

    These two are null where nobody is ahead or behind, or where they would tell what others earn.
    """

    row: BoardRow
    tied_with: int
    next_rank: int | None
    to_pass: int | None
    ahead_by: int | None


class BoardPage(Model):
    """Some consecutive rows of a board. Tied producers are listed by id."""

    snapshot: SnapshotInfo
    snapshot_gone: bool = Field(
        description="The snapshot that was asked for is no longer kept: these are the same places "
        "in the newest one."
    )
    compared_with: str | None = Field(
        description="The snapshot that movement is counted from; null if there is none of this "
        "month or week."
    )
    compared_day: date | None = Field(description="The last day that counts in that snapshot.")
    category: str
    period: str
    period_name: str
    ranked: int
    rows: list[BoardRow]
    first: int = Field(description="Place of the first row in the list, from 1; 0 without rows.")
    previous: int | None = Field(
        description="Place at which the page before this one begins; it ends at this one if it is "
        "asked for with `until`, this page's `first`."
    )
    next: int | None = Field(description="Place at which the page after this one begins.")
    more_above: int = Field(description="Earlier rows that share the first row's rank.")
    more_below: int = Field(description="Later rows that share the last row's rank.")
    place: PlaceOnBoard | None = Field(description="Null if the producer is not ranked here.")


class Rate(Model):
    """What one activity of a source is worth."""

    source: str
    xp: int = Field(description="XP for one, without a boost.")
    percent: int = Field(description="The boost that is on; 100 without one.")
    xp_now: int = Field(description="XP for one, with the boost.")
    daily_cap: int | None = Field(description="Most XP of a producer in a day.")
    next_xp: int | None = Field(description="XP for one after the next change of the rate.")
    next_from: date | None


class Boost(Model):
    """A percentage on the rate of a source, from a day until before another."""

    source: str
    percent: int
    first: date
    until: date


class LevelOf(Model):
    """A level, and the XP from which it is reached."""

    level: int
    title: str
    min_xp: int


class Weight(Model):
    """How much a board counts in the overall one."""

    category: str
    weight: int


class HowXpWorks(Model):
    """The rules in force on the last day that counts."""

    name: str
    version: str
    on: date
    rates: list[Rate]
    boosts: list[Boost] = Field(description="Those that are on and those to come.")
    past_boosts: list[Boost] = Field(description="Those that ended in the last 12 months.")
    metadata_fields: list[str]
    complete_at_percent: int
    play_min_profile_completion: int
    min_seconds: int
    count_self_plays: bool
    max_per_listener_track_day: int = Field(description="0 = no limit.")
    achievement_xp_least: int | None = Field(
        description="The least XP that an achievement gives; null if none gives any."
    )
    achievement_xp_most: int | None
    levels: list[LevelOf]
    weights: list[Weight]


class JobInfo(Model):
    """A refresh that was asked for."""

    job_id: str
    state: Literal["running", "published", "up_to_date", "failed"]
    detail: str = Field(description="Why it failed, for those who may refresh.")
    asked_at: Moment
    ended_at: Moment | None


class Problem(Model):
    """An error (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
