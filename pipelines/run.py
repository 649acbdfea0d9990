"""What every step of one refresh has in common: the store, the engine, the rules, the time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock
from typing import TypeVar

import polars as pl

from pipelines.arrays.attribution import AttributionIndex
from pipelines.engine import Engine
from pipelines.rulebook import Rulebook
from pipelines.store.store import Store
from pipelines.tables import TIME, Table

#: When more than this share of the days changed, following everything is less work.
MOST_CHANGED_PERCENT = 25

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stopped(Exception):
    """The refresh ends early, since something else in it failed."""


@dataclass(frozen=True)
class Run:
    """One refresh: results are a function of the exports, the rulebook and `as_of` alone.

    `as_of` is UTC without a zone: nothing dated at or after it counts. `workers` threads work on
    days side by side.
    """

    store: Store
    engine: Engine
    rulebook: Rulebook
    as_of: datetime
    workers: int = 3
    _index: dict[Table, AttributionIndex] = field(default_factory=dict)
    _index_lock: Lock = field(default_factory=Lock)
    _stopping: Event = field(default_factory=Event)

    def stop(self) -> None:
        """Let whatever is at work side by side end soon, with Stopped."""
        self._stopping.set()

    def go_on(self) -> None:
        """Raise Stopped if the refresh is to end."""
        if self._stopping.is_set():
            raise Stopped

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """What `work` returns for each item, in their order; `workers` are worked on at once.

        Only a few results are waiting at any time, so that memory stays bounded. Raises Stopped.
        """
        pool = ThreadPoolExecutor(self.workers)
        is_given_up = False
        try:
            waiting: deque[Future[Result]] = deque()
            for item in items:
                self.go_on()
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * self.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except GeneratorExit:
            is_given_up = True
            raise
        finally:
            # It may be the garbage collector that gives up, in any thread and at any moment, also
            # while that thread holds the locks by which threads begin: it must not wait for others.
            pool.shutdown(wait=not is_given_up, cancel_futures=is_given_up)

    def both(self, one: Callable[[], Result], other: Callable[[], Result]) -> list[Result]:
        """What two functions return, called side by side."""
        return list(self.each(lambda call: call(), (one, other)))

    def attribution_index(self, attribution: Table) -> AttributionIndex:
        """The attribution as an index, which several steps ask."""
        with self._index_lock:
            if attribution not in self._index:
                self._index.clear()
                self._index[attribution] = AttributionIndex(self.store.read(attribution))
            return self._index[attribution]

    @property
    def parameters(self) -> pl.DataFrame:
        """The relation `parameters`: one row with `as_of`."""
        return parameters(self.as_of)


def parameters(as_of: datetime) -> pl.DataFrame:
    """A relation of one row with a time, for queries that compare with it."""
    return pl.DataFrame({"as_of": [as_of]}, schema={"as_of": TIME})


def batches(items: Iterable[tuple[Item, int]], most_rows: int) -> Iterator[list[Item]]:
    """Group items in order so that each group has about `most_rows` rows: bounded memory."""
    group: list[Item] = []
    rows = 0
    for item, size in items:
        if group and rows + size > most_rows:
            yield group
            group, rows = [], 0
        group.append(item)
        rows += size
    if group:
        yield group
