"""What unlocked an achievement, or what is missing (specification, section 3: achievements)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import polars as pl

from analysis.explain.dumps import collaborations, metadata, uploads
from analysis.explain.evidence import Evidence
from analysis.explain.plays import judged_plays
from analysis.explain.producer_events import earnings, grants
from analysis.explain.rules import ledger_rows
from analysis.explain.verdicts import COUNTED
from analysis.export_rows import one_of
from pipelines.errors import did_you_mean
from pipelines.published.snapshot import NotFoundError, progress_of, towards
from pipelines.rulebook.wording import how_far
from pipelines.tables import COUNT, TEXT, TIME
from pipelines.vocabulary import amount, money

#: `done` and `needed` are in the metric's unit: cents for earnings, XP for levels; null where
#: nothing grows. `file` and `row` are those of the event that unlocked it, `event_at` its time.
ACHIEVEMENTS = pl.Schema(
    {
        "achievement_id": TEXT,
        "name": TEXT,
        "metric": TEXT,
        "threshold": TEXT,
        "xp": COUNT,
        "unlocked_at": TIME,
        "done": COUNT,
        "needed": COUNT,
        "event_at": TIME,
        "entity": TEXT,
        "file": TEXT,
        "row": COUNT,
        "explanation": TEXT,
    }
)


class UnlockingEvent(NamedTuple):
    """What unlocked an achievement: columns of ACHIEVEMENTS. A level has no export row."""

    event_at: Any
    entity: str | None
    file: str | None
    row: int | None
    explanation: str


def achievements(
    evidence: Evidence,
    only: str | None = None,
    day: date | None = None,
    with_events: bool = True,
) -> pl.DataFrame:
    """The rulebook's achievements: what unlocked each, or what is missing. See ACHIEVEMENTS.

    `only` one by its id or name, or those unlocked on a day, or all: the latest first, then the
    locked ones by id. Without events only those that are locked are explained. Raises
    NotFoundError.
    """
    snapshot, producer_id = evidence.derived.snapshot, evidence.producer_id
    known = snapshot.scan("achievements").drop("unlocked_by", "description", "rarity").collect()
    mine = snapshot.scan("unlocks").filter(evidence.is_them).drop("producer_id", "xp").collect()
    rows = known.join(mine, on="achievement_id", how="left")
    if only is not None:
        rows = rows.filter((pl.col("achievement_id") == only) | (pl.col("name") == only))
        if rows.is_empty():
            ids = known["achievement_id"].to_list()
            raise NotFoundError(
                f"There is no achievement {only!r} in these rules; {did_you_mean(only, ids)}"
                if ids
                else "There are no achievements in these rules."
            )
    if day is not None:
        rows = rows.filter(pl.col("unlocked_at").dt.date() == day)
    progress = progress_of(snapshot, producer_id)
    least_xp = dict(snapshot.scan("levels").select("level", "min_xp").collect().iter_rows())
    explained = []
    for row in rows.sort(
        "unlocked_at", "achievement_id", descending=[True, False], nulls_last=True
    ).to_dicts():
        goal = towards(row["metric"], row["threshold"], progress, least_xp)
        row |= {"done": goal and goal[0], "needed": goal and goal[1]}
        if row["unlocked_at"] is None:
            explained.append({**row, "explanation": _missing(evidence, row, progress)})
        elif with_events:
            event = EVENTS[row["metric"]](evidence, row)
            explained.append({**row, **event._asdict()})
        else:
            explained.append(row)
    return pl.DataFrame(explained, schema=ACHIEVEMENTS)


# Events ---------------------------------------------------------------------------------------


def _nth(
    read: Callable[[Evidence], pl.DataFrame], time: str, entity: str, unit: str
) -> Callable[[Evidence, dict[str, Any]], UnlockingEvent]:
    """Of uploads, complete tracks and collaborations: the k-th that counts."""

    def unlocked_by(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
        k = int(row["threshold"])
        event = _counted(read(evidence)).sort(time, "track_id").row(k - 1, named=True)
        where = evidence.told_track(event["track_id"])
        return _event(event, time, entity, f"{unit} {k:,}, {where}")

    return unlocked_by


def _nth_play(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    """Ties in time never matter: any of the plays at that instant is the k-th in some order."""
    plays = _counted(judged_plays(evidence, row["unlocked_at"].date()))
    play = plays.filter(pl.col("played_at") == row["unlocked_at"]).row(0, named=True)
    where = evidence.told_track(play["track_id"])
    words = f"play {int(row['threshold']):,} of all tracks, of {where}"
    return _event(play, "played_at", "plays", words)


def _nth_play_of_day(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    day, k = row["unlocked_at"].date(), int(row["threshold"])
    play = _counted(judged_plays(evidence, day)).row(k - 1, named=True)
    words = f"play {k:,} on {day}, of {evidence.told_track(play['track_id'])}"
    return _event(play, "played_at", "plays", words)


def _nth_play_of_track(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    k = int(row["threshold"])
    milestones = evidence.derived.results["play_milestones"].track_milestones
    playable = evidence.uploaded.filter(pl.col("status") != "draft")
    first = (
        evidence.run.store.scan(milestones)
        .filter((pl.col("k") == k) & one_of("track_id", playable["track_id"]))
        .collect()
        .sort("reached_at", "track_id")
        .row(0, named=True)
    )
    plays = _counted(judged_plays(evidence, first["reached_at"].date())).filter(
        (pl.col("track_id") == first["track_id"]) & (pl.col("played_at") == first["reached_at"])
    )
    play = plays.row(0, named=True)
    words = f"play {k:,} of {evidence.told_track(first['track_id'])}"
    return _event(play, "played_at", "plays", words)


def _nth_partner(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    """The track on which they first met, and the credit that made it so."""
    catalogue, k = evidence.derived.results["catalogue"], int(row["threshold"])
    partner = evidence.theirs(catalogue.partners).sort("since", "partner_id").row(k - 1, named=True)
    their_id, mine = partner["partner_id"], evidence.theirs(catalogue.collaborations)
    met = (
        evidence.run.store.scan(catalogue.collaborations)
        .filter(pl.col("producer_id") == their_id)
        .collect()
        .join(mine, on="track_id", suffix="_mine")
        .filter(pl.max_horizontal("collaborated_at", "collaborated_at_mine") == partner["since"])
        .sort("track_id")
    )
    track_id = met["track_id"][0]
    is_theirs = pl.col("producer_id").is_in([evidence.producer_id, their_id])
    uploader = evidence.tracks.filter(pl.col("track_id") == track_id)["producer_id"][0]
    credit = (
        evidence.current("credits", (pl.col("track_id") == track_id) & is_theirs)
        .filter(pl.col("producer_id") != uploader)
        .sort("credited_at", "producer_id")
        .row(-1, named=True)
    )
    told, where = evidence.told_producer(their_id), evidence.told_track(track_id)
    words = f"partner {k:,}, {told}, on {where}"
    return UnlockingEvent(partner["since"], "credits", credit["file"], credit["row"], words)


def _week_of_streak(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    k, at = int(row["threshold"]), row["unlocked_at"]
    upload = _counted(uploads(evidence)).filter(pl.col("published_at") == at).row(0, named=True)
    start = at.date() - timedelta(days=at.weekday() + 7 * (k - 1))
    words = (
        f"{evidence.told_track(upload['track_id'])}, the first upload of week {k:,} in a row; "
        f"the first of these weeks began on {start}"
    )
    return _event(upload, "published_at", "tracks", words)


def _earning_that_reached(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    earned = _counted(earnings(evidence))
    is_enough = pl.col("earned_so_far_cents") >= int(row["threshold"])
    earning = earned.filter(is_enough).row(0, named=True)
    words = (
        f"earning {earning['earning_id']} of {money(earning['amount_cents'])}: "
        f"{money(earning['earned_so_far_cents'])} in all"
    )
    return _event(earning, "earned_at", "earnings", words)


def _joining(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    producer = evidence.current("producers", evidence.is_them).row(0, named=True)
    words = f"joined on {producer['joined_at']:%Y-%m-%d}, before {row['threshold']}"
    return _event(producer, "joined_at", "producers", words)


def _grant(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    is_it = pl.col("achievement_id") == row["achievement_id"]
    grant = _counted(grants(evidence)).filter(is_it).row(0, named=True)
    words = f"grant {grant['grant_id']}"
    return _event(grant, "granted_at", "grants", words)


def _level(evidence: Evidence, row: dict[str, Any]) -> UnlockingEvent:
    """A level is reached at the end of a day, and unlocks at its start."""
    ledger = ledger_rows(evidence.derived.snapshot, evidence.producer_id)
    day = row["unlocked_at"].date()
    xp = ledger.filter(pl.col("day") <= day)["xp"].sum()
    words = (
        f"{xp:,} XP at the end of {day}; level {row['threshold']} begins at {row['needed']:,} XP"
    )
    return UnlockingEvent(row["unlocked_at"], None, None, None, words)


EVENTS: dict[str, Callable[[Evidence, dict[str, Any]], UnlockingEvent]] = {
    "uploads": _nth(uploads, "published_at", "tracks", "upload"),
    "complete_tracks": _nth(metadata, "completed_at", "tracks", "complete track"),
    "collaborations": _nth(collaborations, "collaborated_at", "credits", "collaboration"),
    "plays": _nth_play,
    "partners": _nth_partner,
    "track_plays": _nth_play_of_track,
    "day_plays": _nth_play_of_day,
    "upload_streak": _week_of_streak,
    "earnings": _earning_that_reached,
    "joined_before": _joining,
    "granted": _grant,
    "level": _level,
}


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("verdict") == COUNTED)


def _event(row: dict[str, Any], time: str, entity: str, words: str) -> UnlockingEvent:
    return UnlockingEvent(row[time], entity, row["file"], row["row"], words)


# What is missing ------------------------------------------------------------------------------


def _missing(evidence: Evidence, row: dict[str, Any], progress: dict[str, Any]) -> str:
    metric = row["metric"]
    if metric == "joined_before":
        joined = evidence.joined_at.date()
        early = joined < date.fromisoformat(row["threshold"])
        return f"joined on {joined}, " + (
            "which is not before the snapshot's time" if early else f"not before {row['threshold']}"
        )
    if metric == "granted":
        mine = grants(evidence).filter(pl.col("achievement_id") == row["achievement_id"])
        later = mine.filter(pl.col("verdict") == "not_yet")["granted_at"].min()
        if isinstance(later, datetime):
            return f"granted at {later}, which is not before the snapshot's time"
        return "no grant of it"
    done, needed = row["done"], row["needed"]
    to_go = amount(metric, needed - done)
    said = f"{how_far(metric, done, needed)}; {to_go} to go"
    return said + _closest(evidence, metric, progress)


def _closest(evidence: Evidence, metric: str, progress: dict[str, Any]) -> str:
    """Which track or day it is that comes closest, where one of several counts."""
    if metric == "track_plays" and progress["best_track_plays"]:
        totals = evidence.derived.results["play_milestones"].track_totals
        playable = evidence.uploaded.filter(pl.col("status") != "draft")["track_id"]
        of_tracks = evidence.run.store.scan(totals).filter(one_of("track_id", playable)).collect()
        best = of_tracks.sort("plays", "track_id", descending=[True, False])["track_id"][0]
        return f" ({evidence.told_track(best)})"
    if metric == "day_plays" and progress["best_day_plays"]:
        ledger = ledger_rows(evidence.derived.snapshot, evidence.producer_id)
        days = ledger.filter(pl.col("source") == "play")
        return f" ({days.sort('quantity', 'day', descending=[True, False])['day'][0]})"
    return ""
