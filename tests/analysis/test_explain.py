"""Every explained row adds up to the ledger and stands where it is said to, in random worlds.

The export files are read once more by the oracle's reader, which keeps nothing but what it finds in
a file at a row.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analysis.explain.answer import ACTIVITIES, ExplainRequest, Explanation, explain
from analysis.explain.evidence import Evidence
from analysis.explain.verdicts import VERDICTS
from analysis.scenario import open_sandbox
from pipelines.published.snapshot import open_snapshot
from tests.oracle.activity import World as Observed
from tests.oracle.activity import observe
from tests.oracle.cells import BadCellError, parse_integer
from tests.oracle.clock import day_of, day_of_date, micros_of, to_datetime
from tests.oracle.entities import ENTITIES, BadRowError, Row, row_of
from tests.oracle.formats import rows_of
from tests.oracle.inputs import Reading, export_files, is_filled, read_all
from tests.oracle.ledger import xp_per_unit
from tests.oracle.raw import BadFileError
from tests.product import Project
from tests.worlds import World

Place = tuple[str, int]
#: Worlds in which everything happens to plays that can; `make soak` tries more.
WORLDS = (10, 14, 15)
SEEDS = range(int(os.environ["BEATXP_WORLDS"])) if "BEATXP_WORLDS" in os.environ else WORLDS


class Exports:
    """What the export files hold, row by row, and what the oracle makes of it."""

    def __init__(self, exports: Path, rulebook: dict[str, Any], as_of: datetime) -> None:
        self.rulebook = rulebook
        self.as_of = micros_of(as_of)
        self.readings: dict[str, Reading] = read_all(exports)
        self.observed: Observed = observe(self.readings, rulebook, self.as_of)
        self.rows: dict[str, dict[Place, Row]] = {}
        self.rejected: dict[str, dict[Place, Row]] = {}
        for entity in ENTITIES:
            self.rows[entity], self.rejected[entity] = _sorted_rows(exports, entity)
        self.tracks = {row["track_id"]: row for row in self.readings["tracks"].current(self.as_of)}
        self.credits = self.readings["credits"].current(self.as_of)
        plays = self.rows["plays"]
        self.winners = {(r["play_id"], day_of(r["played_at"])): p for p, r in plays.items()}
        self.plays_of: dict[int, set[Place]] = defaultdict(set)
        for place, row in plays.items():
            self.plays_of[row["track_id"]].add(place)

    def tracks_of(self, producer: int) -> set[int]:
        mine = {key for key, row in self.tracks.items() if row["producer_id"] == producer}
        mine |= {row["track_id"] for row in self.credits if row["producer_id"] == producer}
        return mine | {
            row["track_id"]
            for snapshot in self.readings["tracks"].visible(self.as_of)
            for row in snapshot.rows.values()
            if row["producer_id"] == producer and row["track_id"] not in self.tracks
        }

    def members(self, track: int) -> set[int]:
        """The uploader and the current collaborators, as far as they are known."""
        named = {self.tracks[track]["producer_id"]} | {
            row["producer_id"]
            for row in self.credits
            if row["track_id"] == track and row["credited_at"] < self.as_of
        }
        return named & self.observed.producers.keys()


def _sorted_rows(exports: Path, name: str) -> tuple[dict[Place, Row], dict[Place, Row]]:
    """The accepted rows of an entity by file and row number, and the rejected ones as they are.

    In the order of files and rows; malformed lines are left out.
    """
    entity = ENTITIES[name]
    accepted, rejected = {}, {}
    for path, file in export_files(exports / name):
        try:
            raw_rows = rows_of(file.name, file.read_bytes(), entity.required, list(entity.columns))
        except BadFileError:
            continue
        for number, raw in enumerate(raw_rows, start=1):
            if raw is not None:
                try:
                    accepted[path, number] = row_of(entity, raw)
                except BadRowError:
                    rejected[path, number] = raw
    return accepted, rejected


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_explained_adds_up_and_stands_in_the_files(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for step in World(seed).steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        project.refresh(step.as_of)
        exports = Exports(project.exports, step.rulebook, step.as_of)
        settings = project.settings()
        with open_sandbox(settings) as sandbox:
            derived = sandbox.derive(sandbox.scenario_of(open_snapshot(settings.project.store)))
            for producer in exports.observed.producers:
                about = Evidence(derived, producer)
                everything = explain(about)
                plays = everything.activity["plays"]
                check_ledger(exports, everything)
                check_plays(exports, producer, plays)
                check_dumps(exports, producer, everything.activity)
                check_events(exports, producer, everything.activity)
                check_rejects(exports, producer, everything.rejects)
                achieved = explain(about, ExplainRequest(source="achievement")).achievements
                check_achievements(exports, producer, everything.ledger, achieved)
                assert set(everything.verdicts["verdict"]) <= VERDICTS.keys()
            if exports.observed.producers:
                check_a_day(about, everything)


def check_a_day(about: Evidence, everything: Explanation) -> None:
    """What is said of a day is what is said of that day among all."""
    days = everything.ledger["day"].unique().sort()
    for day in days.gather([0, -1]) if len(days) else ():
        told = explain(Evidence(about.derived, about.producer_id), ExplainRequest(day=day))
        assert told.ledger.equals(everything.ledger.filter(pl.col("day") == day))
        for name, time, _ in ACTIVITIES.values():
            rows = everything.activity[name]
            assert told.activity[name].equals(rows.filter(pl.col(time).dt.date() == day)), name


def check_ledger(exports: Exports, told: Explanation) -> None:
    """Each row is its rule's arithmetic, and its quantity is a number of rows that are listed."""
    caps = exports.rulebook["xp"].get("daily_caps", {})
    counted = counted_by_day(told.activity)
    listed = {key: n for key, n in counted.items() if key[1] not in ("earning", "achievement")}
    for row in told.ledger.to_dicts():
        key = row["day"], row["source"]
        if row["source"] == "achievement":
            continue
        assert listed.pop(key) == row["quantity"], row
        if row["source"] == "adjustment":
            continue
        unit = xp_per_unit(exports.rulebook, row["source"], day_of_date(row["day"]))
        assert unit == row["unit_xp"] == row["rate"] * row["boost_percent"] // 100
        assert row["daily_cap"] == caps.get(row["source"])
        assert row["uncapped_xp"] == row["quantity"] * unit
        assert row["xp"] == min(row["uncapped_xp"], caps.get(row["source"], row["uncapped_xp"]))
        assert f" = {row['uncapped_xp']:,}" in row["arithmetic"]
        assert ("cut by the cap" in row["arithmetic"]) == (row["xp"] < row["uncapped_xp"])
    assert listed == {}, "listed as counted, but not in the ledger"
    total = told.total.row(0, named=True)
    assert total["ledger_xp"] == told.ledger["xp"].sum() == told.sources["xp"].sum()
    assert total["ledger_xp"] == told.months["xp"].sum()
    assert total["total_xp"] == max(0, total["ledger_xp"]) == told.producer["total_xp"]
    adjusted = told.activity["adjustments"].filter(pl.col("verdict") == "counted")
    booked = told.ledger.filter(pl.col("source") == "adjustment")
    assert adjusted["xp"].sum() == booked["xp"].sum() == booked["uncapped_xp"].sum()


def counted_by_day(tables: Mapping[str, pl.DataFrame]) -> Counter[tuple[date, str]]:
    found: Counter[tuple[date, str]] = Counter()
    for source, (name, time, _) in ACTIVITIES.items():
        if name in tables:
            counted = tables[name].filter(pl.col("verdict") == "counted")
            found.update((moment.date(), source) for moment in counted[time])
    return found


def check_plays(exports: Exports, producer: int, plays: pl.DataFrame) -> None:
    """Every row that concerns them is listed once, as it is in its file, and its verdict is so."""
    places = [(row["file"], row["row"]) for row in plays.to_dicts()]
    tracks = exports.tracks_of(producer)
    check_places(
        exports.rows["plays"],
        lambda row: (row["play_id"], day_of(row["played_at"])),
        {place for track in tracks for place in exports.plays_of[track]},
        places,
    )
    for row, place in zip(plays.to_dicts(), places, strict=True):
        original = exports.rows["plays"][place]
        for column in ("play_id", "track_id", "listener_id", "seconds_played"):
            assert row[column] == original[column]
        assert micros_of(row["played_at"]) == original["played_at"]
        assert row["verdict"] == expected_verdict(exports, producer, place, row), row
        assert (row["detail"] == "") == (row["verdict"] == "counted")
    check_replacements(exports, producer, "plays", plays)
    counted = plays.filter(pl.col("verdict") == "counted")["played_at"].sort().to_list()
    assert counted == [to_datetime(at) for at in exports.observed.deeds[producer].plays]


def check_replacements(exports: Exports, producer: int, entity: str, told: pl.DataFrame) -> None:
    """What is said of what replaced a row is what is said of that row, or whose it is."""
    verdicts = {(row["file"], row["row"]): row["verdict"] for row in told.to_dicts()}
    for row in told.to_dicts():
        if row["verdict"] != "replaced":
            assert row["replacement"] is row["replaced_by_row"] is None
            continue
        place = (row["replaced_by_file"], row["replaced_by_row"])
        later = exports.rows[entity][place]
        if place in verdicts:
            assert row["replacement"] == verdicts[place] != "replaced"
        elif entity == "plays":
            assert later["track_id"] not in exports.tracks_of(producer)
            is_known = later["track_id"] in exports.tracks
            assert row["replacement"] == ("another_producer" if is_known else "unknown_track")
        else:
            assert later["producer_id"] != producer
            assert row["replacement"] == "another_producer"


def check_places(
    rows: Mapping[Place, Row],
    identity: Callable[[Row], object],
    theirs: set[Place],
    listed: Sequence[Place],
) -> None:
    """Each row of theirs is listed once; one that its own file replaces need not be."""
    last_of_file = {(place[0], identity(row)): place for place, row in rows.items()}
    assert len(set(listed)) == len(listed)
    assert theirs & set(last_of_file.values()) <= set(listed) <= theirs


def expected_verdict(exports: Exports, producer: int, place: Place, told: Row) -> str:
    """The first reason that applies, found in the rows themselves; `told` has its numbers."""
    play, rules = exports.rows["plays"][place], exports.rulebook["plays"]
    day = day_of(play["played_at"])
    winner = exports.winners[play["play_id"], day]
    if winner != place:
        assert (told["replaced_by_file"], told["replaced_by_row"]) == winner
        return "replaced"
    if play["played_at"] >= exports.as_of:
        return "not_yet"
    track = exports.tracks.get(play["track_id"])
    if track is None:
        return "unknown_track"
    if track["status"] == "draft":
        return "draft"
    if (play["seconds_played"] or 0) < rules["min_seconds"]:
        return "too_short"
    listener, members = play["listener_id"], exports.members(play["track_id"])
    owners = {
        who
        for who in members
        if listener is not None and exports.observed.producers[who]["user_id"] == listener
    }
    if owners and not rules["count_self_plays"]:
        assert told["listener_is_producer"] in owners
        return "self_play"
    limit = rules["max_per_listener_track_day"]
    if listener is not None and limit:
        earlier = [
            other
            for p in exports.plays_of[play["track_id"]]
            if (other := exports.rows["plays"][p])["listener_id"] == listener
            and day_of(other["played_at"]) == day
            and exports.winners[other["play_id"], day] == p
            and (other["seconds_played"] or 0) >= rules["min_seconds"]
            and (other["played_at"], other["play_id"]) <= (play["played_at"], play["play_id"])
        ]
        assert told["nth_of_listener"] == len(earlier)
        if len(earlier) > limit:
            return "over_limit"
    if track["producer_id"] == producer:
        return "counted"
    credit = next(
        row
        for row in exports.credits
        if (row["track_id"], row["producer_id"]) == (play["track_id"], producer)
    )
    if credit["credited_at"] >= exports.as_of:
        return "credit_not_yet"
    if day_of(credit["credited_at"]) > day:
        return "credited_later"
    stamped = [
        (snapshot.stamp, row["profile_completion"])
        for snapshot in exports.readings["producers"].visible(exports.as_of)
        if (row := snapshot.rows.get((producer,)))
    ]
    _, completion = ([s for s in stamped if day_of(s[0]) <= day][-1:] or stamped[:1])[0]
    assert told["profile_completion"] == completion
    assert (micros_of(told["profile_stamp"]), completion) in stamped
    least = exports.rulebook["collaboration"]["play_min_profile_completion"]
    return "counted" if completion >= least else "profile_incomplete"


def check_dumps(exports: Exports, producer: int, tables: Mapping[str, pl.DataFrame]) -> None:
    mine = {key for key, row in exports.tracks.items() if row["producer_id"] == producer}
    deeds = exports.observed.deeds[producer]
    for name, time, times in (
        ("uploads", "published_at", deeds.uploads),
        ("metadata", "completed_at", deeds.metadata),
        ("collaborations", "collaborated_at", deeds.collaborations),
    ):
        counted = tables[name].filter(pl.col("verdict") == "counted")[time].sort().to_list()
        assert counted == [to_datetime(at) for at in times]
    assert sorted(tables["uploads"]["track_id"]) == sorted(tables["metadata"]["track_id"])
    check_replacements(exports, producer, "tracks", tables["uploads"])
    check_replacements(exports, producer, "credits", tables["collaborations"])
    is_valid = pl.col("verdict") != "replaced"
    assert tables["uploads"].filter(is_valid)["track_id"].sort().to_list() == sorted(mine)
    for row in tables["uploads"].filter(~is_valid).to_dicts():
        assert exports.rows["tracks"][row["file"], row["row"]]["producer_id"] == producer
        later = exports.rows["tracks"][row["replaced_by_file"], row["replaced_by_row"]]
        assert later == exports.tracks[row["track_id"]]
    for row in tables["uploads"].filter(is_valid).to_dicts():
        track = exports.rows["tracks"][row["file"], row["row"]]
        assert track == exports.tracks[row["track_id"]]
        assert track["title"] == row["title"]
        if row["verdict"] in ("draft", "removed"):
            assert track["status"] == row["verdict"]
        else:
            is_later = track["published_at"] >= exports.as_of
            assert row["verdict"] == ("not_yet" if is_later else "counted")
    fields = exports.rulebook["metadata"]["fields"]
    for row in tables["metadata"].filter(is_valid).to_dicts():
        then = exports.rows["tracks"][row["file"], row["row"]]
        now = exports.tracks[row["track_id"]]
        missing = [name for name in fields if not is_filled(now[name])]
        assert row["missing_fields"] == ", ".join(missing)
        assert row["filled_fields"] == len(fields) - len(missing)
        if row["verdict"] == "counted":
            completed_at = max(now["published_at"], then["updated_at"])
            assert micros_of(row["completed_at"]) == completed_at
        if row["verdict"] == "incomplete":
            share = 100 * row["filled_fields"]
            assert share < exports.rulebook["metadata"]["complete_at_percent"] * len(fields)
    concerning = {
        (row["track_id"], row["producer_id"])
        for row in exports.credits
        if row["producer_id"] == producer or row["track_id"] in mine
    }
    credits = tables["collaborations"].to_dicts()
    valid = [row for row in credits if row["verdict"] != "replaced"]
    pairs = [(row["track_id"], row["collaborator_id"]) for row in valid]
    assert Counter(pairs) == Counter(dict.fromkeys(concerning, 1))
    for row in credits:
        credit = exports.rows["credits"][row["file"], row["row"]]
        assert (credit["track_id"], credit["producer_id"]) == (
            row["track_id"],
            row["collaborator_id"],
        )
        assert micros_of(row["credited_at"]) == credit["credited_at"]


def check_events(exports: Exports, producer: int, tables: Mapping[str, pl.DataFrame]) -> None:
    for name in ("earnings", "grants", "adjustments"):
        entity = ENTITIES[name]
        assert entity.time is not None
        key = entity.key[0]
        winners = {row[key]: p for p, row in exports.rows[name].items()}
        theirs = {p for p, row in exports.rows[name].items() if row["producer_id"] == producer}
        rows = tables[name].to_dicts()
        places = [(row["file"], row["row"]) for row in rows]
        check_places(exports.rows[name], itemgetter(key), theirs, places)
        check_replacements(exports, producer, name, tables[name])
        for row, place in zip(rows, places, strict=True):
            original = exports.rows[name][place]
            assert {c: row[c] for c in entity.columns if c in row and c != entity.time} == {
                c: original[c] for c in entity.columns if c in row and c != entity.time
            }
            is_last = winners[original[key]] == place
            assert (row["verdict"] == "replaced") == (not is_last)
            if is_last:
                is_later = original[entity.time] >= exports.as_of
                assert (row["verdict"] == "not_yet") == is_later


def check_rejects(exports: Exports, producer: int, rejects: pl.DataFrame) -> None:
    tracks = exports.tracks_of(producer)
    named = {
        (entity, *place)
        for entity, rows in exports.rejected.items()
        for place, raw in rows.items()
        if _id(raw.get("producer_id")) == producer or _id(raw.get("track_id")) in tracks
    }
    assert {(row["entity"], row["file"], row["row"]) for row in rejects.to_dicts()} == named
    assert len(named) == rejects.height


def _id(cell: object) -> int:
    try:
        return parse_integer(cell, 1, 2**63 - 1)
    except BadCellError:
        return 0


def check_achievements(
    exports: Exports, producer: int, ledger: pl.DataFrame, told: pl.DataFrame
) -> None:
    """Each unlock has the row of the event that led to it, at that very time."""
    assert told["achievement_id"].sort().to_list() == sorted(
        achievement["id"] for achievement in exports.rulebook["achievements"]
    )
    by_day: dict[date, list[int]] = defaultdict(list)
    for row in told.to_dicts():
        if row["unlocked_at"] is None:
            assert row["explanation"]
            assert row["needed"] is None or row["done"] < row["needed"]
            continue
        by_day[row["unlocked_at"].date()].append(row["xp"])
        assert row["event_at"] == row["unlocked_at"]
        if row["metric"] != "level":
            event = exports.rows[row["entity"]][row["file"], row["row"]]
            assert EVENT_TIME[row["metric"]](exports, producer, row, event), (row, event)
    booked = ledger.filter(pl.col("source") == "achievement")
    assert {day: (len(xp), sum(xp)) for day, xp in by_day.items()} == {
        day: (quantity, xp)
        for day, quantity, xp in booked.select("day", "quantity", "xp").iter_rows()
    }


def _is_at(column: str) -> Callable[[Exports, int, Row, Row], bool]:
    def check(_exports: Exports, _producer: int, row: Row, event: Row) -> bool:
        return bool(event[column] == micros_of(row["unlocked_at"]))

    return check


def _is_their_play(exports: Exports, producer: int, row: Row, event: Row) -> bool:
    is_member = producer in exports.members(event["track_id"])
    return is_member and bool(event["played_at"] == micros_of(row["unlocked_at"]))


def _is_their_track(exports: Exports, producer: int, row: Row, event: Row) -> bool:
    """The later of when the track was published, and of when the row says it was updated."""
    published_at = exports.tracks[event["track_id"]]["published_at"]
    is_theirs = exports.tracks[event["track_id"]]["producer_id"] == producer
    at = max(published_at, event["updated_at"])
    return bool(is_theirs and at == micros_of(row["unlocked_at"]))


def _is_shared_track(exports: Exports, producer: int, row: Row, event: Row) -> bool:
    published_at = exports.tracks[event["track_id"]]["published_at"]
    is_member = producer in exports.members(event["track_id"])
    at = max(published_at, event["credited_at"])
    return bool(is_member and at == micros_of(row["unlocked_at"]))


EVENT_TIME = {
    "uploads": _is_at("published_at"),
    "upload_streak": _is_at("published_at"),
    "complete_tracks": _is_their_track,
    "collaborations": _is_shared_track,
    "partners": _is_shared_track,
    "plays": _is_their_play,
    "track_plays": _is_their_play,
    "day_plays": _is_their_play,
    "earnings": _is_at("earned_at"),
    "granted": _is_at("granted_at"),
    "joined_before": _is_at("joined_at"),
}
