"""Numbers and times in the viewer's language, and the chart's geometry."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts import HEIGHT, xp_chart
from dashboard.freshness import Ages
from dashboard.models import LevelUp, MonthOfXp
from dashboard.rendering import prepare, share
from dashboard.wording import wording_for

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
    assert Ages(now).ago(then) == says


amounts = st.integers(0, 10**12)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=40), st.integers(1, 28))
def test_a_chart_stays_in_its_frame(months: list[tuple[int, int]], day: int) -> None:
    rows = [
        MonthOfXp(
            month=f"{2020 + number // 12}-{number % 12 + 1:02}",
            xp=gained - taken,
            gained=gained,
            taken=-taken,
            sum=0,
        )
        for number, (gained, taken) in enumerate(months)
    ]
    last = date.fromisoformat(f"{rows[-1].month}-{day:02}")
    reached = [
        LevelUp(level=2, title="Two", reached_on=date(2020, 1, 1), sum=0),
        LevelUp(level=3, title="Three", reached_on=last, sum=0),
    ]
    chart = xp_chart(rows, reached)
    assert chart is not None
    for bar in chart.bars:
        assert chart.left <= bar.x <= bar.x + chart.bar <= chart.right + 0.1
        assert chart.zero - bar.gained >= 0
        assert chart.zero + bar.taken <= chart.names
    assert all(chart.left <= dot.x <= chart.right for dot in chart.dots)
    assert 1 <= len(chart.rows) <= 10
    assert all(0 <= tick.at <= HEIGHT for tick in chart.rows)
    assert len(chart.months) <= 10


def test_bars_are_as_high_as_their_months_gave_and_took() -> None:
    """What was gained and what was taken were one diagonal of a line."""
    rows = [
        MonthOfXp(month="2026-09", xp=-3_821, gained=500, taken=-4_321, sum=-3_821),
        MonthOfXp(month="2026-10", xp=0, gained=0, taken=0, sum=-3_821),
        MonthOfXp(month="2026-11", xp=1_000, gained=1_000, taken=0, sum=-2_821),
    ]
    chart = xp_chart(rows, [])
    assert chart is not None
    tick = {tick.value: tick.at for tick in chart.rows}
    assert tick[0] == chart.zero
    (one, two, three) = chart.bars
    per_xp = (tick[-4_000] - chart.zero) / 4_000
    for bar, gained, taken in ((one, 500, 4_321), (two, 0, 0), (three, 1_000, 0)):
        assert bar.gained == pytest.approx(gained * per_xp, abs=0.1)
        assert bar.taken == pytest.approx(taken * per_xp, abs=0.1)


def test_level_ups_are_at_their_days_and_those_of_one_are_together() -> None:
    rows = [
        MonthOfXp(month=f"2026-{n:02}", xp=100, gained=100, taken=0, sum=n * 100) for n in (9, 10)
    ]
    days = (date(2026, 9, 16), date(2026, 10, 1), date(2026, 10, 1), date(2026, 10, 31))
    reached = [
        LevelUp(level=level, title=str(level), reached_on=day, sum=0)
        for level, day in enumerate(days, 2)
    ]
    chart = xp_chart(rows, reached)
    assert chart is not None
    assert [(dot.first.level, dot.last.level) for dot in chart.dots] == [(2, 2), (3, 4), (5, 5)]
    middle = (chart.left + chart.right) / 2
    first, second, third = (dot.x for dot in chart.dots)
    assert first == pytest.approx((chart.left + middle) / 2, abs=0.1)
    assert middle < second < third < chart.right


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
    assert xp_chart([], []) is None


def test_every_template_can_be_compiled() -> None:
    """As a server does when it starts, which would not say so."""
    prepare()
