"""How the rows of a world reach the exports folder: names, parts, overlaps and broken files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .chance import Chance
from .columns import EVENTS, KINDS, OPTIONAL, Line, Row
from .dirt import soil
from .encoding import compress, encode, some_ending
from .population import Population
from .stamps import foreign_stem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATIN_1 = b"caf\xe9,"
_BROKEN_ARRAYS = (
    b"[",
    b"[{},\n{}",
    b"[{}\n{}]",
    b'[{"play_id": NaN}]',
    b"[{}] [{}]",
    b"[{},\n]",
    b"\n[{},\n{}]]",
    b"[{},\n{\xe9}]",
)


@dataclass
class Delivery:
    """One export file: its path below the exports folder, its bytes, and what they hold."""

    path: str
    content: bytes
    entity: str
    rows: Sequence[Row] = ()


def deliveries(rng: Chance, population: Population) -> list[Delivery]:
    """All good files of a world, in no particular order; no two have the same path."""
    dirt = rng.choice((0.0, 0.02, 0.02, 0.1))
    found: dict[str, Delivery] = {}
    for entity, dumps in population.dumps.items():
        for stamp, rows in dumps:
            for path, part in _dump_parts(rng, entity, stamp, rows):
                found[path] = written(rng, path, entity, part, dirt)
    for entity in EVENTS:
        events = population.events[entity]
        if rng.random() < 0.95:
            for path, part in _event_parts(rng, entity, events):
                found[path] = written(rng, path, entity, part, dirt)
    return list(found.values())


def written(
    rng: Chance, path: str, entity: str, rows: Sequence[Row], dirt: float = 0.0
) -> Delivery:
    """A file with these rows, a share of them made bad."""
    lines: list[Line] = [line for row in rows for line in soil(rng, entity, row, dirt)]
    return Delivery(path, encode(rng, entity, lines, path), entity, rows)


def _dump_parts(
    rng: Chance, entity: str, stamp: int, rows: list[Row]
) -> list[tuple[str, list[Row]]]:
    parts = _split(rng, rows, rng.choice((1, 1, 2, 3)))
    moment = _EPOCH + timedelta(microseconds=stamp)
    text = f"{moment:%Y-%m-%d}"
    if moment.minute:
        text += f"{moment:T%H-%M}"
    elif moment.hour or rng.random() < 0.3:
        text += rng.choice((f"{moment:T%H}", f"{moment:T%H-%M}"))
    folder = rng.choice(
        (
            "{}/",
            "date={}/",
            "full/{}/",
            "of-2019-01-01/{}/",
            # Not a date, so the one before it is the stamp.
            "{}/run-2026-02-30/",
            "dump {}/",
        )
    ).format(text)
    paths = [f"{entity}/{folder}part-{n}{some_ending(rng)}" for n in range(len(parts))]
    if rng.random() < 0.4:
        # The same stamp, in another folder: still the same snapshot.
        paths[-1] = f"{entity}/{rng.choice(('', 'date=', 'export_'))}{text}{some_ending(rng)}"
    for number in range(len(paths)):
        if rng.foreignly(0.7):
            stem = foreign_stem(rng.notations, moment, number)
            paths[number] = f"{entity}/{stem}{some_ending(rng)}"
    if len(parts) > 1 and rng.random() < 0.5:
        parts[-1] += [_corrected(rng, entity, row) for row in _some(rng, parts[0], 3)]
    return list(zip(paths, parts, strict=True))


def _event_parts(rng: Chance, entity: str, events: list[Row]) -> list[tuple[str, list[Row]]]:
    events = list(events)
    if rng.random() < 0.5:
        rng.shuffle(events)
    parts = _split(rng, events, rng.choice((1, 2, 5, 9)))
    for part in parts:
        # Overlapping exports, and corrections that may come before what they correct.
        part += _some(rng, events, rng.choice((0, 3, 30)))
        part += [_corrected(rng, entity, row) for row in _some(rng, events, rng.choice((0, 2, 8)))]
    return [(event_path(rng, entity, number), part) for number, part in enumerate(parts)]


def event_path(rng: Chance, entity: str, number: int) -> str:
    """A path for events; byte order is not the order of its folders, numbers or dates."""
    stem = rng.choice(
        (
            f"{entity}-{number:03d}",
            f"batch={number}/data",
            f"batch-{number}",
            f"batch/{number}",
            f"Batch/{number}",
            f"2026-06-{1 + number:02d}T00",
            f"date=2026-06-{1 + number:02d}/part-{number}",
            f"\u00fcbung/\U0001f3a7{number}",
            f"\uff5e{number}",
            f"a b/c{number}",
        )
    )
    return f"{entity}/{stem}{some_ending(rng)}"


def _split(rng: Chance, rows: list[Row], count: int) -> list[list[Row]]:
    cuts = sorted(rng.randrange(len(rows) + 1) for _ in range(count - 1))
    return [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]


def _some(rng: Chance, rows: Sequence[Row], count: int) -> list[Row]:
    return rng.sample(list(rows), min(count, len(rows)))


def _corrected(rng: Chance, entity: str, row: Row) -> Row:
    """The same identity with other values; a time keeps its day, as a play's identity asks."""
    row = dict(row)
    for column, kind in KINDS[entity].items():
        value = row[column]
        if isinstance(value, int) and rng.random() < 0.5:
            if kind == "time":
                row[column] = value + (1 if (value + 1) % 86_400_000_000 else -1)
            elif kind in ("percent", "count", "cents", "xp") and value > 1:
                row[column] = value - 1
            elif column == "listener_id":
                row[column] = None
    return row


def broken_file(rng: Chance, entity: str, path: str, rows: Sequence[Row]) -> Delivery:
    """A file that has to be rejected whole, at a path whose ending may be replaced."""
    folder, _, name = path.rpartition("/")
    stem = f"{folder}/{name.split('.')[0]}"
    some = list(rows)[:20]
    required = [column for column in KINDS[entity] if column not in OPTIONAL[entity]]
    header = ",".join(KINDS[entity])
    empty_cells = "," * (len(KINDS[entity]) - 1)
    missing = ",".join(column for column in KINDS[entity] if column != required[-1])
    contents: dict[str, list[bytes]] = {
        ".parquet": [
            b"this is not parquet",
            b"",
            b"PAR1PAR1",
            encode(rng, entity, some, "x.parquet")[:-5],
        ],
        ".csv": [
            b"",
            b"\xef\xbb\xbf",
            b"\n\n",
            f"{missing}\n".encode(),
            f"{header},{required[0]}\n".encode(),
            header.encode() + b"\n" + _LATIN_1 + empty_cells.encode() + b"\n",
            f'{header}\n{empty_cells}"ends here\n'.encode(),
            header.upper().encode(),
        ],
        ".ndjson": [b"{}\n" + _LATIN_1, '{"note": "x"}'.encode("utf-16")],
        ".csv.gz": [
            b"",
            header.encode(),
            _cut(compress(encode(rng, entity, some, "x.csv"), "x.gz")),
            _with_wrong_checksum(compress(header.encode(), "x.gz")),
            compress(missing.encode(), "x.gz"),
        ],
        ".csv.zst": [b"", header.encode(), _cut(compress(header.encode() * 9, "x.zst"))],
        ".jsonl.gz": [b"{}", compress(_LATIN_1, "x.gz"), _cut(compress(b"{}\n" * 99, "x.gz"))],
        ".jsonl.zst": [_cut(compress(encode(rng, entity, some, "x.ndjson") + b"\n", "x.zst"))],
    }
    ending = rng.choice(list(contents))
    content = rng.choice(contents[ending])
    if rng.foreignly(0.6):
        ending, content = _foreign_broken(rng, entity, some, missing.replace(",", "\t"))
    return Delivery(stem + ending, content, entity)


def _foreign_broken(
    rng: Chance, entity: str, rows: Sequence[Row], missing: str
) -> tuple[str, bytes]:
    """An ending, and content that it promises wrongly or in part."""
    ending = rng.notations.choice((".json", ".tsv", ".csv.gz", ".tsv.zst", ".json.bz2"))
    if ending == ".json":
        return ending, rng.notations.choice(_BROKEN_ARRAYS)
    if ending == ".tsv":
        header = missing.split("\t")[0]
        texts = (
            missing,
            f"{missing}\t{header}",
            missing.replace("\t", ","),
            f'"{missing}',
            " \n\v\n",
        )
        return ending, rng.notations.choice(texts).encode()
    whole = compress(encode(rng, entity, rows, f"x{ending.rpartition('.')[0]}"), ending)
    return ending, rng.notations.choice((whole + b"\0", whole + b"\n", whole + whole[:-3], b""))


def _cut(content: bytes) -> bytes:
    return content[: -max(1, len(content) // 4)]


def _with_wrong_checksum(content: bytes) -> bytes:
    return content[:-8] + bytes(byte ^ 255 for byte in content[-8:-4]) + content[-4:]


def ignored_file(rng: Chance, entity: str) -> Delivery:
    """A file that is not there yet, or is none of the exports' formats."""
    name = rng.choice(
        (
            "_half.csv",
            ".hidden.ndjson",
            "_temporary/0/part-0.parquet",
            "2026-06-01/.staging/x.csv",
            "2026-06-01.csv.part",
            "2026-06-01.parquet.tmp",
            "2026-06-01.CSV",
            "README.txt",
            "2026-06-01.csv.xz",
            "2026-06-01.parquet.gz",
            "2026-06-01.geojson",
        )
    )
    return Delivery(f"{entity}/{name}", b"junk that nobody may read \xff", entity)


def header_only(rng: Chance, entity: str, number: int) -> Delivery:
    """A file without rows, which is fine (for snapshots only within a dump that has more)."""
    ending = rng.choice((".csv", ".ndjson", ".parquet", ".jsonl.gz", ".csv.zst"))
    path = f"{entity}/nothing-{number}{ending}"
    content = encode(rng, entity, [], path)
    if ".json" in ending:
        content = compress(b"", path)
    if rng.foreignly(0.5):
        path = f"{entity}/nothing-{number}.json.bz2"
        content = compress(rng.notations.choice((b"", b"[]", b"[\n]\n", b"\n \v\n[]\n")), path)
    return Delivery(path, content, entity)
