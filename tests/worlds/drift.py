"""A world in which everything changes a little at once, so that little has to be computed again."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from .chance import Chance
from .columns import SNAPSHOTS, Row
from .deliveries import deliveries, written
from .population import Population, populate
from .rulebooks import drifted_rulebook, random_rulebook, toml_text
from .texts import DAY
from .world import Step

_FIRST_DAY = date(2026, 12, 7)
_SPAN = 60
_EPOCH_DAY = (_FIRST_DAY - date(1970, 1, 1)).days
#: The greatest id that there can be.
_GREATEST = 2**63 - 1


def drifting(seed: int, count: int = 6, *, foreign: float | None = None) -> list[Step]:
    """Steps that each bring late plays or take some back, other rows of a dump, and other rules.

    `as_of` moves within a few days. The same seed gives the same bytes.
    """
    rng = Chance(seed, foreign=foreign)
    population = populate(rng, _EPOCH_DAY, _SPAN, size=0.4)
    rulebook = random_rulebook(rng, _FIRST_DAY, _SPAN)
    if seed % 2 == 0:
        # Every play counts: days are read from the exports as they are.
        rulebook["plays"] = {
            "min_seconds": 0,
            "count_self_plays": True,
            "max_per_listener_track_day": 0,
        }
    files: dict[str, bytes | None] = {d.path: d.content for d in deliveries(rng, population)}
    late: list[str] = []
    steps = []
    for number in range(count):
        midnight = datetime(_FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day, tzinfo=UTC)
        as_of = midnight + timedelta(days=_SPAN + 2, minutes=rng.randrange(2 * 1440))
        if number:
            files = {}
            rulebook = drifted_rulebook(rng, rulebook, _FIRST_DAY, _SPAN)
            if late and rng.random() < 0.4:
                files[late.pop(0)] = None
            else:
                late.append(f"plays/late-{number}.csv")
                plays = _late_plays(rng, population.events["plays"], number)
                files[late[-1]] = written(rng, late[-1], "plays", plays).content
            for entity in rng.sample(SNAPSHOTS, rng.choice((0, 1, 1))):
                path = f"{entity}/{as_of:%Y-%m-%dT%H-%M}.csv"
                rows = _other_rows(rng, population, entity)
                files[path] = written(rng, path, entity, rows).content
        steps.append(Step(rulebook, toml_text(rulebook), as_of, files))
    return steps


def _late_plays(rng: Random, plays: list[Row], number: int) -> list[Row]:
    """New plays, and corrections, on a day or two; many are of one track, maybe of a new one."""
    days = rng.sample(range(_SPAN + 5), rng.choice((1, 2)))
    track = rng.choice((_GREATEST, rng.choice(plays)["track_id"]))
    found = []
    for place in range(rng.choice((2, 12))):
        play = dict(rng.choice(plays))
        if rng.random() < 0.8:
            play |= {"play_id": _GREATEST - 100 * number - place, "track_id": track}
        at = rng.choice((0, rng.randrange(DAY), DAY - 1))
        found.append(play | {"played_at": (_EPOCH_DAY + rng.choice(days)) * DAY + at})
    return found


def _other_rows(rng: Random, population: Population, entity: str) -> list[Row]:
    """Those of a dump, where there is any, with one missing, one changed, and one new one."""
    dumps = population.dumps[entity]
    rows = [dict(row) for row in dumps[-1][1]] if dumps else []
    rng.shuffle(rows)
    if len(rows) < 3:
        return rows
    rows.pop()
    match entity:
        case "tracks":
            rows[0]["producer_id"] = rows[1]["producer_id"]
            return [*rows, rows[1] | {"track_id": _GREATEST}]
        case "credits":
            rows[0]["producer_id"] = rows[1]["producer_id"]
            return [*rows, rows[1] | {"producer_id": _GREATEST}]
        case _:
            rows[0]["profile_completion"] = rng.choice((0, 60, 100))
            return [*rows, rows[1] | {"producer_id": _GREATEST}]
