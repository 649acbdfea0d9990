"""Do all faults: `python -m tests.faults`; some of a kind: `... damage --tries 50 --seed 100`.

Prints what is wrong, and at the end a table as it stands in docs/reliability.md.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.market import Market, make_market
from tests.faults.suite import KINDS, Kind, Seen, perform


def main() -> int:
    """The exit status: 1 if anything that is promised was not so."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("kind", nargs="*", help=", ".join(kind.name for kind in KINDS))
    parser.add_argument("--tries", type=int, help="of each kind")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--quick", action="store_true", help="as few as tests do")
    asked = parser.parse_args()
    kinds = [kind for kind in KINDS if not asked.kind or kind.name in asked.kind]
    found = {}
    with tempfile.TemporaryDirectory(prefix="beatxp-faults-") as folder:
        market = make_market(Path(folder) / "market")
        for kind in kinds:
            tries = asked.tries or (kind.quick if asked.quick else kind.tries)
            found[kind.name] = _seen(market, kind, range(asked.seed, asked.seed + tries))
    for kind in kinds:
        _say(row(kind, found[kind.name]))
    return int(any(seen.wrong for seen in found.values()))


def _seen(market: Market, kind: Kind, seeds: range) -> Seen:
    began, seen = time.monotonic(), Seen()
    for seed, tried in perform(kind, market, seeds):
        seen.tries += 1
        seen.came[tried.seen or "nothing"] += 1
        if tried.wrong:
            seen.wrong[seed] = tried
            _say(f"{kind.name} {seed}: {tried.what}", *(f"  {line}" for line in tried.wrong))
    minutes = (time.monotonic() - began) / 60
    _say(f"{kind.name}: {seen.tries:,} tries, {len(seen.wrong):,} wrong, {minutes:.1f} minutes")
    return seen


def row(kind: Kind, seen: Seen) -> str:
    """The row of a kind in docs/reliability.md."""
    came = "; ".join(f"{times:,} {what}" for what, times in seen.came.most_common())
    wrong = f"; **{len(seen.wrong):,} not as promised**" if seen.wrong else ""
    return f"| `{kind.name}` | {kind.fault} | {seen.tries:,} | {kind.promise} | {came}{wrong} |"


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
