"""Rows as the bytes of a Parquet file, each column in any type that can hold it."""

import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .chance import Chance
from .columns import KINDS, WHOLE_NUMBERS, BadCell, BrokenLine, Line
from .texts import DAY, csv_cell, since_1970, time_text


def parquet_file(rng: Chance, entity: str, lines: Sequence[Line], columns: list[str]) -> bytes:
    """A file of the columns; it has no broken lines."""
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
        # As Spark, Hive and Impala write timestamps.
        use_deprecated_int96_timestamps=rng.foreignly(0.2),
    )
    return sink.getvalue()


def _array(rng: Chance, kind: str, values: list[Any]) -> Any:
    """One column in any type that can hold it; bad cells need a column of text."""
    if all(value is None for value in values) and rng.foreignly(0.5):
        # What pandas makes of a column without values.
        return rng.notations.choice(
            (pa.nulls(len(values)), pa.array([float("nan")] * len(values), pa.float64()))
        )
    if kind == "list":
        return _list_array(rng, values)
    clean = not any(isinstance(value, BadCell) for value in values)
    if clean and kind == "time":
        return _time_array(rng, values)
    if clean and (kind == "number" or kind in WHOLE_NUMBERS) and rng.random() < 0.9:
        return _number_array(rng, values)
    if clean and kind == "flag" and rng.random() < 0.8:
        return pa.array(values, pa.bool_())
    array = _text_array(rng, [None if v is None else csv_cell(rng, kind, v) for v in values])
    form = rng.random()
    if form < 0.2:
        return array.dictionary_encode()
    return array.cast(pa.large_string()) if form < 0.4 and array.type == pa.string() else array


def _text_array(rng: Chance, texts: list[str | None]) -> Any:
    """Text, maybe without an annotation, and then sometimes with a cell that is none."""
    if not rng.foreignly(0.3):
        return pa.array(texts, pa.string())
    binaries = [None if text is None else text.encode() for text in texts]
    if binaries and rng.notations.random() < 0.1:
        binaries[rng.notations.randrange(len(binaries))] = b"caf\xe9"
    return pa.array(binaries, rng.notations.choice((pa.binary(), pa.large_binary())))


def _number_array(rng: Chance, values: list[Any]) -> Any:
    low, high = (pick((v for v in values if v is not None), default=0) for pick in (min, max))
    if rng.foreignly(0.4):
        return _foreign_numbers(rng, values, max(-low, high))
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


def _foreign_numbers(rng: Chance, values: list[Any], largest: float) -> Any:
    """Decimals, or floats as narrow as they can be, sometimes with one that may be another's."""
    forms = ["decimal"]
    forms += ["double"] * (largest < 2**53) + ["float", "float"] * (largest < 2**24)
    form = rng.notations.choice(forms)
    spoilt = rng.notations.randrange(len(values)) if rng.foreignly(0.1) and values else None
    if form == "decimal":
        kind = pa.decimal128(*rng.notations.choice(((38, 1), (25, 6), (21, 1))))
        cells = [None if v is None else Decimal(str(v)) for v in values]
        if spoilt is not None:
            cells[spoilt] = Decimal("7.5")
        return pa.array(cells, kind)
    kind, limit = (pa.float64(), 2.0**53) if form == "double" else (pa.float32(), 2.0**24)
    numbers = [None if v is None else float(v) for v in values]
    if spoilt is not None:
        numbers[spoilt] = rng.notations.choice((limit, -limit, 7.5))
    return pa.array(numbers, kind)


def _time_array(rng: Chance, values: list[int | None]) -> Any:
    if rng.random() < 0.15:
        return _text_array(rng, [None if v is None else time_text(rng, v) for v in values])
    if all(value is None or value % DAY == 0 for value in values) and rng.random() < 0.8:
        days = pa.array([None if v is None else v // DAY for v in values], pa.int32())
        return days.cast(pa.date32()).cast(rng.choice((pa.date32(), pa.date64())))
    if rng.foreignly(0.3):
        return _numbers_since_1970(rng, values)
    unit, divisor = rng.choice((("us", 1), ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("ns", 1)))
    zone = rng.choice((None, "UTC", "Europe/Berlin", "+05:30"))
    numbers = [None if v is None else v // divisor for v in values]
    if unit == "ns":
        numbers = [None if v is None else v * 1_000 + rng.choice((0, 999)) for v in values]
    return pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, zone))


def _numbers_since_1970(rng: Chance, values: list[int | None]) -> Any:
    """Times of which each may have a unit of its own, and which floats can hold up to 2^53."""
    numbers = [None if v is None else since_1970(rng.notations, v) for v in values]
    kind = rng.notations.choice((pa.int64(), pa.uint64(), pa.decimal128(20, 0), pa.float64()))
    if kind == pa.float64():
        return pa.array([None if v is None else v / 1 for v in values], kind)
    return pa.array(numbers, kind)


def _list_array(rng: Chance, values: list[Any]) -> Any:
    form = rng.random()
    plain = [value.text if isinstance(value, BadCell) else value for value in values]
    if form < 0.05:
        # Not text: no cell of this column can be read.
        return pa.array([None if value is None else [1, 2] for value in plain])
    if form < 0.5:
        lists = [v if v is None or isinstance(v, list) else [v] for v in plain]
        items = pa.binary() if rng.foreignly(0.3) else pa.string()
        return pa.array(lists, pa.list_(items))
    if rng.foreignly(0.5):
        return _text_array(rng, [json.dumps(v) if isinstance(v, list) else v for v in plain])
    texts = ["|".join(i or "" for i in v) if isinstance(v, list) else v for v in plain]
    return pa.array(texts, pa.string())
