"""Uploads, metadata completions, collaborations, partners, plays and earnings (section 2).

Every list of times holds only times before as_of, of producers in the current snapshot.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import DAY, day_of
from .entities import Row
from .inputs import Reading, is_filled


@dataclass
class Deeds:
    """What one producer did; times in microseconds since 1970."""

    uploads: list[int] = field(default_factory=list)
    metadata: list[int] = field(default_factory=list)
    collaborations: list[int] = field(default_factory=list)
    plays: list[int] = field(default_factory=list)
    track_plays: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    partners: dict[int, int] = field(default_factory=dict)
    earnings: list[tuple[int, int, int]] = field(default_factory=list)
    """(earned_at, earning_id, amount_cents)"""
    grants: list[tuple[int, str]] = field(default_factory=list)
    """(granted_at, achievement_id)"""
    adjustments: list[tuple[int, int]] = field(default_factory=list)
    """(adjusted_at, xp)"""
    live_tracks: int = 0
    filled_fields: int = 0


@dataclass
class World:
    """What the rest of the oracle needs to know: the current snapshots and all activity."""

    as_of: int
    producers: dict[int, Row]
    deeds: dict[int, Deeds]
    unmatched: Counter[str]


def observe(readings: dict[str, Reading], rulebook: dict[str, Any], as_of: int) -> World:
    """All activity before as_of (microseconds since 1970) under one rulebook."""
    producers = {row["producer_id"]: row for row in readings["producers"].current(as_of)}
    tracks = {row["track_id"]: row for row in readings["tracks"].current(as_of)}
    world = World(as_of, producers, {key: Deeds() for key in producers}, Counter())
    world.unmatched["tracks"] = sum(t["producer_id"] not in producers for t in tracks.values())
    world.unmatched["credits"] = sum(
        row["track_id"] not in tracks or row["producer_id"] not in producers
        for row in readings["credits"].current(as_of)
    )
    live = {
        key: track
        for key, track in tracks.items()
        if track["status"] == "published" and track["published_at"] < as_of
    }
    credited: dict[int, dict[int, int]] = {key: {} for key in tracks}
    for row in readings["credits"].current(as_of):
        track = tracks.get(row["track_id"])
        producer = row["producer_id"]
        known = track is not None and producer in producers and row["credited_at"] < as_of
        if track and known and producer != track["producer_id"]:
            credited[row["track_id"]][producer] = row["credited_at"]

    _uploads_and_metadata(world, live, readings["tracks"], rulebook["metadata"])
    _collaborations(world, live, credited)
    _plays(world, tracks, credited, readings, rulebook)
    _payments(world, readings, rulebook)
    for deeds in world.deeds.values():
        for times in (deeds.uploads, deeds.metadata, deeds.collaborations, deeds.plays):
            times.sort()
        for times in deeds.track_plays.values():
            times.sort()
        deeds.earnings.sort()
    return world


def _uploads_and_metadata(
    world: World, live: dict[int, Row], reading: Reading, rules: dict[str, Any]
) -> None:
    fields = rules["fields"]

    def filled(track: Row) -> int:
        return sum(is_filled(track[name]) for name in fields)

    def complete(track: Row) -> bool:
        return bool(100 * filled(track) >= rules["complete_at_percent"] * len(fields))

    for key, track in live.items():
        deeds = world.deeds.get(track["producer_id"])
        if not deeds:
            continue
        deeds.uploads.append(track["published_at"])
        deeds.live_tracks += 1
        deeds.filled_fields += filled(track)
        if complete(track):
            first = next(
                row
                for snapshot in reading.visible(world.as_of)
                if (row := snapshot.rows.get((key,))) and complete(row)
            )
            completed_at = max(track["published_at"], first["updated_at"])
            if completed_at < world.as_of:
                deeds.metadata.append(completed_at)


def _collaborations(
    world: World, live: dict[int, Row], credited: dict[int, dict[int, int]]
) -> None:
    def meet(one: int, other: int, at: int) -> None:
        for a, b in ((one, other), (other, one)):
            met = world.deeds[a].partners
            met[b] = min(at, met.get(b, at))

    for key, track in live.items():
        uploader = track["producer_id"]
        joined = {who: max(track["published_at"], at) for who, at in credited[key].items()}
        for who, at in joined.items():
            world.deeds[who].collaborations.append(at)
            if uploader in world.deeds:
                meet(uploader, who, at)
            for other, other_at in joined.items():
                if other != who:
                    meet(who, other, max(at, other_at))
        if joined and uploader in world.deeds:
            world.deeds[uploader].collaborations.append(min(joined.values()))


def _profile_completion(reading: Reading, as_of: int) -> Callable[[int, int], int]:
    """A function from (producer_id, day) to the percent that was known on that day."""
    history: dict[int, tuple[list[int], list[int]]] = {}
    for snapshot in reading.visible(as_of):
        for row in snapshot.rows.values():
            days, percents = history.setdefault(row["producer_id"], ([], []))
            days.append(day_of(snapshot.stamp))
            percents.append(row["profile_completion"])

    def on_day(producer: int, day: int) -> int:
        days, percents = history[producer]
        return percents[max(bisect_right(days, day) - 1, 0)]

    return on_day


def _plays(
    world: World,
    tracks: dict[int, Row],
    credited: dict[int, dict[int, int]],
    readings: dict[str, Reading],
    rulebook: dict[str, Any],
) -> None:
    rules = rulebook["plays"]
    threshold = rulebook["collaboration"]["play_min_profile_completion"]
    completion = _profile_completion(readings["producers"], world.as_of)
    heard: Counter[tuple[int, int, int]] = Counter()
    in_order = sorted(
        readings["plays"].before(world.as_of), key=lambda play: (play["played_at"], play["play_id"])
    )
    for play in in_order:
        track = tracks.get(play["track_id"])
        if track is None:
            world.unmatched["plays"] += 1
            continue
        if track["status"] == "draft" or (play["seconds_played"] or 0) < rules["min_seconds"]:
            continue
        uploader, joined = track["producer_id"], credited[track["track_id"]]
        listener = play["listener_id"]
        day = play["played_at"] // DAY
        if listener is not None:
            own = {world.producers[who]["user_id"] for who in joined}
            if uploader in world.producers:
                own.add(world.producers[uploader]["user_id"])
            if listener in own and not rules["count_self_plays"]:
                continue
            limit = rules["max_per_listener_track_day"]
            heard[listener, track["track_id"], day] += 1
            if limit > 0 and heard[listener, track["track_id"], day] > limit:
                continue
        if uploader in world.deeds:
            world.deeds[uploader].plays.append(play["played_at"])
            world.deeds[uploader].track_plays[track["track_id"]].append(play["played_at"])
        for who, credited_at in joined.items():
            if day_of(credited_at) <= day and completion(who, day) >= threshold:
                world.deeds[who].plays.append(play["played_at"])


def _payments(world: World, readings: dict[str, Reading], rulebook: dict[str, Any]) -> None:
    """Earnings, grants and adjustments: one producer each, at a time of their own."""
    granted = {a["id"] for a in rulebook["achievements"] if a["metric"] == "granted"}
    for name in ("earnings", "grants", "adjustments"):
        for row in readings[name].before(world.as_of):
            deeds = world.deeds.get(row["producer_id"])
            unknown_grant = name == "grants" and row["achievement_id"] not in granted
            if deeds is None or unknown_grant:
                world.unmatched[name] += 1
            elif name == "earnings":
                deeds.earnings.append((row["earned_at"], row["earning_id"], row["amount_cents"]))
            elif name == "grants":
                deeds.grants.append((row["granted_at"], row["achievement_id"]))
            else:
                deeds.adjustments.append((row["adjusted_at"], row["xp"]))
