"""XP over time as a picture: points in a plain coordinate system, which a template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from dashboard.models import LevelUp, MonthOfXp

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 28
#: Between the axes' texts and what they are for.
GAP = 8
_TICKS = 4
_MOST_MONTHS_NAMED = 8


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis: a number of XP, or a month."""

    at: float
    value: int | str


@dataclass(frozen=True)
class Dot:
    """A level-up on the line."""

    x: float
    y: float
    reached: LevelUp


@dataclass(frozen=True)
class Chart:
    """A line of the XP earned so far, in pixels; `line` and `area` are SVG paths."""

    width: ClassVar[int] = WIDTH
    height: ClassVar[int] = HEIGHT
    left: ClassVar[int] = LEFT
    right: ClassVar[int] = WIDTH - RIGHT
    labels: ClassVar[int] = LEFT - GAP
    names: ClassVar[int] = HEIGHT - GAP

    line: str
    area: str
    dots: tuple[Dot, ...]
    rows: tuple[Tick, ...]
    months: tuple[Tick, ...]


def xp_chart(
    months: Sequence[MonthOfXp], level_ups: Sequence[LevelUp], last_day: date
) -> Chart | None:
    """The sum of XP at the start of each month, after each level-up, and now; None without any."""
    if not months:
        return None
    starts = [date(int(one.month[:4]), int(one.month[5:]), 1).toordinal() for one in months]
    ends = [*starts[1:], last_day.toordinal() + 1]
    reached = [(one.reached_on.toordinal() + 1, one) for one in level_ups]
    reached = [(day, one) for day, one in reached if starts[0] <= day <= ends[-1]]
    sums = {starts[0]: 0} | {day: one.sum for day, one in reached}
    sums |= dict(zip(ends, (one.sum for one in months), strict=True))
    days = sorted(sums)
    low, high = min(0, *sums.values()), max(0 if min(sums.values()) < 0 else 1, *sums.values())
    step = _round_step((high - low) / _TICKS)
    low, high = low // step * step, -(-high // step) * step

    def x(day: float) -> float:
        share = (day - days[0]) / max(1, days[-1] - days[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(xp: float) -> float:
        return round(TOP + (high - xp) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    points = [f"{x(day)} {y(sums[day])}" for day in days]
    line = "M" + " L".join(points)
    every = -(-len(starts) // _MOST_MONTHS_NAMED)
    return Chart(
        line=line,
        area=f"{line} L{x(days[-1])} {y(0)} L{x(days[0])} {y(0)} Z",
        dots=tuple(Dot(x(day), y(sums[day]), one) for day, one in reached),
        rows=tuple(Tick(y(xp), xp) for xp in range(low, high + 1, step)),
        months=tuple(
            Tick(x(start), one.month)
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
