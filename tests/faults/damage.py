"""A file of the store is damaged, at random: readers, refreshes and `verify` meet it."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

from monitoring.alerts.alert import write_alerts
from pipelines.publication.last_failure import LastFailure, record_failure
from pipelines.publication.manifest import current, hold_back, kept_ids
from tests.faults.answers import Told, command
from tests.faults.files import DAMAGES, KINDS, delete, leave_unknown_things, of_kind
from tests.faults.market import AS_OF, TIMES, Market
from tests.faults.reading import misread
from tests.faults.tried import Tried

#: Nothing depends on these: they are made again, or counted from nothing.
_ONLY_SAVES_WORK = ("record", "failure", "alerts", "comparison", "shard")
#: What is computed again if it is not there, whatever the reason.
_REMEMBERED = ("check", "held back", "step", "working")


def attempt(market: Market, seed: int) -> Tried:
    """Damage one file of a kind, whichever it is by the seed."""
    dice = Random(seed)
    kind = sorted(KINDS)[seed % len(KINDS)]
    name = f"damaged-{seed}"
    settings = market.settings_file(name)
    with market.copied(name) as root:
        _prepare(root, kind)
        files = of_kind(root, kind)
        path, damage = dice.choice(files), dice.choice(DAMAGES)
        if damage.__name__ in ("swap", "copy") and dice.random() < 0.3:
            files = [file for other in KINDS for file in of_kind(root, other)]
        before = {file: file.read_bytes() for file in files}
        damage(dice, path, files)
        changed = {file: data for file, data in before.items() if _bytes(file) != data}
        tried = Tried(f"{damage.__name__} of {path.relative_to(root)} ({kind})")
        if not changed:
            tried.seen = "nothing changed"
            return tried
        tried.wrong += misread(market, settings, root, dice)
        _verify(tried, settings, root, changed, kind)
        said = _refresh(market, tried, settings)
        for snapshot_id in market.answers.keys() - {*kept_ids(root)}:
            tried.seen = "named as lost"
            tried.check(snapshot_id in said, f"{snapshot_id} is lost, and no refresh says so")
        tried.wrong += (f"at the end {it}" for it in _misread_at_end(settings))
    return tried


def attempt_unknown(market: Market, seed: int) -> Tried:
    """Things of others lie about in the store."""
    dice = Random(seed)
    name = f"littered-{seed}"
    settings = market.settings_file(name)
    with market.copied(name) as root:
        left = leave_unknown_things(dice, root)
        tried = Tried(f"{len(left)} unknown files and folders")
        tried.wrong += misread(market, settings, root, dice)
        told = command(settings, "verify", "--json")
        tried.check(told.status == 0, f"verify: {told}")
        _refresh(market, tried, settings)
        gone = [path for path in left if not path.exists()]
        tried.check(not gone, f"removed: {[str(path) for path in gone]}")
        tried.seen = tried.seen and "left alone"
    return tried


def _prepare(root: Path, kind: str) -> None:
    """Make what is not there yet."""
    if kind == "held back":
        hold_back(root, current(root))
    if kind == "failure":
        record_failure(root, LastFailure("inputs", TIMES[0], None, "refused", "a guard"))
    if kind == "alerts":
        write_alerts(root, [])


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _verify(
    tried: Tried, settings: Path, root: Path, changed: Mapping[Path, bytes], kind: str
) -> None:
    """`verify` names what is damaged, unless it only saves work."""
    told = command(settings, "verify", "--json")
    tried.check(not told.crash, f"verify: {told.crash}")
    if kind in _ONLY_SAVES_WORK:
        return
    if kind in _REMEMBERED and not any(path.exists() for path in changed):
        return  # nothing was remembered, for all that anybody knows
    if told.status == 0 and not all(_says_the_same(path, data) for path, data in changed.items()):
        still = [str(path.relative_to(root)) for path in changed]
        tried.wrong.append(f"verify finds nothing wrong with {still}")


def _says_the_same(path: Path, before: bytes) -> bool:
    """Whether a document says what it said: only its checksum is none any more."""
    try:
        # One bit of the name of the checksum can make it no UTF-8.
        wanted, found = json.loads(before), json.loads(path.read_text(errors="replace"))
    except (OSError, ValueError):
        return False
    wanted.pop("checksum")
    return bool(wanted.items() <= found.items())


def _refresh(market: Market, tried: Tried, settings: Path) -> str:
    """Refreshes with nothing new and with a new file come to what they do in a whole store."""
    said = ""
    for arrives in (False, True):
        told = _refreshed(market, settings, arrives)
        said += "".join(told.err.split())
        wanted = market.more if arrives else market.same
        if told.status != 0 or told.crash:
            tried.wrong.append(f"refresh: {told.crash or told.err}")
            return said
        if json.loads(told.out)["content_sha256"] != wanted:
            tried.wrong.append("refresh: WRONG CONTENT")
    verified = command(settings, "verify", "--json")
    tried.seen = "healed by a refresh"
    if verified.status != 0:
        with market.arrived():
            repaired = command(settings, "verify", "--repair", "--json")
        tried.check(not repaired.crash, f"repair: {repaired.crash}")
        tried.check(repaired.status == 0, f"repair: {repaired.out} {repaired.err}")
        tried.seen = "named, and healed by a repair"
        if repaired.status == 0 and json.loads(repaired.out)["lost"]:
            tried.seen = "named as lost"
        verified = command(settings, "verify", "--json")
    tried.check(verified.status == 0, f"verify at the end: {verified.out} {verified.err}")
    return said


def _refreshed(market: Market, settings: Path, arrives: bool) -> Told:
    arguments = ("refresh", "--as-of", AS_OF, "--json")
    if not arrives:
        return command(settings, *arguments)
    with market.arrived():
        return command(settings, *arguments)


def _misread_at_end(settings: Path) -> list[str]:
    """After all is healed, commands answer and nothing is said to be wrong."""
    told = command(settings, "show", "1", "--json")
    if told.status == 0 and not told.err:
        return []
    return [f"show: {told}"]


def attempt_hold(market: Market, seed: int) -> Tried:
    """Somebody rolled back, and what says so is damaged: nothing is published all the same."""
    dice = Random(seed)
    name = f"held-{seed}"
    settings = market.settings_file(name)
    with market.copied(name) as root:
        rolled = command(settings, "rollback", "previous", "--reason", "too many points")
        shown = current(root).snapshot.snapshot_id
        path, damage = root / "held.json", dice.choice([d for d in DAMAGES if d is not delete])
        before = path.read_bytes()
        damage(dice, path, [root / "checked.json"])
        tried = Tried(f"{damage.__name__} of held.json")
        tried.check(rolled.status == 0, f"rollback: {rolled}")
        if _bytes(path) == before:
            return Tried(tried.what, "nothing changed")
        told = command(settings, "verify", "--json")
        is_named = "held.json" in told.out or _says_the_same(path, before)
        tried.check(is_named, f"verify: {told}")
        told = _refreshed(market, settings, arrives=True)
        tried.check(told.status == 1 and '"held"' in told.err, f"refresh: {told}")
        tried.check(current(root).snapshot.snapshot_id == shown, "another snapshot is shown")
        told = command(settings, "release")
        tried.check(told.status == 0, f"release: {told}")
        _refresh(market, tried, settings)
        tried.seen = "still held, until a release"
    return tried
