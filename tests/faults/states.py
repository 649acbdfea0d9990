"""What the exports and the time may be, and which content each of these states has."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from tests.faults.market import TIMES, Market


class State(NamedTuple):
    """A time, and whether the later file has arrived."""

    as_of: datetime
    has_arrived: bool


STATES = tuple(
    State(TIMES[0] + timedelta(days=2 * days), has_arrived)
    for days in range(5)
    for has_arrived in (False, True)
)


def contents(market: Market, store: str = "expected") -> dict[State, str]:
    """The content of each state, in a store that no fault is done to."""
    found = {}
    for state in STATES:
        with present(market, state):
            outcome = market.project.refresh(state.as_of, store)
        found[state] = outcome.manifest.snapshot.content_sha256
    return found


@contextmanager
def present(market: Market, state: State) -> Iterator[None]:
    """The exports are those of a state."""
    with market.arrived() if state.has_arrived else nullcontext():
        yield


def another(dice: Random, state: State | None) -> State:
    """A state that is not this one."""
    return dice.choice([other for other in STATES if other != state])
