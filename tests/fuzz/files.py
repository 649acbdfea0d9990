"""The file of a seed: the same bytes at every run."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.fuzz.mutations import mutated
from tests.fuzz.nasty import nasty_cell
from tests.fuzz.odd_parquet import odd_parquet
from tests.worlds.chance import Chance
from tests.worlds.columns import KINDS, Line, Row
from tests.worlds.dirt import soil
from tests.worlds.encoding import compress, encode
from tests.worlds.population import populate

FORMATS: Final = ("csv", "tsv", "json", "parquet")
_ENDINGS = {
    "csv": (".csv",),
    "tsv": (".tsv",),
    "json": (".ndjson", ".jsonl", ".json"),
    "parquet": (".parquet",),
}
_WRAPPINGS = ("", "", "", "", "", "", ".gz", ".zst", ".bz2")
_FIRST_DAY = 20_600


@dataclass(frozen=True)
class FuzzFile:
    """An export file that may be anything; its name has a date, so that dumps have a stamp."""

    entity: str
    name: str
    content: bytes


def fuzz_file(format: str, seed: int) -> FuzzFile:
    """The file of a format and a seed."""
    rng = Chance(seed * len(FORMATS) + FORMATS.index(format))
    entity = rng.choice(tuple(KINDS))
    wrapping = "" if format == "parquet" else rng.choice(_WRAPPINGS)
    ending = rng.choice(_ENDINGS[format])
    name = f"2026-06-01{ending}{wrapping}"
    content = _content(rng, entity, f"2026-06-01{ending}")
    # Wrapped bytes that are mutated are hardly ever a sound file: mostly what is inside is.
    outside = bool(wrapping) and rng.random() < 0.25
    if not outside and rng.random() < 0.8:
        content = mutated(rng, content, _content(rng, entity, f"2026-06-01{ending}"))
    content = compress(content, name)
    if outside:
        content = mutated(rng, content, compress(b"play_id,track_id\n", name))
    return FuzzFile(entity, name, content)


def _content(rng: Chance, entity: str, name: str) -> bytes:
    rows = rng.choices(_rows()[entity], k=rng.choice((0, 1, 1, 2, 3, 5, 12)))
    if name.endswith(".parquet") and rng.random() < 0.5:
        return odd_parquet(rng, KINDS[entity], rows)
    lines: list[Line] = []
    share = rng.choice((0.0, 0.1, 0.5))
    for row in rows:
        for line in soil(rng, entity, row, share):
            if isinstance(line, dict) and rng.random() < share:
                column = rng.choice(list(line))
                line = {**line, column: nasty_cell(rng)}
            lines.append(line)
    return encode(rng, entity, lines, name)


@cache
def _rows() -> dict[str, list[Row]]:
    """Good rows of each entity."""
    population = populate(Chance(0), _FIRST_DAY, 30, 0.3)
    dumps = {
        name: [row for _, rows in all_ for row in rows] for name, all_ in population.dumps.items()
    }
    return dumps | population.events
