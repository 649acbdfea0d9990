"""A made-up marketplace: eighteen months of export files for trying things out.

The same arguments always give the same files. Everything the export format allows is somewhere
(specification, section 1): all formats and compressions, partial and repeated deliveries,
corrections, full dumps over time, and a little of each kind of bad input.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

from cli.demo_exports.dice import Dice
from cli.demo_exports.files import (
    write_adjustments,
    write_dumps,
    write_earnings,
    write_grants,
    write_plays,
)
from cli.demo_exports.marketplace import (
    make_calendar,
    make_credits,
    make_people,
    make_plays,
    make_tracks,
)
from pipelines.store.atomic import place_folder


def write_demo_exports(
    folder: Path,
    seed: int = 7,
    producers: int = 2_000,
    plays: int = 1_000_000,
    until: date = date(2026, 11, 1),
    days_ahead: int = 0,
    months: int = 18,
) -> None:
    """Write export files of the ``months`` before ``until`` into a new folder.

    Plays and sales go on for ``days_ahead`` days after that, in which they only count as time goes
    by: so refreshes of a demo find something new.

    The folder appears only when it is complete; what an interrupted run left beside it is written
    anew. Raises FileExistsError when the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"{folder} exists already; delete it or name another folder for the demo exports."
        )
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    since_zero = until.year * 12 + until.month - 1 - months
    start = date(since_zero // 12, since_zero % 12 + 1, 1)

    dice = Dice(seed)
    end = until + timedelta(days=days_ahead)
    calendar = make_calendar(start, end)
    people = make_people(dice, producers, start, until)
    tracks = make_tracks(dice, people, until)
    credits = make_credits(dice, people, tracks, until)
    write_dumps(unfinished, dice, people, tracks, credits, start, until)
    write_plays(unfinished / "plays", make_plays(dice, plays, people, tracks, calendar), end)
    write_earnings(unfinished / "earnings", dice, plays // 40, tracks, calendar)
    write_grants(unfinished / "grants", dice, producers // 8, people, until)
    write_adjustments(unfinished / "adjustments", dice, producers // 12, people, until)
    place_folder(unfinished, folder, durable=False)
