"""Numbers and times in the viewer's language, and the chart's geometry."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts import HEIGHT, WIDTH, xp_chart
from dashboard.models import LevelUp, MonthOfXp
from dashboard.rendering import share
from dashboard.wording import ago, wording_for

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("accept", "number", "money"),
    [
        ("en-US,en;q=0.9", "1,234,567", "-12,345.06"),
        ("de-DE,de;q=0.9,en;q=0.8", "1.234.567", "-12.345,06"),
        ("fr-CH", f"1{NARROW}234{NARROW}567", f"-12{NARROW}345,06"),
        ("hi", "12,34,567", "-12,345.06"),
        ("xx-nowhere, ;q=2, de;q=0.1", "1.234.567", "-12.345,06"),
        ("", "1,234,567", "-12,345.06"),
        ("*" * 10_000, "1,234,567", "-12,345.06"),
    ],
)
def test_numbers_are_written_as_the_browser_asks(accept: str, number: str, money: str) -> None:
    say = wording_for(accept)
    assert say.number(1_234_567) == number
    assert say.money(-1_234_506) == money


@given(st.text(max_size=300))
def test_any_header_gives_some_language(accept: str) -> None:
    say = wording_for(accept)
    assert say.number(7)
    assert say.day(date(2026, 11, 1))


def test_no_language_gets_the_months_of_one_that_was_asked_for_before() -> None:
    """Babel writes what it resolves for one language into what all of them share."""
    before = ("ja", "kxv", "he", "ff-Adlm")
    after = {
        "fr": ("nov. 2026", "mar. 24 nov."),
        "es": ("nov 2026", "mar, 24 nov"),
        "pt": ("nov. de 2026", "ter., 24 de nov."),
        "nl": ("nov 2026", "di 24 nov"),
        "pl": ("lis 2026", "wt., 24 lis"),
        "ko-CN": ("2026년 11월", "11월 24일 (화)"),
    }
    for tag in (*before, *after):
        say = wording_for(tag)
        said = say.month("2026-11"), say.short_day(date(2026, 11, 24))
        assert said == after.get(tag, said)


@pytest.mark.parametrize(
    ("accept", "month", "day"),
    [
        ("en-US", "Nov 2026", "Tue, Nov 24"),
        ("en-GB", "Nov 2026", "Tue 24 Nov"),
        ("de", "Nov. 2026", "Di., 24. Nov."),
        ("ja", "2026年11月", "11月24日(火)"),
        ("lt", "2026-11", "11-24, an"),
    ],
)
def test_months_and_days_are_in_the_languages_order(accept: str, month: str, day: str) -> None:
    say = wording_for(accept)
    assert (say.month("2026-11"), say.short_day(date(2026, 11, 24))) == (month, day)


def test_amounts_are_exact() -> None:
    assert wording_for("en").money(10**17 + 1) == "1,000,000,000,000,000.01"


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7_199, "1 hour ago"),
        (7_200, "2 hours ago"),
        (86_400 * 3, "3 days ago"),
    ],
)
def test_how_long_ago(seconds: int, says: str) -> None:
    now = datetime(2026, 11, 1, 12)
    then = datetime.fromtimestamp(now.timestamp() - seconds)
    assert ago(then, now) == says


months = st.lists(st.integers(-(10**9), 10**12), min_size=1, max_size=40)


@given(months, st.integers(0, 27), st.integers(-(10**9), 10**12))
def test_a_chart_stays_in_its_frame(amounts: list[int], last: int, at_level_up: int) -> None:
    rows = []
    total = 0
    for number, xp in enumerate(amounts):
        total += xp
        rows.append(
            MonthOfXp(month=f"{2020 + number // 12}-{number % 12 + 1:02}", xp=xp, sum=total)
        )
    last_day = date.fromisoformat(f"{rows[-1].month}-{last + 1:02}")
    reached = LevelUp(level=2, title="Two", reached_on=date(2020, 1, 15), sum=at_level_up)
    chart = xp_chart(rows, [reached], last_day)
    assert chart is not None
    numbers = [tuple(map(float, point.strip(" MZ").split(" "))) for point in chart.area.split("L")]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in numbers)
    assert 1 <= len(chart.rows) <= 10
    assert all(0 <= tick.at <= HEIGHT for tick in chart.rows)
    assert len(chart.months) <= 10


def test_a_level_up_is_drawn_at_what_had_been_earned_by_then() -> None:
    """It was drawn as if every day of a month had brought the same."""
    rows = [
        MonthOfXp(month="2026-09", xp=200, sum=200),
        MonthOfXp(month="2026-10", xp=1_000, sum=1_200),
    ]
    reached = [
        LevelUp(level=2, title="Two", reached_on=date(2026, 10, 1), sum=1_100),
        LevelUp(level=3, title="Three", reached_on=date(2026, 10, 31), sum=1_200),
    ]
    chart = xp_chart(rows, reached, date(2026, 10, 31))
    assert chart is not None
    (_, nothing), (_, september), second, third = (
        tuple(map(float, point.strip("M ").split(" "))) for point in chart.line.split("L")
    )
    assert [(dot.x, dot.y) for dot in chart.dots] == [second, third]
    for y, xp in ((september, 200), (second[1], 1_100), (third[1], 1_200)):
        assert y == pytest.approx(nothing + xp / 1_200 * (third[1] - nothing), abs=0.1)


@pytest.mark.parametrize(
    ("some", "says"),
    [
        (0, "nobody has it yet"),
        (9, "fewer than 1% have it"),
        (10, "1% have it"),
        (996, "99% have it"),
        (1_000, "100% have it"),
    ],
)
def test_not_all_have_it_until_all_do(some: int, says: str) -> None:
    assert share(some, 1_000) == says


def test_nothing_earned_has_no_chart() -> None:
    assert xp_chart([], [], date(2026, 11, 1)) is None
