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

TODAY = date(2026, 11, 1)
GOLDEN = Path(__file__).parents[2] / "shared" / "golden"


def found(more: str = "", *, without: str = "", instead: str = "") -> dict[str, str]:
    assert without in SMALL
    return found_in(SMALL.replace(without, instead, 1) + more)


def found_in(text: str) -> dict[str, str]:
    said = warnings(parse_rulebook(text.encode(), "small.toml"), TODAY)
    told: dict[str, str] = {}
    for warning in said:
        told[warning.key] = f"{told.get(warning.key, '')} {warning.problem}".strip()
    return told


def boost(source: str, first: str, until: str, percent: int) -> str:
    return (
        f'[[xp.boosts]]\nsource = "{source}"\nfrom = {first}\nuntil = {until}\n'
        f"percent = {percent}\n"
    )


def test_the_rulebook_of_beatpass_is_meant_as_it_is() -> None:
    assert warnings(load_rulebook(BEATPASS), TODAY) == []
    assert found() == {}


def test_a_rulebook_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert warnings(load_rulebook(path), TODAY) == []


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
        ("[xp.daily_caps]\nplay = 2", "xp.daily_caps.play", "write at least 3"),
        (
            "[xp.daily_caps]\nplay = 5\n" + boost("play", "2021-01-01", "2021-02-01", 200),
            "xp.daily_caps.play",
            "write at least 6",
        ),
        # 2062 instead of 2026.
        (
            "[[xp.rates]]\nfrom = 2062-01-01\nplay = 5",
            "xp.rates[2] (from 2062-01-01).from",
            "10 years from now (2026-11-01)",
        ),
        (boost("play", "2062-07-04", "2062-07-06", 200), "xp.boosts[1] (play).from", "10 years"),
        (boost("play", "2026-07-04", "2062-07-06", 200), "xp.boosts[1] (play).until", "2062"),
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


def achievement(name: str, metric: str, threshold: object, xp: int, rarity: str = "common") -> str:
    return (
        f'[[achievements]]\nid = "{name}"\nname = "{name}"\ndescription = "d"\n'
        f'rarity = "{rarity}"\nxp = {xp}\nmetric = "{metric}"\n'
        + ("" if threshold is None else f"threshold = {threshold}\n")
    )


def leveled(*min_xp: int) -> str:
    return "".join(
        f'[[levels]]\nlevel = {number}\ntitle = "{number}"\nmin_xp = {xp}\n'
        for number, xp in enumerate(min_xp, 3)
    )


HIGH = leveled(10**5, 10**6)


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        # A harder threshold of one metric gives less, or is commoner; plays are worth 3 XP.
        (
            achievement("a", "plays", 500, 200) + achievement("b", "plays", 1000, 100),
            "achievements[2] (b).xp",
            "is 100 for 1,000 plays, but a awards 200 for 500 plays",
        ),
        # Whatever their order in the file; of many, the one that stands against all others.
        (
            achievement("c", "plays", 3000, 300)
            + achievement("b", "plays", 2000, 200)
            + achievement("a", "plays", 1000, 900),
            "achievements[3] (a).xp",
            "but b awards 200 for 2,000 plays",
        ),
        (
            achievement("a", "uploads", 5, 100, "epic") + achievement("b", "uploads", 6, 100),
            "achievements[2] (b).rarity",
            "is common for 6 uploads, but a is epic for 5 uploads",
        ),
        # An earlier day is harder, a higher level too.
        (
            achievement("a", "joined_before", "2025-01-01", 100)
            + achievement("b", "joined_before", "2026-01-01", 500),
            "achievements[1] (a).xp",
            "is 100 for joining before 2025-01-01, but b awards 500",
        ),
        (
            HIGH
            + achievement("a", "level", 2, 0, "rare")
            + achievement("b", "level", 3, 0, "uncommon"),
            "achievements[2] (b).rarity",
            "is uncommon for level 3, but a is rare for level 2",
        ),
        # What is counted and common gives more than all that is epic.
        (
            achievement("a", "uploads", 5, 300)
            + achievement("b", "plays", 600, 200, "epic")
            + achievement("c", "partners", 6, 100, "epic"),
            "achievements[1] (a).xp",
            "no epic achievement that is counted awards more than 200",
        ),
        # 300 plays at 3 XP are 900.
        (
            HIGH + achievement("a", "track_plays", 300, 9100, "legendary"),
            "achievements[1] (a).xp",
            "10 times the 900 XP",
        ),
        (
            achievement("a", "joined_before", "2000-01-01", 0),
            "achievements[1] (a).threshold",
            "nobody",
        ),
        (
            achievement("a", "joined_before", "2100-01-01", 0),
            "achievements[1] (a).threshold",
            "everybody",
        ),
        # 100, 101 and 102 are passed with one play from 99 on.
        (leveled(101, 102, 1000), "levels[2] (level 2).min_xp", "lead through 3 levels at once"),
        (
            leveled(500, 1000) + achievement("a", "earnings", 500, 1000),
            "levels[4] (level 4).min_xp",
            "no more than the 1,000 XP of a alone",
        ),
        # 3 XP a day for a century of 36,525 days, and one achievement.
        (
            leveled(109_675, 109_676, 200_000)
            + achievement("a", "earnings", 500, 100)
            + "[xp.daily_caps]\nplay = 3",
            "levels[4] (level 4).min_xp",
            "that is 109,675",
        ),
    ],
)
def test_one_reward_that_is_out_of_proportion(more: str, key: str, words: str) -> None:
    said = found(more)
    assert list(said) == [key]
    assert words in said[key]


def test_without_any_rate_nobody_can_reach_what_achievements_do_not_give() -> None:
    said = found(leveled(101, 200), without="play = 3", instead="play = 0")
    assert list(said) == ["xp.rates[1] (from 2020-01-01)", "levels[2] (level 2).min_xp"]
    assert "no activity is worth any XP" in said["levels[2] (level 2).min_xp"]


def test_an_absurd_rulebook_is_warned_of() -> None:
    """It passed without a word."""
    text = BEATPASS.read_text()
    easy = 'rarity = "common"\nxp = 200\nmetric = "plays"\nthreshold = 500'
    assert easy in text
    text = text.replace(easy, easy.replace("200", "10000").replace("common", "legendary"))
    numbers = iter(range(12))
    text = re.sub(r"(?<=\nmin_xp = )\d+", lambda _: str(next(numbers)), text)
    said = found_in(text)
    assert set(said) == {
        "levels[2] (level 2).min_xp",
        "levels[12] (level 12).min_xp",
        "achievements[18] (plays-500).xp",
        "achievements[18] (plays-500).rarity",
    }
    assert "but plays-1000 awards 300" in said["achievements[18] (plays-500).xp"]
    assert "20 times the 500 XP" in said["achievements[18] (plays-500).xp"]
    assert "can lead through 11 levels at once" in said["levels[2] (level 2).min_xp"]


@pytest.mark.skipif(not GOLDEN.exists(), reason="The golden cases are not part of the project.")
def test_golden_rulebooks_are_warned_of_only_where_they_are_absurd() -> None:
    """120 plays of a track give 10,000 XP there, and some 60 plays more than 100."""
    odd = re.compile(r"track_plays-120|plays-60|plays-100|level 6")
    for path in GOLDEN.glob("*/*/_rulebook.toml"):
        assert [w for w in warnings(load_rulebook(path), TODAY) if not odd.search(str(w))] == []


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
        # Marks of honour without XP, grants and days of joining may be worth what they are.
        achievement("a", "plays", 5, 100) + achievement("b", "plays", 10, 0, "rare"),
        achievement("a", "plays", 500, 900) + achievement("b", "granted", None, 100, "legendary"),
        achievement("a", "plays", 500, 100) + achievement("b", "plays", 1000, 100),
        # Ten times what 40 plays give; a first small step; what gives nothing by itself.
        achievement("a", "plays", 40, 1200),
        achievement("a", "plays", 1, 900),
        achievement("a", "uploads", 1, 900),
        # 100 and 102 are passed with one play from 99 on.
        leveled(102, 1000),
        leveled(500, 1000) + achievement("a", "earnings", 500, 900),
        "[[xp.rates]]\nfrom = 2036-01-01\nplay = 4",
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
    for warning in reversed(warnings(parsed, TODAY)):
        entry = re.match(r"xp\.(rates|boosts)\[(\d+)\]", warning.key)
        if entry and re.search(
            "never takes|changes nothing|lies outside|remove it", warning.problem
        ):
            smaller["xp"][entry[1]].pop(int(entry[2]) - 1)
    if smaller["xp"]["rates"]:
        rest = parse_rulebook(toml_text(smaller).encode(), "smaller.toml")
        assert unit_xp(rest).equals(unit_xp(parsed))
