"""Readers of a damaged store: each answer is right, or a sentence names the file that is not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from dashboard.index.layout import lay_out, plan
from dashboard.index.shards import DamagedShard, open_shard
from pipelines.failures import Failure
from pipelines.publication.manifest import NoSnapshot, all_kept, find_current
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.store.checksums import verify_again
from tests.faults.answers import OF_A_SNAPSHOT, Told, command
from tests.faults.market import CACHE, Market

#: What a sentence about damage has in it.
_NAMED = re.compile(
    r"(\.parquet|\.json|manifest of snapshot \S+|There is no snapshot|no kept snapshot)"
)
_EACH = ("show", "leaderboard", "sums")


def misread(market: Market, settings: Path, root: Path, dice: Random) -> Iterator[str]:
    """What readers are told that is neither right nor a sentence about damage."""
    some = [*_EACH, *dice.sample([name for name in OF_A_SNAPSHOT if name not in _EACH], 2)]
    for name in some:
        told = command(settings, *OF_A_SNAPSHOT[name], "--json")
        yield from _answer(market, name, told)
    older = dice.choice(sorted(market.answers))
    name = dice.choice(sorted(OF_A_SNAPSHOT))
    told = command(settings, *OF_A_SNAPSHOT[name], "--snapshot", older, "--json")
    yield from _answer(market, f"{name} of {older}", told, name)
    for words in (("current",), ("snapshots",), ("diff", "previous")):
        told = command(settings, *words, "--json")
        if told.status != 0:
            yield from _sentence(" ".join(words), told)
        elif words[0] == "current":
            found = json.loads(told.out)["snapshot_id"]
            if found not in market.answers:
                yield f"current: {found} is none that was published"
        elif words[0] == "snapshots":
            for row in json.loads(told.out)["snapshots"]:
                known = market.answers[row["snapshot_id"]]["show"]["snapshot"]
                if any(row[key] != known[key] for key in known):
                    yield f"snapshots: {row}"
    yield from _files(market, root)
    yield from _shards(root)


def _answer(market: Market, of: str, told: Told, name: str = "") -> Iterator[str]:
    if told.status != 0:
        yield from _sentence(of, told)
        return
    found = json.loads(told.out)
    snapshot_id = found["snapshot"]["snapshot_id"]
    if snapshot_id not in market.answers:
        yield f"{of}: it is of {snapshot_id}, which was not published"
    elif found != market.answers[snapshot_id][name or of]:
        yield f"{of}: WRONG NUMBERS"
    elif not name and snapshot_id != max(market.answers) and not _is_named(told.err):
        yield f"{of}: an older snapshot is shown, and nothing says so"


def _is_named(said: str) -> bool:
    """Whether a sentence says what is damaged; lines of a terminal end anywhere."""
    return bool(_NAMED.search(" ".join(said.split())) or _NAMED.search("".join(said.split())))


def _sentence(of: str, told: Told) -> Iterator[str]:
    if told.crash or "Traceback" in told.err:
        yield f"{of}: {told.crash or told.err}"
    elif not _is_named(told.err):
        yield f"{of}: no file is named: {told.err}"


def _files(market: Market, root: Path) -> Iterator[str]:
    """As a program reads that uses the files of each kept snapshot."""
    verify_again()
    try:
        manifests = [find_current(root).manifest, *all_kept(root)]
    except NoSnapshot:
        return
    for manifest in manifests:
        snapshot_id = manifest.snapshot.snapshot_id
        snapshot = PublishedSnapshot(root, manifest)
        [row] = market.answers[snapshot_id]["sums"]["rows"]
        try:
            ledger = snapshot.scan("xp_ledger").collect()
        except Failure as error:
            if not _is_named(str(error)):
                yield f"files: {error}"
            continue
        if [ledger["xp"].sum(), ledger["quantity"].sum(), ledger.height] != list(row.values()):
            yield f"files of {snapshot_id}: WRONG NUMBERS"


def _shards(root: Path) -> Iterator[str]:
    """As the dashboard looks a snapshot up: what is damaged is laid out anew, once."""
    verify_again()
    cache = root / CACHE
    try:
        planned = plan(find_current(root).manifest)
        lay_out(root, cache, planned)
    except Failure as error:
        if not _is_named(str(error)):
            yield f"shards: {error}"
        return
    for shard in planned.values():
        rows = sum(part.rows for part in shard.parts)
        try:
            opened = open_shard(cache / shard.folder)
        except DamagedShard:
            lay_out(root, cache, planned)
            opened = open_shard(cache / shard.folder)
        if opened.rows != rows:
            yield f"{shard.folder}: {opened.rows} rows, not {rows}"
