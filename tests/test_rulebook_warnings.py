"""What a rulebook may say but hardly means: each is found, and a good rulebook has none."""

import re
from copy import deepcopy
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.rulebook import load_rulebook, parse_rulebook
from pipelines.rulebook.tables import unit_xp
from pipelines.rulebook.warnings import warnings
from tests.test_rulebook import BEATPASS, PLAYS_100, SMALL
from tests.worlds.rulebooks import random_rulebook, toml_text


def found(more: str = "", *, without: str = "", instead: str = "") -> dict[str, str]:
    assert without in SMALL
    text = SMALL.replace(without, instead, 1) + more
    return {w.key: w.problem for w in warnings(parse_rulebook(text.encode(), "small.toml"))}


def boost(source: str, first: str, until: str, percent: int) -> str:
    return (
        f'[[xp.boosts]]\nsource = "{source}"\nfrom = {first}\nuntil = {until}\n'
        f"percent = {percent}\n"
    )


def test_the_rulebook_of_beatpass_is_meant_as_it_is() -> None:
    assert warnings(load_rulebook(BEATPASS)) == []
    assert found() == {}


def test_a_rulebook_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert warnings(load_rulebook(path)) == []


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        # A play is worth 3 XP from 2020 on.
        (boost("play", "2019-01-01", "2020-01-01", 200), "xp.boosts[1] (play)", "from 2020-01-01"),
        (boost("upload", "2021-01-01", "2021-02-01", 200), "xp.boosts[1] (upload)", "worth 0 XP"),
        (boost("play", "2021-01-01", "2021-02-01", 100), "xp.boosts[1] (play)", "changes nothing"),
        (boost("play", "1990-01-01", "1990-02-01", 200), "xp.boosts[1] (play)", "lies outside"),
        (boost("play", "2021-01-01", "2021-02-01", 2), "xp.boosts[1] (play)", "write 200"),
        # 120% of 3 = 3.6, rounded down to 3; 30% of 3 = 0.9, to 0.
        (boost("play", "2021-01-01", "2021-02-01", 120), "xp.boosts[1] (play)", "rounded down"),
        (boost("play", "2021-01-01", "2021-02-01", 30), "xp.boosts[1] (play)", "gives nothing"),
        # Two together cover all of it.
        (
            boost("play", "2021-01-10", "2021-01-20", 150)
            + boost("play", "2021-01-01", "2021-01-15", 200)
            + boost("play", "2021-01-15", "2021-02-01", 300),
            "xp.boosts[1] (play)",
            "as much or more",
        ),
        # Of two equal ones the second is one too many.
        (boost("play", "2021-01-01", "2021-02-01", 200) * 2, "xp.boosts[2] (play)", "as much"),
        ("[[xp.rates]]\nfrom = 2021-01-01\nplay = 3", "xp.rates[2] (from 2021-01-01)", "the same"),
        ("[[xp.rates]]\nfrom = 2019-01-01", "xp.rates[2] (from 2019-01-01)", "0 XP for everything"),
        (
            "[[xp.rates]]\nfrom = 2100-01-01\nplay = 1",
            "xp.rates[2] (from 2100-01-01)",
            "after 2099",
        ),
        (
            "[[xp.rates]]\nfrom = 1990-01-01\nplay = 1\n[[xp.rates]]\nfrom = 2000-01-01\nplay = 2",
            "xp.rates[2] (from 1990-01-01)",
            "before 2000",
        ),
        (
            "[[xp.rates]]\nfrom = 2021-01-01\nupload = 10",
            "xp.rates[2] (from 2021-01-01)",
            "write play = 3 to keep",
        ),
        ("[xp.daily_caps]\nupload = 10", "xp.daily_caps.upload", "worth 0 XP on every day"),
        ("[xp.daily_caps]\nplay = 0", "xp.daily_caps.play", "write at least 3"),
        (
            "[xp.daily_caps]\nplay = 5\n" + boost("play", "2021-01-01", "2021-02-01", 200),
            "xp.daily_caps.play",
            "write at least 6",
        ),
        ("[plays]\nmin_seconds = 30_000", "plays.min_seconds", "over an hour"),
        (
            '[[levels]]\nlevel = 3\ntitle = "Two"\nmin_xp = 900',
            "levels[3] (level 3).title",
            "the title of level 2",
        ),
        (
            PLAYS_100 + PLAYS_100.replace("plays-100", "b").replace('"n"', '"m"'),
            "achievements[2] (b).threshold",
            "just as that of plays-100",
        ),
        (
            PLAYS_100
            + PLAYS_100.replace("plays-100", "b").replace("threshold = 100", "threshold = 5"),
            "achievements[2] (b).name",
            "the name of plays-100",
        ),
        ("plays = 0", "leaderboards.overall.plays", "does not matter"),
    ],
)
def test_one_thing_that_is_hardly_meant(more: str, key: str, words: str) -> None:
    said = found(more)
    assert list(said) == [key]
    assert words in said[key]


def test_every_track_complete_is_hardly_meant() -> None:
    said = found(without="complete_at_percent = 50", instead="complete_at_percent = 0")
    assert list(said) == ["metadata.complete_at_percent"]


@pytest.mark.parametrize(
    "more",
    [
        boost("play", "2021-01-01", "2021-02-01", 0),  # no XP in January, said as such
        boost("play", "2021-01-01", "2021-02-01", 200),
        # It lifts a part of another one to the full rate.
        boost("play", "2021-01-01", "2021-02-01", 50)
        + boost("play", "2021-01-05", "2021-01-06", 100),
        "[[xp.rates]]\nfrom = 2021-01-01\nplay = 0\nupload = 1",
        "[[xp.rates]]\nfrom = 1990-01-01\nplay = 1",
        "[xp.daily_caps]\nplay = 3",
        PLAYS_100.replace("plays", "granted").replace("threshold = 100", "")
        + PLAYS_100.replace('metric = "plays"', 'metric = "granted"')
        .replace("threshold = 100", "")
        .replace('"n"', '"m"'),
        "[plays]\nmin_seconds = 3600",
    ],
)
def test_what_can_be_meant_is_no_warning(more: str) -> None:
    assert found(more) == {}


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_without_what_has_no_effect_everything_is_worth_the_same(seed: int) -> None:
    book = random_rulebook(Random(seed), date(2026, 1, 1), 60)
    parsed = parse_rulebook(toml_text(book).encode(), "random.toml")
    smaller = deepcopy(book)
    for warning in reversed(warnings(parsed)):
        entry = re.match(r"xp\.(rates|boosts)\[(\d+)\]", warning.key)
        if entry and re.search(
            "never takes|changes nothing|lies outside|remove it", warning.problem
        ):
            smaller["xp"][entry[1]].pop(int(entry[2]) - 1)
    if smaller["xp"]["rates"]:
        rest = parse_rulebook(toml_text(smaller).encode(), "smaller.toml")
        assert unit_xp(rest).equals(unit_xp(parsed))
