"""Refreshes are killed at any moment, and a reader looks on."""

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from pipelines.publication.manifest import current
from tests.faults.answers import command
from tests.faults.market import Market
from tests.faults.refreshing import Refreshing
from tests.faults.states import State, another, contents, present
from tests.faults.tried import Tried
from tests.faults.watching import faults_of_published, watched

#: After so many deaths one refresh may end.
_LIVES = 20


def tries(market: Market, seeds: Iterable[int]) -> Iterator[Tried]:
    """Kill a refresh by each seed."""
    expected = contents(market)
    looked_on = Tried("a reader beside it")
    settings = market.settings_file("dying")
    with market.copied("dying", "expected") as root, watched(root, [*expected.values()], looked_on):
        state: State | None = None
        child = Refreshing(settings)
        child.wait_until_ready()
        longest = 1.5
        for seed in seeds:
            dice = Random(seed)
            state = another(dice, state)
            before = current(root).snapshot.content_sha256
            # The next one is loaded by the time that this one is dead.
            following = Refreshing(settings)
            following.wait_until_ready()
            with present(market, state):
                began = time.monotonic()
                child.begin(state.as_of)
                if seed % _LIVES:
                    time.sleep(dice.uniform(0, 1.1 * longest))
                    content, said = child.kill()
                else:
                    content, said = child.content(), ""
                    longest = time.monotonic() - began
                    child.kill()
            child = following
            lived = f"{time.monotonic() - began:.3f} s"
            tried = Tried(f"after {lived}", "ended before it was killed" if content else "killed")
            tried.check(not said, said)
            tried.check(content in ("", expected[state]), f"content {content}")
            tried.wrong += faults_of_published(root, (before, expected[state]))
            if seed % _LIVES == 0:
                tried.wrong += _recovered(market, settings, root, state, expected[state])
            yield tried
        child.kill()
    yield looked_on


def _recovered(
    market: Market, settings: Path, root: Path, state: State, expected: str
) -> Iterator[str]:
    """What is wrong after a refresh that nobody killed."""
    with present(market, state):
        told = command(settings, "refresh", "--as-of", f"{state.as_of.isoformat()}Z", "--json")
    if told.status != 0 or json.loads(told.out)["content_sha256"] != expected:
        yield f"refresh: {told}"
    verified = command(settings, "verify", "--json")
    if verified.status != 0:
        yield f"verify: {verified}"
    left = [str(path) for path in root.rglob(".*") if path.name.endswith((".tmp", ".removed"))]
    if left:
        yield f"left behind: {left}"
