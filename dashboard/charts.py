"""XP over time as a picture: bars in a plain coordinate system, which a template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import ClassVar

from dashboard.models import LevelUp, MonthOfXp

WIDTH, HEIGHT = 720, 260
#: Above the bars there is a line for the level-ups.
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 40, 28
#: Between the axes' texts and what they are for.
GAP = 8
_TICKS = 4
_MOST_MONTHS_NAMED = 8
#: How much of its month's width a bar takes, and how wide it is at most.
_SHARE, _WIDEST = 0.7, 48.0


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis: a number of XP, or a month."""

    at: float
    value: int | str


@dataclass(frozen=True)
class Bar:
    """A month, at its left edge, with the heights of what was gained and of what was taken."""

    x: float
    gained: float
    taken: float
    month: MonthOfXp


@dataclass(frozen=True)
class Dot:
    """The level-ups of a day."""

    x: float
    first: LevelUp
    last: LevelUp


@dataclass(frozen=True)
class Chart:
    """The XP of each month, in pixels; bars go up and down from the line `zero`."""

    width: ClassVar[int] = WIDTH
    height: ClassVar[int] = HEIGHT
    left: ClassVar[int] = LEFT
    right: ClassVar[int] = WIDTH - RIGHT
    labels: ClassVar[int] = LEFT - GAP
    names: ClassVar[int] = HEIGHT - GAP
    level_ups: ClassVar[int] = TOP // 2

    bar: float
    has_taken: bool
    zero: float
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    rows: tuple[Tick, ...]
    months: tuple[Tick, ...]


def xp_chart(months: Sequence[MonthOfXp], level_ups: Sequence[LevelUp]) -> Chart | None:
    """What was gained and taken in each month, and when levels were reached; None without any."""
    if not months:
        return None
    low = min(0, *(one.taken for one in months))
    high = max(0 if low < 0 else 1, *(one.gained for one in months))
    step = _round_step((high - low) / _TICKS)
    low, high = low // step * step, -(-high // step) * step
    width = (WIDTH - LEFT - RIGHT) / len(months)
    bar = min(_SHARE * width, _WIDEST)
    scale = (HEIGHT - TOP - BOTTOM) / (high - low)

    def y(xp: int) -> float:
        return round(TOP + (high - xp) * scale, 1)

    starts = [LEFT + number * width for number in range(len(months))]
    start_of = {one.month: start for one, start in zip(months, starts, strict=True)}

    def x(day: date) -> float:
        return round(start_of[f"{day:%Y-%m}"] + (day.day - 0.5) / 31 * width, 1)

    by_day = groupby(level_ups, key=lambda one: one.reached_on)
    of_days = [(day, list(reached)) for day, reached in by_day if f"{day:%Y-%m}" in start_of]
    every = -(-len(months) // _MOST_MONTHS_NAMED)
    return Chart(
        bar=round(bar, 1),
        has_taken=low < 0,
        zero=y(0),
        bars=tuple(
            Bar(
                round(start + (width - bar) / 2, 1),
                round(one.gained * scale, 1),
                round(-one.taken * scale, 1),
                one,
            )
            for start, one in zip(starts, months, strict=True)
        ),
        dots=tuple(Dot(x(day), reached[0], reached[-1]) for day, reached in of_days),
        rows=tuple(Tick(y(xp), xp) for xp in range(low, high + 1, step)),
        months=tuple(
            Tick(round(start + width / 2, 1), one.month)
            for number, (start, one) in enumerate(zip(starts, months, strict=True))
            if number % every == 0
        ),
    )


def _round_step(least: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that is not below a number."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= least:
                return factor * size
        size *= 10
