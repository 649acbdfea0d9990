"""What is unusual among inputs that grow, sleep at night, rest at weekends and come late."""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import pytest

from monitoring.alerts.history import PastInput
from monitoring.alerts.unusual import judge
from monitoring.record import Rows

BEGIN = datetime(2026, 9, 7)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Counts = tuple[int, int, int]
"""Of one delivery of plays: rows read, rejected, unmatched."""


def history(
    deliveries: Iterable[Counts], every: timedelta = DAY, producers: Sequence[int] = ()
) -> list[PastInput]:
    """Snapshots at regular times; each has what was delivered since the one before."""
    read = rejected = unmatched = 10_000
    past = []
    for number, (more, bad, unknown) in enumerate(deliveries):
        read, rejected, unmatched = read + more, rejected + bad, unmatched + unknown
        rows = Rows(number, 0, read, read - rejected, 0, rejected, unmatched)
        dump_rows = {"producers": producers[number] if producers else 1_000}
        past.append(PastInput(BEGIN + number * every, dump_rows, {"plays": rows}))
    return past


def plays(rows: Iterable[float], rejected: float = 0.002) -> list[Counts]:
    dice = random.Random(7)
    return [
        (round(n), round(n * rejected * dice.uniform(0.5, 1.5)), round(n * dice.uniform(0, 0.02)))
        for n in rows
    ]


def said(past: Sequence[PastInput], later: timedelta = timedelta()) -> dict[str, str]:
    found = judge(past, past[-1].published_at + later)
    return {verdict.subject: verdict.unusual for verdict in found if verdict.unusual}


def judged(past: Sequence[PastInput]) -> set[str]:
    return {verdict.subject for verdict in judge(past, past[-1].published_at)}


def ever_said(past: Sequence[PastInput]) -> dict[datetime, dict[str, str]]:
    """What would have been said after each snapshot."""
    steps = [past[max(0, n - 72) : n] for n in range(1, len(past) + 1)]
    return {step[-1].published_at: found for step in steps if (found := said(step))}


def noisy(value: float, dice: random.Random) -> float:
    return value * math.exp(dice.gauss(0, 0.15))


def growing(days: int) -> list[float]:
    """Two percent more each day, and half as many at weekends."""
    dice = random.Random(1)
    return [noisy(5_000 * 1.02**day * (0.5 if day % 7 >= 5 else 1), dice) for day in range(days)]


def by_hour(days: int) -> list[float]:
    """A tenth at night, and twice as many at weekends."""
    dice = random.Random(2)
    return [
        noisy(
            400 * (1 + 0.9 * math.sin(2 * math.pi * hour / 24)) * (2 if hour // 24 % 7 >= 5 else 1),
            dice,
        )
        + 20
        for hour in range(24 * days)
    ]


def on_weekdays(days: int) -> list[float]:
    dice = random.Random(3)
    return [0 if day % 7 >= 5 else noisy(3_000, dice) for day in range(days)]


@pytest.mark.parametrize(
    ("rows", "every"),
    [(growing(120), DAY), (by_hour(14), HOUR), (on_weekdays(120), DAY)],
    ids=["growth", "nights and weekends", "weekdays only"],
)
def test_nothing_is_said_about_what_markets_do(rows: list[float], every: timedelta) -> None:
    past = history(plays(rows), every)
    assert ever_said(past) == {}
    assert {"plays.rows", "plays.rejected", "plays.unmatched"} <= judged(past)


def test_producers_who_join_are_usual_and_a_dump_that_jumps_is_not() -> None:
    joined = [round(1_000 * 1.01**day) for day in range(60)]
    assert ever_said(history(plays(growing(60)), producers=joined)) == {}
    jumped = [1_000] * 20 + [1_200] * 30
    found = ever_said(history(plays(growing(50)), producers=jumped))
    assert next(iter(found)) == BEGIN + 20 * DAY
    # What stays so becomes usual in time.
    assert list(found)[-1] < BEGIN + 40 * DAY
    assert {tuple(one) for one in found.values()} == {("producers.rows",)}
    assert "has 1,200 rows" in found[BEGIN + 20 * DAY]["producers.rows"]


def test_a_small_dump_may_grow_by_some() -> None:
    assert ever_said(history(plays(growing(20)), producers=[10] * 19 + [14])) == {}


def test_what_piled_up_while_nothing_was_delivered_is_usual() -> None:
    rows = by_hour(6)
    late = history(plays([*rows[:80], sum(rows[80:110]), *rows[110:]]), HOUR)
    moved = [
        past._replace(published_at=past.published_at + (30 * HOUR if number >= 80 else 0 * HOUR))
        for number, past in enumerate(late)
    ]
    assert ever_said(moved) == {}


def test_a_late_file_right_after_another_is_usual() -> None:
    past = history(plays([*growing(40), 900]))
    soon = past[-1]._replace(published_at=past[-2].published_at + timedelta(minutes=5))
    assert said([*past[:-1], soon]) == {}


def test_a_backfill_is_said_once_and_changes_nothing_that_follows() -> None:
    rows = growing(60)
    found = ever_said(history(plays([*rows[:40], 400_000, *rows[41:]])))
    assert list(found) == [BEGIN + 40 * DAY]
    assert "within 24 hours" in found[BEGIN + 40 * DAY]["plays.rows"]


@pytest.mark.parametrize("factor", [0.05, 12], ids=["a fraction", "many times"])
def test_deliveries_far_from_the_usual(factor: float) -> None:
    rows = growing(40)
    found = said(history(plays([*rows, rows[-1] * factor])))
    assert found.keys() == {"plays.rows"}


REJECTED: Callable[[Counts], Counts] = lambda d: (d[0], d[0] // 25, d[2])  # noqa: E731
UNMATCHED: Callable[[Counts], Counts] = lambda d: (d[0], d[1], d[0] // 5)  # noqa: E731


@pytest.mark.parametrize(
    ("change", "subject", "words"),
    [(REJECTED, "plays.rejected", "4.0%"), (UNMATCHED, "plays.unmatched", "20")],
)
def test_shares_far_above_the_usual(
    change: Callable[[Counts], Counts], subject: str, words: str
) -> None:
    usual = plays(growing(40))
    found = said(history([*usual[:-1], change(usual[-1])]))
    assert found.keys() == {subject}
    assert words in found[subject]


def test_a_few_bad_rows_of_a_small_delivery_are_usual() -> None:
    assert said(history([(40, 0, 0)] * 30 + [(40, 9, 0)])) == {}


def test_silence_is_judged_by_how_often_something_came() -> None:
    past = history(plays(by_hour(3)), HOUR)
    assert said(past, later=2 * HOUR) == {}
    assert "come for 4 hours" in said(past, later=4 * HOUR)["plays.rows"]
    weekdays = history(plays(on_weekdays(40)))
    assert said(weekdays, later=4 * DAY) == {}


def test_too_little_history_judges_nothing() -> None:
    rows = growing(8)
    assert judged(history(plays([*rows, 10**6]))) == {
        "producers.rows",
        "tracks.rows",
        "credits.rows",
    }
    assert judge([], BEGIN) == []
    assert "plays.rows" not in judged(history(plays(by_hour(1)), HOUR))
