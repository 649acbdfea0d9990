"""The way of the data, step by step. Each step is a pure function of the steps that it needs.

`beatxp refresh` performs each as soon as those are done; the Dagster assets of the same names
perform one each. What a step returned last time only saves work.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from pipelines.achievements.milestones import PlayMilestones
from pipelines.achievements.play_thresholds import follow_plays
from pipelines.achievements.unlocks import (
    ActivityUnlocks,
    PlayUnlocks,
    unlock_by_activity,
    unlock_by_plays,
)
from pipelines.activity.catalogue import Catalogue, build_catalogue
from pipelines.activity.day_counts import ProducerPlays, attribute_plays
from pipelines.activity.plays import CountedPlays, count_plays
from pipelines.boards.leaderboard import Leaderboards, rank
from pipelines.exports.dumps import Dumps, read_dumps
from pipelines.exports.events import Events, read_events
from pipelines.exports.ingest import Deliveries
from pipelines.ledger.awards import Awards, award
from pipelines.ledger.ledger import Ledger, book
from pipelines.ledger.levels import LevelUps, reach_levels
from pipelines.progress.progress import Progress, summarize
from pipelines.publication.inputs import Inputs, account
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.tables import TABLES, Declaration


@dataclass(frozen=True)
class Step:
    """A named function of a run, of the results of other steps, and, if it can start from there,
    of its own last result.
    """

    name: str
    result: type[StepResult]
    needs: tuple[str, ...]
    compute: Callable[..., StepResult]
    resumes: bool = False

    @property
    def group(self) -> str:
        """The folder of the data's way in which the step is performed."""
        return self.compute.__module__.split(".")[1]


STEPS = (
    Step("dumps", Dumps, ("early_deliveries",), read_dumps, resumes=True),
    Step("events", Events, ("early_deliveries",), read_events),
    Step("catalogue", Catalogue, ("dumps",), build_catalogue),
    Step(
        "activity_unlocks",
        ActivityUnlocks,
        ("dumps", "events", "catalogue"),
        unlock_by_activity,
    ),
    Step("counted_plays", CountedPlays, ("deliveries", "catalogue"), count_plays, resumes=True),
    Step(
        "producer_plays",
        ProducerPlays,
        ("counted_plays", "catalogue"),
        attribute_plays,
        resumes=True,
    ),
    Step(
        "play_milestones",
        PlayMilestones,
        ("producer_plays",),
        follow_plays,
        resumes=True,
    ),
    Step("play_unlocks", PlayUnlocks, ("dumps", "play_milestones"), unlock_by_plays),
    Step(
        "awards",
        Awards,
        ("dumps", "events", "catalogue", "producer_plays", "activity_unlocks", "play_unlocks"),
        award,
        resumes=True,
    ),
    Step("level_ups", LevelUps, ("dumps", "awards"), reach_levels, resumes=True),
    Step("xp_ledger", Ledger, ("awards", "level_ups"), book, resumes=True),
    Step(
        "progress",
        Progress,
        (
            "dumps",
            "events",
            "catalogue",
            "play_milestones",
            "activity_unlocks",
            "play_unlocks",
            "awards",
            "level_ups",
        ),
        summarize,
        resumes=True,
    ),
    Step(
        "leaderboard",
        Leaderboards,
        ("dumps", "events", "catalogue", "xp_ledger", "progress"),
        rank,
        resumes=True,
    ),
    Step(
        "inputs",
        Inputs,
        ("deliveries", "dumps", "events", "counted_plays", "producer_plays"),
        account,
        resumes=True,
    ),
)

#: The results that there are before any step: of everything but plays, and of everything.
DELIVERIES = ("early_deliveries", "deliveries")

RESULTS: Mapping[str, type[StepResult]] = {
    **dict.fromkeys(DELIVERIES, Deliveries),
    **{step.name: step.result for step in STEPS},
}


@cache
def tables_of(step: str) -> dict[str, Declaration]:
    """The tables that a step makes for others, by name: each after those it is made from."""
    made = {t.name: t for t in TABLES.values() if t.step == step and not t.internal}
    order = TopologicalSorter({t.name: made.keys() & set(t.inputs) for t in made.values()})
    return {name: made[name] for name in order.static_order()}


def perform_all(
    run: Run,
    request: str,
    deliveries: Iterator[Deliveries],
    watched: Callable[[str], AbstractContextManager[None]],
    steps: Sequence[Step] = STEPS,
) -> dict[str, StepResult]:
    """Perform every step, side by side where none needs the other; their results by name.

    `deliveries` gives the results in DELIVERIES. Each step is performed inside of `watched` with
    its name, in whichever thread that is. The first error of any step ends all of them. `steps` may
    compute something in another way, for those who ask what would be.
    """
    results: dict[str, Future[StepResult]] = {}

    def deliver_in_turn(before: tuple[Future[StepResult], ...]) -> StepResult:
        for earlier in before:
            earlier.result()
        with watched(DELIVERIES[-1]):
            return next(deliveries)

    def perform_in_turn(step: Step) -> StepResult:
        needed = {name: results[name].result() for name in step.needs}
        with watched(step.name):
            return perform(run, step, request, needed)

    # Earned by a first refresh of the demo on two cores, which took a quarter longer with one step
    # after the other. An hour's refresh gains nothing measurable.
    # A thread for each: those that wait for another step do nothing.
    with ThreadPoolExecutor(len(RESULTS)) as pool:
        try:
            for name in DELIVERIES:
                results[name] = pool.submit(deliver_in_turn, tuple(results.values()))
            for step in steps:
                results[step.name] = pool.submit(perform_in_turn, step)
            done, _ = wait(results.values(), return_when=FIRST_EXCEPTION)
            for result in done:
                result.result()
        except BaseException:
            run.stop()
            raise
    return {name: result.result() for name, result in results.items()}


def perform(run: Run, step: Step, request: str, results: Mapping[str, Any]) -> StepResult:
    """Compute a step from the results of those that it needs, and remember what it returns."""
    inputs = [results[name] for name in step.needs]
    if step.resumes:
        inputs.insert(0, run.store.load(step.name, step.result))
    result = step.compute(run, *inputs)
    run.store.save(step.name, request, result)
    return result
