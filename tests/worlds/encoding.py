"""Rows as the bytes of one export file, in any format, with every freedom a format leaves."""

import gzip
import io
from collections.abc import Sequence
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from .columns import KINDS, OPTIONAL, WHOLE_NUMBERS, BadCell, BrokenLine, Line
from .texts import DAY, csv_cell, json_cell, quoted, time_text

ENDINGS = (
    ".parquet",
    ".parquet",
    ".csv",
    ".csv",
    ".csv.gz",
    ".csv.zst",
    ".ndjson",
    ".ndjson.gz",
    ".ndjson.zst",
    ".jsonl",
    ".jsonl.gz",
    ".jsonl.zst",
)
_BROKEN_JSON = (
    "{",
    "[]",
    "null",
    '"text"',
    "7",
    "{} {}",
    '{"play_id": NaN}',
    '{"play_id": 1,}',
    "{'play_id': 1}",
    "play_id,track_id",
    '{"play_id": -Infinity}',
    '{"note": "a\tb"}',
    "\ufeff{}",
)


def encode(rng: Random, entity: str, lines: Sequence[Line], name: str) -> bytes:
    """The content of a file whose ending says its format and compression."""
    columns = [c for c in KINDS[entity] if c not in OPTIONAL[entity] or rng.random() < 0.95]
    rng.shuffle(columns)
    if name.endswith(".parquet"):
        return _parquet(rng, entity, lines, columns)
    text = (_csv if ".csv" in name else _ndjson)(rng, entity, lines, columns)
    return compress(text.encode("utf-8"), name)


def compress(content: bytes, name: str) -> bytes:
    """The content as the ending of the name asks for it, the same bytes every time."""
    if name.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(content)
    return content


def _joined(rng: Random, records: list[str]) -> str:
    """Records with line ends and empty lines, the last one sometimes without an end."""
    end = rng.choice(("\n", "\n", "\r\n"))
    blank = rng.choice((0.0, 0.0, 0.05))
    text = rng.choice(("", "", "", "\ufeff"))
    for number, record in enumerate(records):
        if number and rng.random() < blank:
            text += rng.choice(("", "", "  ", "\t")) + end
        text += record + end
    return text if rng.random() < 0.7 else text.removesuffix(end)


def _csv(rng: Random, entity: str, lines: Sequence[Line], columns: list[str]) -> str:
    kinds = KINDS[entity]
    header = list(columns)
    for unknown in rng.sample(("mystery", "Play_ID", "status ", "date"), rng.choice((0, 0, 1, 2))):
        header.insert(rng.randrange(len(header) + 1), unknown)
    share = rng.choice((0.0, 0.0, 0.2, 1.0))
    records = [[quoted(rng, name, share) for name in header]]
    for line in lines:
        if isinstance(line, BrokenLine):
            width = rng.choice((1, len(header) - 1, len(header) + 1))
            cells = [str(rng.randrange(1, 99)) for _ in range(width)]
        else:
            cells = [
                csv_cell(rng, kinds[name], line[name]) if name in kinds else rng.choice(("", "?"))
                for name in header
            ]
        records.append([quoted(rng, cell, share) for cell in cells])
    return _joined(rng, [",".join(record) for record in records])


def _ndjson(rng: Random, entity: str, lines: Sequence[Line], columns: list[str]) -> str:
    ascii_only = rng.random() < 0.3
    comma, colon = rng.choice(((", ", ": "), (",", ":"), (" ,\t", " : ")))
    return _joined(
        rng,
        [_object(rng, KINDS[entity], line, columns, comma, colon, ascii_only) for line in lines],
    )


def _object(
    rng: Random,
    kinds: dict[str, str],
    line: Line,
    columns: list[str],
    comma: str,
    colon: str,
    ascii_only: bool,
) -> str:
    if isinstance(line, BrokenLine):
        return rng.choice(_BROKEN_JSON)
    columns = list(columns)
    rng.shuffle(columns)
    members = [
        f'"{name}"{colon}{json_cell(rng, kinds[name], line[name], ascii_only=ascii_only)}'
        for name in columns
        if line[name] is not None or rng.random() < 0.5
    ]
    if rng.random() < 0.03:
        # A repeated key: what comes first does not count.
        members.insert(0, f'"{columns[0]}"{colon}"junk"')
        if line[columns[0]] is None:
            members.append(f'"{columns[0]}"{colon}null')
    if rng.random() < 0.05:
        members.append(f'"mystery"{colon}{{"a": [1, null, 2.5]}}')
    return "{" + comma.join(members) + "}"


def _parquet(rng: Random, entity: str, lines: Sequence[Line], columns: list[str]) -> bytes:
    rows = [line for line in lines if not isinstance(line, BrokenLine)]
    arrays = {
        name: _array(rng, KINDS[entity][name], [row[name] for row in rows]) for name in columns
    }
    if rng.random() < 0.3:
        arrays["mystery"] = pa.array([{"a": number} for number in range(len(rows))])
    sink = io.BytesIO()
    pq.write_table(
        pa.table(arrays),
        sink,
        compression=rng.choice(("zstd", "snappy", "none")),
        row_group_size=rng.choice((None, 7, 100)),
    )
    return sink.getvalue()


def _array(rng: Random, kind: str, values: list[Any]) -> Any:
    """One column in any type that can hold it; bad cells need a column of text."""
    if kind == "list":
        return _list_array(rng, values)
    clean = not any(isinstance(value, BadCell) for value in values)
    if clean and kind == "time":
        return _time_array(rng, values)
    if clean and (kind == "number" or kind in WHOLE_NUMBERS) and rng.random() < 0.9:
        return _number_array(rng, values)
    if clean and kind == "flag" and rng.random() < 0.8:
        return pa.array(values, pa.bool_())
    texts = [None if value is None else csv_cell(rng, kind, value) for value in values]
    array = pa.array(texts, pa.string())
    form = rng.random()
    if form < 0.2:
        return array.dictionary_encode()
    return array.cast(pa.large_string()) if form < 0.4 else array


def _number_array(rng: Random, values: list[Any]) -> Any:
    low, high = (pick((v for v in values if v is not None), default=0) for pick in (min, max))
    if any(isinstance(value, float) for value in values):
        return pa.array(values, pa.float64())
    types = [pa.int64()] * 3
    if max(-low, high) < 2**53:
        types.append(pa.float64())
    types += [
        kind
        for kind, limit in ((pa.int32(), 31), (pa.int16(), 15), (pa.int8(), 7))
        if -(2**limit) <= low and high < 2**limit
    ]
    if low >= 0:
        types.append(pa.uint64())
    kind = rng.choice(types)
    if kind == pa.float64() and rng.random() < 0.5:
        return pa.array([float("nan") if v is None else float(v) for v in values], kind)
    return pa.array([v if v is None or kind != pa.float64() else float(v) for v in values], kind)


def _time_array(rng: Random, values: list[int | None]) -> Any:
    if rng.random() < 0.15:
        return pa.array([None if v is None else time_text(rng, v) for v in values], pa.string())
    if all(value is None or value % DAY == 0 for value in values) and rng.random() < 0.8:
        days = pa.array([None if v is None else v // DAY for v in values], pa.int32())
        return days.cast(pa.date32()).cast(rng.choice((pa.date32(), pa.date64())))
    unit, divisor = rng.choice((("us", 1), ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("ns", 1)))
    zone = rng.choice((None, "UTC", "Europe/Berlin", "+05:30"))
    numbers = [None if v is None else v // divisor for v in values]
    if unit == "ns":
        numbers = [None if v is None else v * 1_000 + rng.choice((0, 999)) for v in values]
    return pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, zone))


def _list_array(rng: Random, values: list[Any]) -> Any:
    form = rng.random()
    plain = [value.text if isinstance(value, BadCell) else value for value in values]
    if form < 0.05:
        # Not text: no cell of this column can be read.
        return pa.array([None if value is None else [1, 2] for value in plain])
    if form < 0.5:
        lists = [v if v is None or isinstance(v, list) else [v] for v in plain]
        return pa.array(lists, pa.list_(pa.string()))
    texts = ["|".join(i or "" for i in v) if isinstance(v, list) else v for v in plain]
    return pa.array(texts, pa.string())
