"""The rulebook: what is taken, what is refused with which words, and its tables for SQL."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from pipelines.rulebook import (
    Rulebook,
    RulebookError,
    Section,
    load_rulebook,
    parse_rulebook,
    tables,
)
from pipelines.rulebook.model import Metric, Rarity

BEATPASS = Path(__file__).parents[1] / "rules" / "beatpass.toml"

SMALL = """
[rulebook]
name = "Small"
version = "1"
[metadata]
fields = ["artwork", "bpm"]
complete_at_percent = 50
[collaboration]
play_min_profile_completion = 0
[[xp.rates]]
from = 2020-01-01
play = 3
[[levels]]
level = 1
title = "One"
min_xp = 0
[[levels]]
level = 2
title = "Two"
min_xp = 100
[leaderboards.overall]
points = 1
"""

PLAYS_100 = """
[[achievements]]
id = "plays-100"
name = "n"
description = "d"
rarity = "common"
xp = 100
metric = "plays"
threshold = 100
"""


def small(more: str = "", *, without: str = "", instead: str = "") -> Rulebook:
    assert without in SMALL
    return parse_rulebook((SMALL.replace(without, instead, 1) + more).encode(), "small.toml")


def mistakes(book: Callable[[], Rulebook]) -> dict[str, str]:
    with pytest.raises(RulebookError) as caught:
        book()
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_optional_sections_have_defaults() -> None:
    book = small()
    assert (book.plays.min_seconds, book.plays.count_self_plays) == (0, True)
    assert (book.boosts, book.achievements, book.daily_caps.play) == ((), (), None)
    assert (book.rates[0].play, book.rates[0].upload) == (3, 0)
    assert (book.weights.points, book.weights.plays) == (1, 0)


def test_sha256_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_rulebook(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        ("[plays]\nmin_seconds = true", "plays.min_seconds", "whole number"),
        ("[plays]\nmin_seconds = 1.0", "plays.min_seconds", "whole number"),
        ("[plays]\nmin_seconds = -1", "plays.min_seconds", "smallest allowed value is 0"),
        ("[plays]\ncount_self_plays = 0", "plays.count_self_plays", "true or false"),
        ("[plays]\nmin_secs = 3", "plays.min_secs", 'did you mean "min_seconds"?'),
        ("[levls]", "levls", 'did you mean "levels"?'),
        ("[xp.daily_caps]\nplays = 3", "xp.daily_caps.plays", 'did you mean "play"?'),
        ("[[xp.rates]]\nfrom = 2020-01-01", "xp.rates[2] (from 2020-01-01).from", "xp.rates[1]"),
        ('[[xp.rates]]\nfrom = "x"', "xp.rates[2] (from x).from", "date without quotes"),
        ("[[xp.rates]]\nplay = 1", "xp.rates[2].from", "like from = 2026-01-01"),
        (
            "[[xp.rates]]\nfrom = 2021-01-01\nupload = 10_000_001",
            "xp.rates[2] (from 2021-01-01).upload",
            "greatest allowed value is 10000000",
        ),
        (
            '[[xp.boosts]]\nsource = "play"\nfrom = 2021-01-02\nuntil = 2021-01-02\npercent = 200',
            "xp.boosts[1] (play).until",
            "later than from = 2021-01-02",
        ),
        (
            '[[xp.boosts]]\nsource = "play"\nfrom = 2021-01-02\npercent = 200',
            "xp.boosts[1] (play).until",
            "is missing",
        ),
        (
            '[[xp.boosts]]\nsource="earning"\nfrom=2021-01-01\nuntil=2021-01-02\npercent=200',
            "xp.boosts[1] (earning).source",
            "collaboration, metadata, play, upload",
        ),
        ('[[levels]]\nlevel=4\ntitle="x"\nmin_xp=200', "levels[3] (level 4).level", "no level 3"),
        (
            '[[levels]]\nlevel=3\ntitle="x"\nmin_xp=100',
            "levels[3] (level 3).min_xp",
            "100 of level",
        ),
        ('[[levels]]\nlevel=2\ntitle="x"\nmin_xp=200', "levels[3] (level 2).level", "levels[2]"),
        ('[[levels]]\nlevel=3\ntitle=" "\nmin_xp=200', "levels[3] (level 3).title", "blank"),
    ],
)
def test_one_mistake_more(more: str, key: str, words: str) -> None:
    found = mistakes(lambda: small(more))
    assert list(found) == [key]
    assert words in found[key]


@pytest.mark.parametrize(
    ("without", "instead", "key"),
    [
        ('name = "Small"', "", "rulebook.name"),
        ('version = "1"', 'version = ""', "rulebook.version"),
        ('fields = ["artwork", "bpm"]', "fields = []", "metadata.fields"),
        ('"artwork", "bpm"', '"bpm", "bpm"', "metadata.fields"),
        ('"artwork", "bpm"', '"bpm", "title"', "metadata.fields[2]"),
        ("complete_at_percent = 50", "complete_at_percent = 101", "metadata.complete_at_percent"),
        ("complete_at_percent = 50", "complete_at_percent = 50.0", "metadata.complete_at_percent"),
        ("[[xp.rates]]\nfrom = 2020-01-01\nplay = 3", "", "xp"),
        # A list whose only entry is wrong is not empty.
        ("play = 3", "play = 1.5", "xp.rates[1] (from 2020-01-01).play"),
        ("min_xp = 0", "min_xp = 1", "levels[1] (level 1).min_xp"),
        ("points = 1", "points = 0\nplays = 0", "leaderboards.overall"),
        ("points = 1", "", "leaderboards.overall"),
        ("points = 1", "points = -1", "leaderboards.overall.points"),
        ("points = 1", "point = 1", "leaderboards.overall.point"),
    ],
)
def test_one_mistake_instead(without: str, instead: str, key: str) -> None:
    assert list(mistakes(lambda: small(without=without, instead=instead))) == [key]


@pytest.mark.parametrize(
    ("was", "now", "key", "words"),
    [
        ("xp = 100", "xp = 99", "xp", "0, or a whole number from 100 to 10000"),
        ("xp = 100", "xp = 10001", "xp", "0, or a whole number from 100 to 10000"),
        ('"common"', '"Common"', "rarity", 'did you mean "common"?'),
        ('"plays"', '"play"', "metric", 'did you mean "plays"?'),
        ("threshold = 100", "threshold = 0", "threshold", "smallest allowed value is 1"),
        ("threshold = 100", "threshold = true", "threshold", "whole number"),
        ("threshold = 100", "threshold = 2026-01-01", "threshold", "whole number"),
        ("threshold = 100", "threshold = 1_000_000_000_001", "threshold", "greatest"),
        ("threshold = 100", "", "threshold", "is missing"),
        ('"plays"', '"granted"', "threshold", "remove this line"),
        ('"plays"', '"joined_before"', "threshold", "date without quotes"),
        ('xp = 100\nmetric = "plays"', 'xp = 0\nmetric = "level"', "threshold", "top level, 2"),
        ('"plays"\nthreshold = 100', '"level"\nthreshold = 2', "xp", "0 XP"),
        ('id = "plays-100"\n', "", "id", "is missing"),
    ],
)
def test_one_mistake_in_an_achievement(was: str, now: str, key: str, words: str) -> None:
    assert was in PLAYS_100
    found = mistakes(lambda: small(PLAYS_100.replace(was, now)))
    label = "" if key == "id" else " (plays-100)"
    assert list(found) == [f"achievements[1]{label}.{key}"]
    assert words in next(iter(found.values()))


def test_ids_are_unique() -> None:
    assert list(mistakes(lambda: small(PLAYS_100 * 2))) == ["achievements[2] (plays-100).id"]


def test_mistakes_of_all_kinds_are_reported_together_in_the_order_of_the_file() -> None:
    book = SMALL.replace("bpm", "bmp").replace("min_xp = 100", "min_xp = 0") + PLAYS_100 * 2
    book = book.replace("xp = 100", "xp = 5", 1)
    with pytest.raises(RulebookError) as caught:
        parse_rulebook(book.encode(), "rules.toml")
    assert [mistake.key for mistake in caught.value.mistakes] == [
        "metadata.fields[2]",
        "levels[2] (level 2).min_xp",
        "achievements[1] (plays-100).xp",
        "achievements[2] (plays-100).id",
    ]
    assert str(caught.value).startswith("rules.toml has 4 mistakes (entries are counted from 1)")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a = \nb = 1", "line 1"),
        (b"\n\xff", "line 2 is not UTF-8"),
        (b"a = " + b"[" * 9999, "nested too deeply"),
    ],
)
def test_a_file_that_is_not_toml(data: bytes, words: str) -> None:
    assert words in mistakes(lambda: parse_rulebook(data, "x.toml"))[""]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in mistakes(lambda: load_rulebook(tmp_path / "none.toml"))[""]


def test_the_order_of_entries_in_the_file_means_nothing() -> None:
    entries = SMALL.split("[[levels]]")
    tail, weights = entries[2].split("[leaderboards", 1)
    turned = f"{entries[0]}[[levels]]{tail}[[levels]]{entries[1]}[leaderboards{weights}"
    book = parse_rulebook(turned.encode(), "turned.toml")
    assert [level.title for level in book.levels] == ["One", "Two"]
    assert book.section_key("levels") == small().section_key("levels")


@pytest.mark.parametrize("section", get_args(Section))
def test_a_section_key_changes_with_its_own_section_only(section: Section) -> None:
    changes = {
        "metadata": small(without="= 50", instead="= 51"),
        "collaboration": small(without="completion = 0", instead="completion = 1"),
        "plays": small("[plays]\nmin_seconds = 1"),
        "rates": small(without="play = 3", instead="play = 4"),
        "boosts": small(
            '[[xp.boosts]]\nsource="play"\nfrom=2021-01-01\nuntil=2021-01-02\npercent=1'
        ),
        "daily_caps": small("[xp.daily_caps]\nplay = 5"),
        "levels": small(without='"Two"', instead='"2"'),
        "achievements": small(PLAYS_100),
        "weights": small(without="points = 1", instead="points = 2"),
    }
    changed = {name for name in changes if changes[name].section_key(section) != small_key(section)}
    assert changed == {section}


def small_key(section: Section) -> str:
    written_out = "[plays]\nmin_seconds = 0  # a default that is written out, and a comment"
    assert small(written_out).section_key(section) == small().section_key(section)
    return small().section_key(section)


def test_unit_xp_with_rates_boosts_and_caps() -> None:
    def boost(from_day: str, until_day: str, percent: int) -> str:
        return (
            f'[[xp.boosts]]\nsource = "play"\nfrom = {from_day}\nuntil = {until_day}\n'
            f"percent = {percent}\n"
        )

    book = small(
        "[[xp.rates]]\nfrom = 2021-01-01\nplay = 7\nupload = 9\n"
        + boost("2021-01-03", "2021-01-06", 150)  # floor(7 x 1.5) = 10
        + boost("2021-01-05", "2021-01-09", 50)  # covered by 150 on the 5th, then floor(3.5) = 3
        + boost("1990-01-01", "1990-02-01", 900)  # before all time
        + "[xp.daily_caps]\nplay = 1000"
    )
    table = tables.unit_xp(book)
    plays = table.filter(source="play").select("from_day", "until_day", "unit_xp").rows()
    assert plays == [
        (date(2000, 1, 1), date(2020, 1, 1), 0),
        (date(2020, 1, 1), date(2021, 1, 1), 3),
        (date(2021, 1, 1), date(2021, 1, 3), 7),
        (date(2021, 1, 3), date(2021, 1, 6), 10),
        (date(2021, 1, 6), date(2021, 1, 9), 3),
        (date(2021, 1, 9), date(2100, 1, 1), 7),
    ]
    assert table.filter(source="upload").select("from_day", "unit_xp", "daily_cap").rows() == [
        (date(2000, 1, 1), 0, None),
        (date(2021, 1, 1), 9, None),
    ]
    assert set(table.filter(source="play")["daily_cap"]) == {1000}


def test_unit_xp_covers_all_days_of_each_source_once() -> None:
    table = tables.unit_xp(load_rulebook(BEATPASS))
    days = table.group_by("source").agg(
        first=pl.col("from_day").min(),
        end=pl.col("until_day").max(),
        covered=(pl.col("until_day") - pl.col("from_day")).sum(),
    )
    assert sorted(days["source"]) == ["collaboration", "metadata", "play", "upload"]
    assert set(days["covered"]) == {date(2100, 1, 1) - date(2000, 1, 1)}
    assert set(days["first"]) == {date(2000, 1, 1)}
    assert set(days["end"]) == {date(2100, 1, 1)}


def test_tables_of_achievements_are_sorted_by_code_point_and_typed() -> None:
    joined = PLAYS_100.replace("plays-100", "Zed").replace('"plays"', '"joined_before"')
    granted = PLAYS_100.replace("plays-100", "é").replace('"plays"', '"granted"')
    book = small(
        PLAYS_100
        + joined.replace("threshold = 100", "threshold = 2026-01-01")
        + granted.replace("threshold = 100", "")
    )
    published = tables.achievements(book)
    assert published["achievement_id"].to_list() == ["Zed", "plays-100", "é"]
    assert published["threshold"].to_list() == ["2026-01-01", "100", None]
    assert tables.thresholds(book).rows() == [
        ("Zed", "joined_before", None, date(2026, 1, 1), 100, 0),
        ("plays-100", "plays", 100, None, 100, 1),
        ("é", "granted", None, None, 100, 2),
    ]


def test_tables_of_a_rulebook_without_achievements_keep_their_types() -> None:
    assert tables.achievements(small()).is_empty()
    assert tables.thresholds(small()).schema["before_day"] == pl.Date
    assert tables.levels(small()).rows() == [(1, "One", 0), (2, "Two", 100)]
    assert tables.weights(small()).filter(pl.col("weight") > 0).rows() == [("points", 1)]
    assert tables.weights(small()).height == 6


def test_the_rulebook_of_beatpass() -> None:
    book = load_rulebook(BEATPASS)
    assert len(book.achievements) >= 50
    assert {entry.metric for entry in book.achievements} == set(get_args(Metric))
    assert {entry.rarity for entry in book.achievements} == set(get_args(Rarity))
    assert [level.title for level in book.levels[:3]] == ["Novice", "Apprentice", "Rising"]
    assert len({entry.name for entry in book.achievements}) == len(book.achievements)
