"""Any call to the system fails in a refresh: EIO, no room, read-only, no rights, too many files."""

import errno
from functools import cache
from random import Random

from pipelines.publication.manifest import current
from tests.faults.answers import command
from tests.faults.calls import ERRORS, failing
from tests.faults.market import AS_OF, Market
from tests.faults.room import recovered
from tests.faults.tried import Tried

_NEVER = 10**9


def attempt(market: Market, seed: int) -> Tried:
    """One call fails, or that and all after it."""
    dice = Random(seed)
    name = f"failing-{seed}"
    settings = market.settings_file(name)
    nth = dice.randint(1, _calls(market))
    error, is_for_good = dice.choice(ERRORS), dice.random() < 0.4
    with market.copied(name) as root:
        with market.arrived(), failing(root, nth, error, is_for_good) as calls:
            told = command(settings, "refresh", "--as-of", AS_OF, "--json")
        after = "from then on" if is_for_good else "once"
        tried = Tried(f"{errno.errorcode[error]} of call {nth} ({calls.failed}), {after}")
        content = current(root).snapshot.content_sha256
        tried.check(not told.crash, told.crash)
        if told.status == 0:
            tried.seen = "published all the same"
            tried.check(content == market.more, f"status 0, and content {content}")
        else:
            tried.seen = "said; the last snapshot stays"
            tried.check(content == market.same, f"status {told.status}, content {content}: {told}")
        tried.check("Traceback" not in told.err, told.err)
        tried.wrong += recovered(market, settings)
    return tried


@cache
def _calls(market: Market) -> int:
    """How many calls a refresh makes."""
    settings = market.settings_file("counted")
    with market.copied("counted") as root, market.arrived():
        with failing(root, _NEVER, 0, is_for_good=False) as calls:
            assert command(settings, "refresh", "--as-of", AS_OF, "--json").status == 0
        return calls.count
