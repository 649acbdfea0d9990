"""What differs between two rulebooks: nothing is left out, nothing is made up."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.rulebook import RATED_SOURCES, Rulebook, RulebookError, parse_rulebook
from pipelines.rulebook.change import Change
from pipelines.rulebook.changes import changes
from pipelines.rulebook.tables import rate_on
from pipelines.rulebook.wording import ONE
from tests.worlds.rulebooks import changed_rulebook, random_rulebook, toml_text

Book = dict[str, Any]
FIRST, SPAN = date(2026, 1, 1), 60
DEFAULTS = {"min_seconds": 0, "count_self_plays": True, "max_per_listener_track_day": 0}
WEIGHTS = ("points", "plays", "uploads", "quality", "collaboration", "earnings")


def parsed(book: Book) -> Rulebook:
    return parse_rulebook(toml_text(book).encode(), "random.toml")


# One small change each; what it makes of a rulebook may be a mistake, or no change at all.


def _some_day(rng: Random) -> date:
    return FIRST + timedelta(days=rng.randrange(SPAN))


def _of_a_rate(rng: Random, book: Book) -> None:
    rate = rng.choice(book["xp"]["rates"])
    rate[rng.choice(RATED_SOURCES)] = rng.choice((0, 1, 25, 12_345))


def _forgotten_rate(rng: Random, book: Book) -> None:
    rng.choice(book["xp"]["rates"]).pop(rng.choice(RATED_SOURCES), None)


def _new_rates(rng: Random, book: Book) -> None:
    rates = book["xp"]["rates"]
    rates.append(rng.choice(rates) | {"from": _some_day(rng)})


def _moved_rates(rng: Random, book: Book) -> None:
    rng.choice(book["xp"]["rates"])["from"] = _some_day(rng)


def _removed_rates(rng: Random, book: Book) -> None:
    book["xp"]["rates"].pop(rng.randrange(len(book["xp"]["rates"])))


def _of_a_boost(rng: Random, book: Book) -> None:
    boosts = book["xp"].setdefault("boosts", [])
    if not boosts or rng.random() < 0.3:
        day = _some_day(rng)
        new = {"source": "play", "from": day, "until": day + timedelta(days=3), "percent": 300}
        boosts.append(rng.choice([*boosts, new]).copy())
    boost = rng.choice(boosts)
    match rng.choice(("source", "from", "until", "percent", "removed")):
        case "source":
            boost["source"] = rng.choice(RATED_SOURCES)
        case "percent":
            boost["percent"] = rng.choice((0, 50, 1_000))
        case "removed":
            boosts.remove(boost)
        case end:
            boost[end] = _some_day(rng)


def _of_a_cap(rng: Random, book: Book) -> None:
    caps = book["xp"].setdefault("daily_caps", {})
    caps[rng.choice(RATED_SOURCES)] = rng.choice((0, 5_000))
    if rng.random() < 0.5:
        caps.pop(rng.choice(RATED_SOURCES), None)


def _of_a_level(rng: Random, book: Book) -> None:
    level = rng.choice(book["levels"])
    match rng.choice(("title", "min_xp", "new")):
        case "title":
            level["title"] = rng.choice(("Star", "Level 1"))
        case "min_xp":
            level["min_xp"] += rng.choice((1, 1_000))
        case _:
            top = book["levels"][-1]
            higher = {"level": top["level"] + 1, "min_xp": top["min_xp"] + 9_999}
            book["levels"].append(top | higher)


def _of_an_achievement(rng: Random, book: Book) -> None:
    entry = rng.choice(book["achievements"])
    match rng.choice(("metric", "threshold", "removed", "new", "name", "xp", "rarity", "text")):
        case "metric":
            entry["metric"] = rng.choice(("plays", "earnings", "day_plays", "granted"))
        case "threshold":
            entry["threshold"] = rng.choice((1, 7, 1_000, FIRST))
        case "removed":
            book["achievements"].remove(entry)
        case "new":
            book["achievements"].append(entry | {"id": "another"})
        case "xp":
            entry["xp"] = rng.choice((0, 100, 7_777))
        case "rarity":
            entry["rarity"] = rng.choice(("common", "epic"))
        case "name":
            entry["name"] = "New name"
        case _:
            entry["description"] = "New words."


def _of_the_rest(rng: Random, book: Book) -> None:
    match rng.choice(("name", "fields", "percent", "profile", "plays", "written", "weights")):
        case "name":
            book["rulebook"][rng.choice(("name", "version"))] = "Another"
        case "fields":
            rng.shuffle(book["metadata"]["fields"])
            book["metadata"]["fields"] = book["metadata"]["fields"][: rng.randrange(1, 9)]
        case "percent":
            book["metadata"]["complete_at_percent"] = rng.choice((1, 75))
        case "profile":
            book["collaboration"]["play_min_profile_completion"] = rng.choice((0, 99))
        case "plays":
            book["plays"][rng.choice(list(DEFAULTS)[::2])] = rng.choice((0, 5))
        case "written":
            book["plays"] = DEFAULTS | {"count_self_plays": rng.random() < 0.5}
        case _:
            book["leaderboards"]["overall"][rng.choice(WEIGHTS)] = rng.choice((0, 1_000))


def _other_order(rng: Random, book: Book) -> None:
    for entries in (book["xp"]["rates"], book["achievements"], book["levels"]):
        rng.shuffle(entries)


SMALL: tuple[Callable[[Random, Book], None], ...] = (
    _of_a_rate,
    _forgotten_rate,
    _new_rates,
    _moved_rates,
    _removed_rates,
    _of_a_boost,
    _of_a_cap,
    _of_a_level,
    _of_an_achievement,
    _of_the_rest,
    _other_order,
)


def two_books(seed: int) -> tuple[Book, Book]:
    """A random rulebook and what random changes make of it, both without mistakes."""
    rng = Random(seed)
    before = random_rulebook(rng, FIRST, SPAN)
    after = deepcopy(before)
    if rng.random() < 0.2:
        after = changed_rulebook(rng, after, FIRST, SPAN)
    for _ in range(rng.randrange(5)):
        changed = deepcopy(after)
        rng.choice(SMALL)(rng, changed)
        try:
            parsed(changed)
        except RulebookError:
            continue
        after = changed
    return before, after


def written(book: Book) -> dict[str, Any]:
    """Every key but those of boosts, with its value, by a path that names entries."""
    keys = {f"rulebook.{key}": value for key, value in book["rulebook"].items()}
    keys |= {f"metadata.{key}": value for key, value in book["metadata"].items()}
    keys |= {f"collaboration.{key}": value for key, value in book["collaboration"].items()}
    keys |= {f"plays.{key}": value for key, value in (DEFAULTS | book["plays"]).items()}
    for rate in book["xp"]["rates"]:
        for source in RATED_SOURCES:
            keys[f"xp.rates (from {rate['from']}).{source}"] = rate.get(source, 0)
    for source in RATED_SOURCES:
        keys[f"xp.daily_caps.{source}"] = book["xp"].get("daily_caps", {}).get(source)
    for level in book["levels"]:
        for key in ("title", "min_xp"):
            keys[f"levels (level {level['level']}).{key}"] = level[key]
    for entry in book["achievements"]:
        for key in ("name", "description", "rarity", "xp", "metric", "threshold"):
            keys[f"achievements ({entry['id']}).{key}"] = entry.get(key)
    for category in WEIGHTS:
        weight = book["leaderboards"]["overall"].get(category, 0)
        keys[f"leaderboards.overall.{category}"] = weight
    return keys


def entry_of(key: str) -> str:
    return key.rpartition(")")[0] + ")" if ")" in key else ""


def boosts(book: Book) -> Counter[tuple[Any, ...]]:
    fields = ("source", "from", "until", "percent")
    return Counter(
        tuple(boost[field] for field in fields) for boost in book["xp"].get("boosts", [])
    )


def for_many_books(test: Callable[[int], None]) -> Callable[[], None]:
    return settings(deadline=None)(given(seed=st.integers(0, 2**32))(test))


@for_many_books
def test_there_are_no_changes_if_and_only_if_the_rules_are_the_same(seed: int) -> None:
    before, after = map(parsed, two_books(seed))
    same_text = replace(after, text=before.text, sha256=before.sha256)
    assert (not changes(before, after)) == (before == same_text)


@for_many_books
def test_every_changed_key_is_named_with_its_values_and_no_other(seed: int) -> None:
    books = two_books(seed)
    was, now = map(written, books)
    entries = [{entry_of(key) for key in keys} - {""} for keys in (was, now)]
    expected: dict[str, tuple[Any, Any]] = {}
    for key in was.keys() | now.keys():
        if (entry := entry_of(key)) in entries[0] ^ entries[1]:
            expected[entry] = (entry in entries[0], entry in entries[1])
        elif was[key] != now[key]:
            expected[key] = (was[key], now[key])
    found = [c for c in changes(*map(parsed, books)) if c.section != "boosts"]
    assert Counter(change.key for change in found) == Counter(expected.keys())
    for change in found:
        values = tuple(
            list(value) if isinstance(value, tuple) else value
            for value in (change.before, change.after)
        )
        if entry_of(change.key) == change.key:
            values = tuple(isinstance(value, Mapping) for value in values)
        assert values == expected[change.key]
        assert change.sentence[0].upper() == change.sentence[0]
        assert change.sentence.endswith(".")


@for_many_books
def test_a_sentence_has_both_numbers(seed: int) -> None:
    for change in changes(*map(parsed, two_books(seed))):
        key = change.key.rpartition(".")[2]
        if change.section in ("rates", "levels", "boosts", "weights") or key == "xp":
            for value in (change.before, change.after):
                assert not isinstance(value, int) or f"{value:,}" in change.sentence


@for_many_books
def test_boosts_with_their_changes_become_the_other_boosts(seed: int) -> None:
    books = two_books(seed)
    was, now = map(boosts, books)
    fields = ("source", "from", "until", "percent")
    rest = was & now
    changed: dict[str, list[Change]] = {}
    for change in changes(*map(parsed, books)):
        if change.section != "boosts":
            continue
        if entry_of(change.key) != change.key:
            changed.setdefault(entry_of(change.key), []).append(change)
        elif change.after:
            rest[tuple(change.after[field] for field in fields)] += 1
    gone = was - now
    for key, parts in changed.items():
        # Which of several boosts of a source and time it is, its old values tell.
        old = {part.key.rpartition(".")[2]: part.before for part in parts}
        new = {part.key.rpartition(".")[2]: part.after for part in parts}
        assume(len(old) == len(parts))
        found = [
            dict(zip(fields, boost, strict=True))
            for boost in gone
            if key == f"xp.boosts ({boost[0]} from {boost[1]} until {boost[2]})"
            and all(boost[fields.index(field)] == value for field, value in old.items())
        ]
        assume(len(found) == 1)
        rest[tuple((found[0] | new).values())] += 1
    assert rest == now


_WORTH = re.compile(
    rf"({'|'.join(ONE.values())}) is worth ([\d,]*\d) XP instead of ([\d,]*\d)"
    r"(?:, from \S+ on|(?:, from \S+)? until before (\d{4}-\d\d-\d\d))?",
    re.IGNORECASE,
)


@for_many_books
def test_sentences_say_what_everything_was_and_is_worth_on_every_day(seed: int) -> None:
    before, after = map(parsed, two_books(seed))
    said: dict[tuple[str, date], list[tuple[int, int]]] = {}
    days = [FIRST + timedelta(days=n) for n in range(-1, SPAN + 1)] + [date(2000, 1, 1)]
    for change in changes(before, after):
        if change.section != "rates":
            continue
        first = date.fromisoformat(re.findall(r"from (\S+)\)", change.key)[0])
        for one, now, was, end in _WORTH.findall(change.sentence):
            until = date.fromisoformat(end) if end else date.max
            numbers = tuple(int(number.replace(",", "")) for number in (was, now))
            for day in days:
                if first <= day < until:
                    said.setdefault((one.lower(), day), []).append((numbers[0], numbers[1]))
    for source in RATED_SOURCES:
        for day in days:
            pair = (rate_on(before, source, day)[0], rate_on(after, source, day)[0])
            expected = [pair] if pair[0] != pair[1] else []
            assert said.get((ONE[source], day), []) == expected


@for_many_books
def test_before_the_first_day_of_a_change_everything_is_worth_the_same(seed: int) -> None:
    before, after = map(parsed, two_books(seed))
    found = changes(before, after)
    firsts = {change.first_day for change in found if change.section in ("rates", "boosts")}
    assert None not in firsts
    first = min((day for day in firsts if day is not None), default=date.max)
    for n in range(-1, SPAN + 1):
        if (day := FIRST + timedelta(days=n)) < first:
            for source in RATED_SOURCES:
                assert rate_on(before, source, day) == rate_on(after, source, day)
    # A cap limits nothing before its source is worth something.
    for change in found:
        if change.section == "daily_caps" and change.first_day is not None:
            source = next(one for one in RATED_SOURCES if change.key.endswith(one))
            eve = change.first_day - timedelta(days=1)
            assert [rate_on(book, source, eve)[0] for book in (before, after)] == [0, 0]


def test_what_is_yet_to_begin_is_told_with_its_day() -> None:
    change = Change("rates", "k", 1, 2, "A play is worth 2 XP.", date(2027, 1, 1))
    assert change.told_on(date(2027, 1, 1)) == "A play is worth 2 XP."
    assert change.told_on(date(2026, 12, 31)) == (
        "A play is worth 2 XP. Does not apply yet: it makes no difference before 2027-01-01, and "
        "the last day that counts is 2026-12-31."
    )
    assert replace(change, first_day=None).told_on(date(2000, 1, 1)) == "A play is worth 2 XP."


BASE = random_rulebook(Random(1), FIRST, SPAN) | {
    "metadata": {"fields": ["artwork", "bpm", "musical_key"], "complete_at_percent": 60},
    "plays": {"min_seconds": 0, "count_self_plays": True, "max_per_listener_track_day": 2},
    "xp": {
        "rates": [
            {"from": date(2000, 1, 1), "upload": 100, "play": 1},
            {"from": date(2026, 3, 1), "upload": 110, "play": 1},
        ],
        "boosts": [
            {
                "source": "play",
                "from": date(2026, 7, 4),
                "until": date(2026, 7, 6),
                "percent": 200,
            }
        ],
        "daily_caps": {"play": 5000},
    },
    "levels": [
        {"level": 1, "title": "Novice", "min_xp": 0},
        {"level": 2, "title": "Headliner", "min_xp": 30_000},
    ],
    "achievements": [
        {
            "id": "first",
            "name": "First Drop",
            "description": "Publish.",
            "rarity": "common",
            "xp": 100,
            "metric": "uploads",
            "threshold": 1,
        }
    ],
    "leaderboards": {"overall": {"points": 30, "plays": 10}},
}


@pytest.mark.parametrize(
    ("was", "now", "sentences"),
    [
        (
            "upload = 100",
            "upload = 120",
            ["An upload is worth 120 XP instead of 100, from 2000-01-01 until before 2026-03-01."],
        ),
        (
            "upload = 110",
            "upload = 0",
            ["An upload is worth 0 XP instead of 110, from 2026-03-01 on."],
        ),
        (
            "from = 2026-03-01",
            "from = 2026-05-01",
            [
                "Removed rates from 2026-03-01 on: an upload is worth 100 XP instead of 110 until "
                "before 2026-05-01.",
                "New rates from 2026-05-01 on: everything is worth what it was.",
            ],
        ),
        (
            "percent = 200",
            "percent = 300",
            ["The boost of plays from 2026-07-04 until before 2026-07-06 is 300% instead of 200%."],
        ),
        (
            "until = 2026-07-06",
            "until = 2026-07-08",
            ["The boost of plays from 2026-07-04 on ends before 2026-07-08 instead of 2026-07-06."],
        ),
        (
            'source = "play"',
            'source = "upload"',
            [
                "Removed boost: plays gave 200% of their XP from 2026-07-04 until before "
                "2026-07-06.",
                "New boost: uploads give 200% of their XP from 2026-07-04 until before 2026-07-06.",
            ],
        ),
        (
            "[xp.daily_caps]\nplay = 5000",
            "[xp.daily_caps]\nupload = 300",
            [
                "Uploads give a producer at most 300 XP a day instead of any amount.",
                "Plays give a producer any amount a day instead of at most 5,000 XP.",
            ],
        ),
        (
            "min_xp = 30000",
            "min_xp = 32000",
            ["Level 2, Headliner, now takes 32,000 XP instead of 30,000."],
        ),
        ('"Headliner"', '"Star"', ['Renamed level 2 from "Headliner" to "Star".']),
        (
            "threshold = 1",
            "threshold = 5",
            ['"First Drop" (first) takes 5 uploads instead of 1 upload.'],
        ),
        (
            'metric = "uploads"\nthreshold = 1',
            'metric = "granted"',
            [
                '"First Drop" (first) depends on grants by people instead of uploads.',
                '"First Drop" (first) takes a grant by people instead of 1 upload.',
            ],
        ),
        (
            'id = "first"',
            'id = "drop"',
            [
                'New achievement "First Drop" (drop), common: 1 upload, 100 XP.',
                'Removed achievement "First Drop" (first), common: 1 upload, 100 XP.',
            ],
        ),
        (
            '"artwork", "bpm", "musical_key"',
            '"artwork", "tags"',
            [
                "A track's details now also ask for tags and no longer ask for bpm, musical key: "
                "complete with 2 of 2 instead of 2 of 3."
            ],
        ),
        (
            "min_seconds = 0",
            "min_seconds = 30",
            ["A play counts from 30 seconds of listening instead of however short it is."],
        ),
        (
            "max_per_listener_track_day = 2",
            "max_per_listener_track_day = 0",
            ["A listener counts without a limit instead of at most 2 times for a track in a day."],
        ),
        (
            "plays = 10",
            "plays = 60",
            [
                "The board Plays weighs 60 instead of 10 in the overall board: 66.7% of it instead "
                "of 25%."
            ],
        ),
    ],
)
def test_sentences(was: str, now: str, sentences: list[str]) -> None:
    text = toml_text(BASE)
    assert was in text
    before = parse_rulebook(text.encode(), "before.toml")
    after = parse_rulebook(text.replace(was, now, 1).encode(), "after.toml")
    assert [change.sentence for change in changes(before, after)] == sentences
