"""The figures: what each says, and the most that it may be."""

from dataclasses import dataclass, field
from typing import Literal

from benchmarks.measure import Round

Unit = Literal["times", "seconds", "GiB"]


@dataclass(frozen=True)
class Figure:
    """A number that is measured, and its target: the most that it may be."""

    name: str
    says: str
    unit: Unit
    at_most: float


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(
            "from_nothing",
            "A first refresh, to the time of a bare SQL script over the same files",
            "times",
            1.0,
        ),
        Figure(
            "hourly",
            "A refresh after one new file, the plays of an hour, to one from nothing",
            "times",
            0.05,
        ),
        Figure(
            "flat",
            "The same hour's file on the whole history, to the same on a tenth of the plays",
            "times",
            1.5,
        ),
        Figure(
            "flat_own",
            "The whole history with its own hour, to a tenth of the plays with its own hour",
            "times",
            1.5,
        ),
        Figure(
            "late",
            "A refresh after a late file of three old days, to one after an hour's file",
            "times",
            2.0,
        ),
        Figure("nothing_new", "A refresh when no file is new", "seconds", 1.5),
        Figure(
            "rulebook",
            "A refresh after new rates, levels and achievements, to one from nothing",
            "times",
            0.3,
        ),
        Figure(
            "simulate",
            "What new rates, levels, weights and XP for achievements would change",
            "seconds",
            10.0,
        ),
        Figure(
            "simulate_thresholds",
            "The same with new thresholds of achievements",
            "seconds",
            10.0,
        ),
        Figure(
            "csv",
            "A first refresh from gzipped CSV, to one from Parquet",
            "times",
            2.0,
        ),
        Figure("memory", "Most memory of a first refresh", "GiB", 4.0),
        Figure(
            "memory_capped",
            'Most memory of a first refresh with memory_limit = "2GiB", the whole process',
            "GiB",
            2.0,
        ),
        Figure(
            "seconds_capped",
            "A first refresh with that limit, to one without",
            "times",
            2.0,
        ),
        Figure("billion", "Most memory of a first refresh of a billion plays", "GiB", 8.0),
    )
}


@dataclass(frozen=True)
class Measured:
    """A figure's value, every run that it comes from, and what was checked about them."""

    figure: Figure
    value: float
    rounds: list[Round]
    checks: list[str] = field(default_factory=list)

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.figure.at_most
