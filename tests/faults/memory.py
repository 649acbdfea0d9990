"""There is little memory: the system gives no more, or the settings allow no more."""

import json
import resource
import subprocess
from random import Random

from pipelines.publication.manifest import current
from tests.faults.answers import command
from tests.faults.market import AS_OF, Market
from tests.faults.processes import PATIENCE, REFRESH, started
from tests.faults.room import recovered
from tests.faults.tried import Tried


def attempt(market: Market, seed: int) -> Tried:
    """A refresh gets little memory of the system: it publishes, says so, or ends; never half."""
    dice = Random(seed)
    megabytes = dice.choice((300, 500, 700, 900, 1200, 2000, 4000))
    name = f"little-{seed}"
    settings = market.settings_file(name)
    limits = (resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    with market.copied(name) as root:
        with market.arrived():
            process = started(settings, *REFRESH, before=lambda: resource.setrlimit(*limits))
            try:
                _, complaints = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                _, complaints = process.communicate()
                complaints = f"does not end: {complaints}"
        tried = Tried(f"{megabytes:,} MB of addresses")
        content = current(root).snapshot.content_sha256
        if process.returncode == 0:
            tried.seen = "published"
            tried.check(content == market.more, f"status 0, and content {content}")
        else:
            tried.seen = "failed; the last snapshot stays"
            tried.check(content == market.same, f"{content}: {complaints}")
            tried.check("does not end" not in complaints, complaints)
        tried.wrong += recovered(market, settings)
    return tried


def attempt_limit(market: Market, seed: int) -> Tried:
    """`[engine] memory_limit` is too little, or just enough."""
    kibibytes = Random(seed).choice((64, 1024, 4096, 16384, 65536, 262144))
    name = f"limited-{seed}"
    settings = market.settings_file(name)
    whole = settings.read_text()
    tried = Tried(f"{kibibytes:,} KiB for SQL and all else", "published")
    with market.copied(name) as root:
        settings.write_text(f'{whole}[engine]\nmemory_limit = "{kibibytes}KiB"\n')
        with market.arrived():
            told = command(settings, "refresh", "--as-of", AS_OF, "--json")
        content = current(root).snapshot.content_sha256
        if told.status == 0:
            tried.check(content == market.more, f"status 0, and content {content}")
        else:
            tried.seen = "said; the last snapshot stays"
            code = "" if told.crash else json.loads(told.err.splitlines()[-1])["error"]["code"]
            tried.check(code == "out_of_memory", f"refresh: {told}")
            tried.check(content == market.same, f"status 1, and content {content}")
        settings.write_text(whole)
        tried.wrong += recovered(market, settings)
    return tried
