"""What producers see on the Progress page (specification, sections 3 and 5)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial

import polars as pl

from pipelines.achievements.milestones import PlayMilestones
from pipelines.achievements.unlocks import ActivityUnlocks, PlayUnlocks
from pipelines.activity.catalogue import Catalogue
from pipelines.arrays.by_date import digests, months
from pipelines.arrays.positions import add_up, tally
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.ledger.awards import Awards
from pipelines.ledger.levels import LevelUps
from pipelines.progress.summary import summary
from pipelines.rulebook.tables import achievements, levels, thresholds
from pipelines.run import Run
from pipelines.store.parts import Part
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import COUNT, PUBLISHED, Table, union


class Progress(StepResult, frozen=True):
    """Published files: `progress`, `unlocks`, `level_ups`, `achievements`, `levels`.

    `months` tells for each table of unlocks and each month whether its rows are the same.
    """

    parts: dict[str, list[Part]]
    unlock_tables: dict[str, Table]
    months: dict[str, dict[date, str]]
    rules: str

    def published(self) -> dict[str, list[Part]]:
        """All of them."""
        return self.parts


def summarize(
    run: Run,
    previous: Progress | None,
    dumps: Dumps,
    events: Events,
    catalogue: Catalogue,
    plays: PlayMilestones,
    by_activity: ActivityUnlocks,
    by_plays: PlayUnlocks,
    awards: Awards,
    level_ups: LevelUps,
) -> Progress:
    """Bring together what each producer has, and what each achievement is held by."""
    tables = {
        "activity_unlocks": by_activity.activity_unlocks,
        "play_unlocks": by_plays.play_unlocks,
        "level_unlocks": level_ups.level_unlocks,
    }
    read = run.store.read
    numbers: dict[str, Callable[[], pl.DataFrame]] = {
        "xp": lambda: read(level_ups.xp_sums, ("producer_id", "xp")),
        "play_xp": lambda: read(level_ups.xp_sums, ("producer_id", "play_xp")),
        "plays": lambda: read(plays.play_totals),
        "partners": lambda: read(_partner_counts(run, catalogue)),
        "best_track_plays": lambda: read(_best_tracks(run, plays)),
        "best_day_plays": lambda: read(plays.best_days),
        "best_upload_streak": lambda: read(by_activity.upload_streaks),
        "earnings_cents": lambda: read(_earning_sums(run, events)),
        "achievements_unlocked": lambda: _counts(run, tables, "producer_id"),
    }

    def sums(of: Table) -> pl.DataFrame:
        return read(run.store.remember("award_sums", key_of(of), lambda: _sums(run, of)))

    progress = summary(
        read(dumps.producers),
        levels(run.rulebook),
        thresholds(run.rulebook).height,
        dict(zip(numbers, run.each(lambda number: number(), numbers.values()), strict=True)),
        dict(zip(awards.awards, run.each(sums, awards.awards.values()), strict=True)),
    )
    frames = {
        "progress": progress,
        "level_ups": read(level_ups.level_ups),
        "achievements": _held(run, tables),
        "levels": levels(run.rulebook),
    }
    parts = {name: [run.store.publish_part(name, "all", f)] for name, f in frames.items()}
    digested = run.each(lambda table: _digests(run, previous, table), tables.values())
    told = dict(zip(tables, digested, strict=True))
    now = Progress(parts, tables, told, key_of(thresholds(run.rulebook)))
    parts["unlocks"] = _unlocks(run, previous, now)
    return now


def _unlocks(run: Run, previous: Progress | None, now: Progress) -> list[Part]:
    """One file a month: an unlock stays where it is when later ones come."""

    def told(progress: Progress, month: date) -> list[str | None]:
        return [of_table.get(month) for of_table in progress.months.values()]

    known = {}
    if previous is not None and previous.rules == now.rules:
        known = {part.partition: part for part in previous.parts["unlocks"]}
    # In the order of their places.
    ids = pl.Enum(thresholds(run.rulebook)["achievement_id"])

    def publish(month: date) -> Part:
        name = f"{month:%Y-%m}"
        if previous is not None and name in known and told(previous, month) == told(now, month):
            return known[name]
        end = (month + timedelta(days=32)).replace(day=1)
        is_of_month = pl.col("unlocked_at").is_between(
            datetime(month.year, month.month, 1), datetime(end.year, end.month, 1), closed="left"
        )
        rows = [run.store.scan(table).filter(is_of_month) for table in now.unlock_tables.values()]
        # The place of an achievement is its id's, so this is the published order.
        ordered = pl.concat(rows).collect().sort("producer_id", "achievement")
        named = ordered.with_columns(pl.col("achievement").cat.to(ids).alias("achievement_id"))
        return run.store.publish_part(
            "unlocks", name, named.select(PUBLISHED["unlocks"].schema.names())
        )

    every = sorted({month for of_table in now.months.values() for month in of_table})
    return list(run.each(publish, every))


def _digests(run: Run, previous: Progress | None, unlocks: Table) -> dict[date, str]:
    """What tells whether the rows of a month are the same."""
    if previous is not None and previous.unlock_tables[unlocks.name] == unlocks:
        return previous.months[unlocks.name]
    rows = run.store.read(unlocks)
    return digests(rows, months(rows["unlocked_at"]))


def _held(run: Run, unlocks: Mapping[str, Table]) -> pl.DataFrame:
    """The rulebook's achievements, and how many producers have each."""
    counts = _counts(run, unlocks, "achievement").rename({"rows": "unlocked_by"})
    ids = thresholds(run.rulebook).select("achievement", "achievement_id")
    held = ids.join(counts, on="achievement", how="left").with_columns(
        pl.col("unlocked_by").fill_null(0)
    )
    return (
        achievements(run.rulebook)
        .join(held.drop("achievement"), on="achievement_id")
        .sort(PUBLISHED["achievements"].key)
    )


def _counts(run: Run, unlocks: Mapping[str, Table], key: str) -> pl.DataFrame:
    """How many unlocks there are of each `key`, and of each table that has any: key, rows."""
    name = {"producer_id": "unlock_counts", "achievement": "holder_counts"}[key]

    def count(table: Table) -> pl.DataFrame:
        values = run.store.read(table, [key])[key]
        distinct, rows = tally(values.to_numpy())
        return pl.DataFrame({key: pl.Series(distinct).cast(values.dtype), "rows": rows})

    counted = [
        run.store.remember(name, key_of(table), partial(count, table)) for table in unlocks.values()
    ]
    return run.store.read(union(name, counted))


def _sums(run: Run, awards: Table) -> pl.DataFrame:
    rows = run.store.read(awards, ("producer_id", "quantity", "xp"))
    sums = add_up(*(column.to_numpy() for column in rows.iter_columns()))
    return pl.DataFrame(dict(zip(rows.columns, sums, strict=True)))


def _best_tracks(run: Run, plays: PlayMilestones) -> Table:
    """The most valid plays of a playable track of each uploader: producer_id, plays."""

    def build() -> pl.DataFrame:
        totals = run.store.read(plays.track_totals)
        index = run.attribution_index(plays.attribution)
        return index.best_tracks(totals["track_id"].to_numpy(), totals["plays"].to_numpy())

    return run.store.remember("best_tracks", key_of(plays.track_totals, plays.attribution), build)


def _partner_counts(run: Run, catalogue: Catalogue) -> Table:
    def build() -> pl.DataFrame:
        partners = run.store.read(catalogue.partners, ["producer_id"])
        return partners.group_by("producer_id").agg(pl.len().cast(COUNT).alias("partners"))

    return run.store.remember("partner_counts", key_of(catalogue.partners), build)


def _earning_sums(run: Run, events: Events) -> Table:
    def build() -> pl.DataFrame:
        earned = run.store.read(events.earnings).filter(pl.col("earned_at") < run.as_of)
        sums = pl.col("amount_cents").sum().alias("earnings_cents")
        return earned.group_by("producer_id").agg(sums)

    return run.store.remember("earning_sums", key_of(events.counted("earnings")), build)
