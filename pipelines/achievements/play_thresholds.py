"""When tracks and producers reached thresholds of plays, to the microsecond.

Days are folded in order with running totals. After a change only the tracks and producers that it
touches are followed again, from the earliest changed day on, and of other thresholds only the new
ones are looked for. (Specification, section 3: plays, track_plays, day_plays.)
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import polars as pl

from pipelines.achievements.changed_days import from_changes
from pipelines.achievements.crossings import (
    BestDays,
    Follower,
    InAll,
    WithinDay,
    follow,
    play_crossings,
)
from pipelines.achievements.milestones import (
    METRICS,
    PlayMilestones,
    keep,
    keep_others,
    reaching,
)
from pipelines.achievements.threshold_times import ThresholdTimes, find_threshold_times
from pipelines.activity.daily_amounts import PLAYS_OF_PRODUCERS, PLAYS_OF_TRACKS, read_amounts
from pipelines.activity.day_counts import ProducerPlays
from pipelines.arrays.positions import Integers, Positions
from pipelines.rulebook.tables import thresholds
from pipelines.run import MOST_CHANGED_PERCENT, Run
from pipelines.tables import COUNT, TEXT, Table


def follow_plays(
    run: Run, previous: PlayMilestones | None, produced: ProducerPlays
) -> PlayMilestones:
    """Bring totals and milestones up to date."""
    days, wanted = produced.days, _thresholds(run)
    if previous is None:
        return _from_nothing(run, wanted, produced)
    changed = sorted(
        day for day in days.keys() | previous.days.keys() if days.get(day) != previous.days.get(day)
    )
    if 100 * len(changed) > MOST_CHANGED_PERCENT * len(days):
        return _from_nothing(run, wanted, produced)
    if changed:
        now = from_changes(run, previous, produced, changed)
    else:
        now = msgspec.structs.replace(previous, attribution=produced.attribution)
    return now if now.thresholds == wanted else _with_thresholds(run, now, wanted)


def _from_nothing(
    run: Run, wanted: dict[str, list[int]], produced: ProducerPlays
) -> PlayMilestones:
    tracks = Positions(_track_ids(run, produced))
    producers = Positions(_producer_ids(run, produced))
    followers = _followers(tracks, producers, wanted)
    best_days = BestDays(producers, "producer_id")
    threshold_times = _follow_all(run, produced, tracks, producers, followers, best_days)
    totals = (followers.of_tracks.totals, followers.of_producers.totals, best_days.plays)
    return keep(run, wanted, produced, *totals, threshold_times)


def _with_thresholds(run: Run, now: PlayMilestones, wanted: dict[str, list[int]]) -> PlayMilestones:
    """Milestones of other thresholds: only those are looked for that were not there before.

    Who has never had as many plays as the least of them asks for needs no following.
    """
    new = {metric: sorted(set(wanted[metric]) - set(now.thresholds[metric])) for metric in METRICS}
    track_totals, play_totals, best_days = (
        run.store.read(table) for table in (now.track_totals, now.play_totals, now.best_days)
    )
    tracks = Positions(reaching(track_totals, new["track_plays"]).to_numpy())
    many = [reaching(play_totals, new["plays"]), reaching(best_days, new["day_plays"])]
    producers = Positions(pl.concat(many).unique().sort().to_numpy())
    produced = ProducerPlays(now.days, now.attribution)
    followers = _followers(tracks, producers, new)
    found = _follow_all(run, produced, tracks, producers, followers)
    stay = pl.DataFrame(
        [(metric, k) for metric in METRICS for k in wanted[metric]],
        schema={"metric": TEXT, "k": COUNT},
        orient="row",
    )
    of_tracks, of_producers = (
        run.store.read(table) for table in (now.track_milestones, now.play_milestones)
    )
    of_tracks = of_tracks.filter(pl.col("k").is_in(wanted["track_plays"]))
    of_producers = of_producers.join(stay, on=["metric", "k"], how="semi")
    threshold_times = ThresholdTimes(
        pl.concat([of_tracks, found.track_milestones]),
        pl.concat([of_producers, found.play_milestones]),
    )
    return keep_others(run, now, wanted, threshold_times)


class _Followers(NamedTuple):
    of_tracks: InAll
    of_producers: InAll
    within_day: WithinDay


def _followers(
    tracks: Positions, producers: Positions, wanted: Mapping[str, Sequence[int]]
) -> _Followers:
    """Those who look for thresholds from the first day on."""
    milestones = Table("play_milestones").empty
    return _Followers(
        InAll(tracks, wanted["track_plays"], Table("track_totals").empty),
        InAll(producers, wanted["plays"], Table("play_totals").empty),
        WithinDay(producers, wanted["day_plays"], milestones.select("producer_id", "k")),
    )


def _follow_all(
    run: Run,
    produced: ProducerPlays,
    tracks: Positions,
    producers: Positions,
    followers: _Followers,
    *others: Follower,
) -> ThresholdTimes:
    """Tell followers all days of some tracks and producers; `others` are of producers, too."""
    days = produced.days

    def follow_tracks() -> None:
        plays = {day: counts.track_plays for day, counts in days.items()}
        follow(read_amounts(run, plays, PLAYS_OF_TRACKS, tracks), followers.of_tracks)

    def follow_producers() -> None:
        plays = {day: counts.producer_plays for day, counts in days.items()}
        of_day = read_amounts(run, plays, PLAYS_OF_PRODUCERS, producers)
        follow(of_day, followers.of_producers, followers.within_day, *others)

    run.both(follow_tracks, follow_producers)
    crossed = play_crossings(followers.of_producers.crossings, followers.within_day.crossings)
    return find_threshold_times(
        run, days, produced.attribution, followers.of_tracks.crossings, crossed
    )


def _track_ids(run: Run, produced: ProducerPlays) -> Integers:
    """All tracks that may have plays: the known ones, and unknown ones that were played."""
    known = run.store.read(produced.attribution)["track_id"]
    unmatched = [day.track_plays for day in produced.days.values() if day.unmatched]
    played = [run.store.read(table)["track_id"] for table in unmatched]
    return pl.concat([known, *played]).unique().sort().to_numpy()


def _producer_ids(run: Run, produced: ProducerPlays) -> Integers:
    """All producers that may have plays."""
    known = run.store.read(produced.attribution)["producer_id"].drop_nulls()
    return known.unique().sort().to_numpy()


def _thresholds(run: Run) -> dict[str, list[int]]:
    """The rulebook's thresholds of each metric of plays, ascending."""
    every = thresholds(run.rulebook)
    return {
        metric: every.filter(pl.col("metric") == metric)["k"].unique().sort().to_list()
        for metric in METRICS
    }
