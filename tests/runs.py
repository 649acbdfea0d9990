"""One run on a store of its own, and tables in it: what tests of single steps begin with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.engine import Engine
from pipelines.exports.dumps import Dumps
from pipelines.exports.events import Events
from pipelines.rulebook import parse_rulebook
from pipelines.run import Run
from pipelines.store.store import Store, key_of
from pipelines.tables import Table

#: Levels at 0, 100 and 400 points; 10 a play up to 25 a day, twice as much on 1 October.
RULEBOOK = """
[rulebook]
name = "Small"
version = "1"

[metadata]
fields = ["artwork", "bpm"]
complete_at_percent = 100

[collaboration]
play_min_profile_completion = 80

[plays]
min_seconds = 0
count_self_plays = true
max_per_listener_track_day = 0

[[xp.rates]]
from = 2000-01-01
upload = 100
play = 10
metadata = 50
collaboration = 25

[[xp.boosts]]
source = "play"
from = 2026-10-01
until = 2026-10-02
percent = 200

[xp.daily_caps]
play = 25

[[levels]]
level = 1
title = "One"
min_xp = 0

[[levels]]
level = 2
title = "Two"
min_xp = 100

[[levels]]
level = 3
title = "Three"
min_xp = 400

[[achievements]]
id = "days-2"
name = "Two in a day"
description = "Two plays within a day"
rarity = "common"
xp = 100
metric = "day_plays"
threshold = 2

[[achievements]]
id = "plays-3"
name = "Three"
description = "Three plays"
rarity = "common"
xp = 100
metric = "plays"
threshold = 3

[[achievements]]
id = "tracks-2"
name = "Two of a track"
description = "Two plays of a track"
rarity = "common"
xp = 100
metric = "track_plays"
threshold = 2

[[achievements]]
id = "uploads-2"
name = "Two uploads"
description = "Two uploads"
rarity = "common"
xp = 200
metric = "uploads"
threshold = 2

[leaderboards.overall]
quality = 1
uploads = 1
plays = 1
points = 1
earnings = 0
collaboration = 0
"""


@contextmanager
def small_run(folder: Path, rulebook: str = RULEBOOK) -> Iterator[Run]:
    """A run as of 1 November 2026 under a small rulebook, in a store in `folder`."""
    store = Store(folder, "tests", durable=False)
    engine = Engine(store, "1GiB", 1)
    rules = parse_rulebook(rulebook.encode(), "a small rulebook")
    yield Run(store, engine, rules, datetime(2026, 11, 1), workers=1)
    engine.close()


def frame(name: str, *rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows with all columns of a table: what is not given is null."""
    return pl.DataFrame(list(rows), schema=Table(name).schema)


def table(run: Run, name: str, *rows: Mapping[str, Any]) -> Table:
    """A table of the run's store."""
    return run.store.write(
        name, key_of([sorted(map(str, row.items())) for row in rows]), frame(name, *rows)
    )


def dumps(run: Run, **tables: list[dict[str, Any]]) -> Dumps:
    """Current dumps with these rows, in the order of their keys."""

    def made(name: str) -> Table:
        return table(run, name, *tables.get(name, []))

    return Dumps(
        dumps={},
        stamps={},
        producers=made("producers"),
        tracks=made("tracks"),
        credits=made("credits"),
        profile_history=made("profile_history"),
        first_complete=made("first_complete"),
    )


def events(run: Run, **tables: list[dict[str, Any]]) -> Events:
    """Events with these rows."""
    names = ("earnings", "grants", "adjustments")
    earnings, grants, adjustments = (table(run, name, *tables.get(name, [])) for name in names)
    return Events(earnings, grants, adjustments, {}, dict.fromkeys(names), None)
