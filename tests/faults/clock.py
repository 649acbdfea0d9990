"""The clock goes back, or far ahead: snapshots stay in the order in which they were published."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from random import Random

from pipelines.publication.manifest import all_kept, current, kept_ids
from pipelines.refresh import refresh
from tests.faults.answers import command
from tests.faults.market import Market
from tests.faults.states import STATES, State, another, contents, present
from tests.faults.tried import Tried

_STEPS = (
    timedelta(0),
    timedelta(hours=-1),
    timedelta(days=-365),
    timedelta(days=365),
    timedelta(hours=1),
)
_REFRESHES = 6
_KEPT = 4


def attempt(market: Market, seed: int) -> Tried:
    """A few refreshes, each by a clock that was set to another time."""
    expected = _expected(market)
    dice = Random(seed)
    name = f"clock-{seed}"
    tried = Tried(f"{_REFRESHES} refreshes by a clock that is set", "in the order of publication")
    with market.copied(name) as root:
        published = kept_ids(root)
        now, state = datetime(2026, 11, 26), STATES[0]
        for _ in range(_REFRESHES):
            now += dice.choice(_STEPS) + timedelta(seconds=1)
            before = current(root).snapshot.snapshot_id
            state = another(dice, state)
            with present(market, state):
                outcome = refresh(market.settings(name), state.as_of, clock=_at(now))
            found = outcome.manifest.snapshot
            tried.check(found.content_sha256 == expected[state], "another content")
            if not outcome.published:
                continue
            published.append(found.snapshot_id)
            tried.check(published == sorted(published), f"ids do not rise: {published}")
            tried.check(kept_ids(root) == published[-_KEPT:], f"kept: {kept_ids(root)}")
            told = command(
                market.settings_file(name), *("show", "1", "--snapshot", "previous", "--json")
            )
            tried.check(before in told.out, f"previous is not {before}: {told}")
        tried.wrong += _not_whole(market, name, len(all_kept(root)))
    return tried


@cache
def _expected(market: Market) -> dict[State, str]:
    return contents(market, "by-the-clock")


def _at(now: datetime) -> Callable[[], datetime]:
    return lambda: now


def _not_whole(market: Market, name: str, kept: int) -> Iterator[str]:
    verified = command(market.settings_file(name), "verify", "--json")
    if verified.status != 0 or kept != _KEPT:
        yield f"{kept} kept: {verified}"
