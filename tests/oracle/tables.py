"""The published tables (section 5), as lists of plain rows."""

from datetime import datetime
from pathlib import Path
from typing import Any

from .achievements import by_day, streaks
from .activity import World, observe
from .clock import micros_of, to_date, to_datetime
from .entities import ENTITIES, Row
from .inputs import NOBODY, Erased, Reading, Tables, read_all
from .leaderboards import boards, ranks
from .ledger import SOURCES, Account, keep_account


def compute(
    exports: Path,
    rulebook: dict[str, Any],
    as_of: datetime,
    tables: Tables | None = None,
    erased: Erased = NOBODY,
) -> dict[str, list[Row]]:
    """The tables that a refresh must publish, and the rows and files that it must reject.

    `rulebook` is the parsed TOML, already known to be valid, and `tables` are the settings
    `[exports.<entity>]`, which are valid too; a naive `as_of` is UTC. Columns are
    those of section 5 in their order, rows are sorted by key; days are `date`, times are naive
    `datetime` in UTC. `rejects` has entity, file (below the entity's folder), row (None for a
    file) and reason; `bad_cells` has entity, file, column and the number of cells.
    """
    readings = read_all(exports, tables, erased)
    moment = micros_of(as_of)
    world = observe(readings, rulebook, moment)
    accounts = {
        key: keep_account(row, world.deeds[key], rulebook, moment)
        for key, row in sorted(world.producers.items())
    }
    return {
        "inputs": [_input(readings[name], world) for name in sorted(ENTITIES)],
        "progress": [_progress(key, world, accounts[key], rulebook) for key in accounts],
        "xp_ledger": [
            {"producer_id": key, "day": to_date(day), "source": source, "quantity": n, "xp": xp}
            for key, account in accounts.items()
            for (day, source), (n, xp) in sorted(account.ledger.items())
        ],
        "unlocks": _unlocks(accounts, rulebook),
        "level_ups": [
            {"producer_id": key, "level": level, "reached_on": to_date(day)}
            for key, account in accounts.items()
            for level, day in sorted(account.levels.items())
        ],
        "leaderboard": [
            dict(
                zip(
                    ("category", "period", "rank", "producer_id", "score"),
                    (*board, *row),
                    strict=True,
                )
            )
            for board, scores in sorted(boards(world, accounts, rulebook).items())
            for row in ranks(scores)
        ],
        "bad_cells": [
            {"entity": name, "file": file, "column": column, "cells": cells}
            for name in sorted(ENTITIES)
            for (file, column), cells in sorted(readings[name].bad_cells.items())
        ],
        "rejects": [reject for name in sorted(ENTITIES) for reject in readings[name].rejects],
    }


def data_through(exports: Path, as_of: datetime, tables: Tables | None = None) -> datetime | None:
    """The greatest among the times of events before as_of and the current stamps (section 5)."""
    moment = micros_of(as_of)
    times: list[int] = []
    for reading in read_all(exports, tables).values():
        if reading.entity.time is None:
            times += [snapshot.stamp for snapshot in reading.visible(moment)]
        else:
            times += [row[reading.entity.time] for row in reading.before(moment)]
    return to_datetime(max(times)) if times else None


def _input(reading: Reading, world: World) -> Row:
    return {
        "entity": reading.entity.name,
        "files": reading.files,
        "rejected_files": reading.rejected_files,
        "rows_read": reading.rows_read,
        "accepted": reading.rows_read - reading.duplicates - reading.rejected,
        "duplicates": reading.duplicates,
        "rejected": reading.rejected,
        "unmatched": world.unmatched[reading.entity.name],
    }


def _unlocks(accounts: dict[int, Account], rulebook: dict[str, Any]) -> list[Row]:
    xp = {achievement["id"]: achievement["xp"] for achievement in rulebook["achievements"]}
    return [
        {
            "producer_id": key,
            "achievement_id": which,
            "unlocked_at": to_datetime(at),
            "xp": xp[which],
        }
        for key, account in accounts.items()
        for which, at in sorted(account.unlocks.items())
    ]


def _progress(producer: int, world: World, account: Account, rulebook: dict[str, Any]) -> Row:
    row, deeds = world.producers[producer], world.deeds[producer]
    total = account.total_xp
    levels = sorted(rulebook["levels"], key=lambda level: level["min_xp"])
    level = max((one for one in levels if one["min_xp"] <= total), key=lambda one: one["min_xp"])
    above = [one["min_xp"] for one in levels if one["min_xp"] > total]
    following: int | None = above[0] if above else None
    percent = 100
    if following is not None:
        percent = 100 * (total - level["min_xp"]) // (following - level["min_xp"])
    return {
        "producer_id": producer,
        "display_name": row["display_name"],
        "status": row["status"],
        "level": level["level"],
        "level_title": level["title"],
        "total_xp": total,
        "level_min_xp": level["min_xp"],
        "next_level_xp": following,
        "xp_to_next": None if following is None else following - total,
        "progress_percent": percent,
        **{f"{source}_xp": account.xp(source) for source in SOURCES},
        "uploads": len(deeds.uploads),
        "plays": len(deeds.plays),
        "complete_tracks": len(deeds.metadata),
        "collaborations": len(deeds.collaborations),
        "partners": len(deeds.partners),
        "best_track_plays": max(map(len, deeds.track_plays.values()), default=0),
        "best_day_plays": max(map(len, by_day(deeds.plays).values()), default=0),
        "best_upload_streak": max((length for length, _ in streaks(deeds.uploads)), default=0),
        "earnings_cents": sum(cents for _, _, cents in deeds.earnings),
        "achievements_unlocked": len(account.unlocks),
        "achievements_locked": len(rulebook["achievements"]) - len(account.unlocks),
        "listed": row["listed"],
    }
