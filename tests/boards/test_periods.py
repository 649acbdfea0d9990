"""The month and the week that hold the last instant before as_of."""

from datetime import date, datetime

from pipelines.boards.periods import calendar, last_day, next_period, period_days, period_name

MONDAY = datetime(2026, 6, 1)  # the first of a month, too


def test_at_midnight_the_day_before_is_the_last() -> None:
    assert last_day(MONDAY) == date(2026, 5, 31)
    assert calendar(MONDAY) == [
        ("month", date(2026, 5, 1), date(2026, 6, 1)),
        ("week", date(2026, 5, 25), date(2026, 6, 1)),
    ]


def test_an_instant_later_it_is_the_next_month_and_week() -> None:
    assert calendar(MONDAY.replace(microsecond=1)) == [
        ("month", date(2026, 6, 1), date(2026, 7, 1)),
        ("week", date(2026, 6, 1), date(2026, 6, 8)),
    ]


def test_a_week_may_begin_in_the_year_before() -> None:
    [month, week] = calendar(datetime(2027, 1, 1, 12))
    assert month == ("month", date(2027, 1, 1), date(2027, 2, 1))
    assert week == ("week", date(2026, 12, 28), date(2027, 1, 4))


def test_until_when_month_and_week_stay_the_same() -> None:
    assert next_period(datetime(2026, 5, 27)) == MONDAY
    assert next_period(MONDAY) == MONDAY
    assert calendar(next_period(datetime(2026, 5, 27))) == calendar(datetime(2026, 5, 27))


def test_what_periods_are_called_and_which_days_they_have() -> None:
    as_of = datetime(2027, 1, 1, 12)
    assert period_name(as_of, "week") == "week 53 of 2026"
    assert period_name(as_of, "month") == "January 2027"
    assert period_name(as_of, "all_time") == "all time"
    assert period_days(as_of, "week") == (date(2026, 12, 28), date(2027, 1, 3))
    assert period_days(as_of, "all_time") is None
