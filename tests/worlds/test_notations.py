"""Random worlds in the notations of other systems: what they write is what they mean."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.oracle import compute
from tests.oracle.clock import to_datetime
from tests.oracle.entities import ENTITIES, BadRowError, Row, read_row
from tests.oracle.formats import format_of, rows_of
from tests.oracle.stamps import stamp_of
from tests.worlds import World, drifting
from tests.worlds.chance import Chance
from tests.worlds.columns import KINDS
from tests.worlds.deliveries import deliveries
from tests.worlds.encoding import encode, some_ending
from tests.worlds.population import Population, populate
from tests.worlds.stamps import foreign_stem

_FIRST_DAY = 20_600
_PLAIN = (
    ".parquet",
    *(f"{kind}{end}" for kind in (".csv", ".ndjson", ".jsonl") for end in ("", ".gz", ".zst")),
)


def _read_back(rng: Chance, entity: str, rows: list[Row]) -> list[tuple[Row, list[str]] | None]:
    """Each row as a file holds it, with its bad cells; None if it is rejected."""
    name = f"x{some_ending(rng)}"
    known = ENTITIES[entity]
    raw_rows = rows_of(name, encode(rng, entity, rows, name), known.required, list(known.columns))
    found: list[tuple[Row, list[str]] | None] = []
    for raw in raw_rows:
        if raw is None:
            # A line that would be empty, but that a tab separates two cells.
            assert ".tsv" in name
            continue
        try:
            found.append(read_row(known, raw))
        except BadRowError:
            found.append(None)
    assert len(found) == len(rows), name
    return found


def _everything(population: Population) -> list[tuple[str, list[Row]]]:
    dumps = [(entity, rows) for entity, all_ in population.dumps.items() for _, rows in all_]
    return [*dumps, *population.events.items()]


@pytest.mark.parametrize("seed", range(12))
def test_foreign_files_hold_the_rows_of_their_world(seed: int) -> None:
    rng = Chance(seed, foreign=1.0)
    written = rejected = 0
    for entity, rows in _everything(populate(rng, _FIRST_DAY, 30, 0.3)):
        found = _read_back(rng, entity, rows)
        written, rejected = written + len(rows), rejected + found.count(None)
        for column, kind in KINDS[entity].items():
            if kind == "list":
                # Most texts and lists have no notation that tells them apart.
                continue
            default = True if kind == "flag" else None
            if all(row is None or row[0][column] == default for row in found):
                # Optional columns may be left out.
                continue
            for row, meant in zip(found, rows, strict=True):
                if row is not None and column not in row[1]:
                    want = default if meant[column] is None else meant[column]
                    accepted = [want]
                    if kind == "time" and isinstance(want, int):
                        # Parquet files of seconds or milliseconds.
                        accepted += [want - want % 1_000_000, want - want % 1_000]
                    if want == "":
                        # In CSV and TSV.
                        accepted.append(None)
                    assert row[0][column] in accepted
    # Some columns hold one number that may have been rounded, or bytes that are no text.
    assert rejected < written / 20


@pytest.mark.parametrize("minutes", [0, 390, 420])
def test_a_foreign_path_says_the_stamp(minutes: int) -> None:
    rng = Chance(minutes).notations
    moment = datetime(2026, 6, 5) + timedelta(minutes=minutes)
    for path in (f"{foreign_stem(rng, moment, 1)}.csv" for _ in range(500)):
        stamp = stamp_of(path)
        assert stamp is not None, path
        assert to_datetime(stamp) == moment, path


def test_a_seed_makes_the_same_world_every_time_and_plain_worlds_are_among_them() -> None:
    assert World(3).steps == World(3).steps
    assert drifting(3) == drifting(3)
    assert World(3, foreign=0.0).steps != World(3, foreign=1.0).steps
    assert {Chance(seed).foreign for seed in range(24)} == {0.0, 0.3, 1.0}


def test_plain_worlds_have_plain_files_and_foreign_ones_all_others() -> None:
    def endings(foreign: float) -> set[str]:
        names = set()
        for seed in range(30):
            rng = Chance(seed, foreign=foreign)
            files = deliveries(rng, populate(rng, _FIRST_DAY, 12, 0.1))
            names |= {file.path.rpartition("/")[2] for file in files}
        return {name[name.index(".") :] for name in names if format_of(name)}

    plain, foreign = endings(0.0), endings(1.0)
    assert plain == set(_PLAIN)
    assert foreign > {
        f"{kind}{end}" for kind in (".tsv", ".json") for end in ("", ".gz", ".zst", ".bz2")
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_oracle_reads_foreign_worlds(seed: int, tmp_path: Path) -> None:
    for step in World(seed, 0.3, foreign=1.0).steps:
        step.install(tmp_path)
        tables = compute(tmp_path, step.rulebook, step.as_of)
    balance = tables["inputs"]
    assert sum(row["accepted"] for row in balance) > sum(row["rejected"] for row in balance)
