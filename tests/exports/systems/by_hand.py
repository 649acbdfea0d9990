"""Files of systems that nobody can install, written after what their makers document of them."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from tests.exports.systems.world import DUMPED, IDS, LISTS, TABLES, uuid_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Row = Mapping[str, Any]


def _micros(time: datetime) -> int:
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _mapped(row: _Row, convert: Callable[[str, Any], Any]) -> dict[str, Any]:
    return {name: None if value is None else convert(name, value) for name, value in row.items()}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        # Without a time, the same bytes come out each time.
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        path.write_bytes(text.encode())


def _csv(rows: list[dict[str, Any]], quoting: Any = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=quoting)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return text.getvalue()


# BigQuery --------------------------------------------------------------------------------------
# https://cloud.google.com/bigquery/docs/exporting-data#data_types and #export_limitations:
# INT64 and NUMERIC are texts in JSON, keys whose value is NULL are left out, TIMESTAMP ends in UTC,
# CSV has no arrays; names end in twelve digits.


def _bigquery_time(time: datetime) -> str:
    text = time.strftime("%Y-%m-%d %H:%M:%S")
    fraction = f".{time.microsecond:06}".rstrip("0") if time.microsecond else ""
    return f"{text}{fraction} UTC"


def bigquery_json(folder: Path) -> None:
    def convert(_: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return _bigquery_time(value)
        return str(value) if type(value) is int else value

    for table, rows in TABLES.items():
        lines = [
            {name: value for name, value in _mapped(row, convert).items() if value is not None}
            for row in rows
        ]
        text = "".join(f"{_compact(line)}\n" for line in lines)
        _write(folder / table / "20261101-000000000000.json.gz", text)


def bigquery_csv(folder: Path) -> None:
    def convert(name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return _bigquery_time(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return _compact(value) if name in LISTS else value

    for table, rows in TABLES.items():
        text = _csv([_mapped(row, convert) for row in rows])
        _write(folder / table / "20261101-000000000000.csv.gz", text)


def bigquery_parquet(folder: Path) -> None:
    for table, rows in TABLES.items():
        path = folder / table / "20261101-000000000000.parquet"
        path.parent.mkdir(parents=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, compression="snappy")


# Snowflake -------------------------------------------------------------------------------------
# https://docs.snowflake.com/en/sql-reference/sql/copy-into-location and
# https://docs.snowflake.com/en/user-guide/data-unload-considerations: names in capitals, texts in
# quotes that are doubled inside, NULL is \N, TIMESTAMP_TZ has an offset; OBJECT_CONSTRUCT leaves
# NULL out; Parquet has decimals, no zones, and JSON for arrays.


def _capitals(row: _Row) -> dict[str, Any]:
    return {name.upper(): value for name, value in row.items()}


def _snowflake_csv(rows: list[dict[str, Any]]) -> str:
    def cell(value: Any) -> str:
        if value is None:
            return r"\N"
        if isinstance(value, datetime):
            milliseconds = value.microsecond // 1000
            return f"{value:%Y-%m-%d %H:%M:%S}.{milliseconds:03} +0000"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, list):
            value = _compact(value)
        return '"{}"'.format(value.replace('"', '""')) if isinstance(value, str) else str(value)

    lines = [
        ",".join(f'"{name}"' for name in rows[0]),
        *(",".join(map(cell, r.values())) for r in rows),
    ]
    return "".join(f"{line}\n" for line in lines)


def snowflake_csv(folder: Path) -> None:
    for table, rows in TABLES.items():
        text = _snowflake_csv(list(map(_capitals, rows)))
        _write(folder / table / "2026-11-01" / "data_0_0_0.csv.gz", text)


def snowflake_json(folder: Path) -> None:
    def convert(_: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03} Z"
        return value

    for table, rows in TABLES.items():
        lines = [
            {n: v for n, v in _capitals(_mapped(row, convert)).items() if v is not None}
            for row in rows
        ]
        text = "".join(f"{_compact(line)}\n" for line in lines)
        _write(folder / table / "2026-11-01" / "data_0_0_0.json.gz", text)


def _snowflake_array(values: list[Any]) -> pyarrow.Array:
    sample = next(value for value in values if value is not None)
    if isinstance(sample, datetime):
        naive = [value and value.replace(tzinfo=None) for value in values]
        return pyarrow.array(naive, pyarrow.timestamp("us")).cast(
            pyarrow.timestamp("ms"), safe=False
        )
    if isinstance(sample, list):
        return pyarrow.array(list(map(_compact, values)))
    return pyarrow.array(values, pyarrow.decimal128(38, 0) if type(sample) is int else None)


def snowflake_parquet(folder: Path) -> None:
    for table, rows in TABLES.items():
        path = folder / table / "2026-11-01" / "data_0_0_0.snappy.parquet"
        path.parent.mkdir(parents=True)
        columns = {name.upper(): _snowflake_array([r[name] for r in rows]) for name in rows[0]}
        pyarrow.parquet.write_table(pyarrow.table(columns), path, compression="snappy")


def snowflake_uuids(folder: Path) -> None:
    def convert(name: str, value: Any) -> Any:
        return uuid_of(value) if name in IDS else value

    for table, rows in TABLES.items():
        text = _snowflake_csv([_capitals(_mapped(row, convert)) for row in rows])
        _write(folder / table / "2026-11-01" / "data_0_0_0.csv.gz", text)


# Firehose --------------------------------------------------------------------------------------
# https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html and
# https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html: records follow each other
# without anything between them; <prefix>YYYY/MM/dd/HH/<stream>-<version>-<time>-<uuid><extension>.


def firehose(folder: Path) -> None:
    def convert(_: str, value: Any) -> Any:
        return _micros(value) // 1000 if isinstance(value, datetime) else value

    for table, rows in TABLES.items():
        records = [_compact(_mapped(row, convert)) for row in rows]
        half = len(records) // 2
        for minute, some in ((2, records[:half]), (7, records[half:])):
            name = f"{table}-1-2026-11-01-00-0{minute}-31-{uuid_of(minute)}.json.gz"
            _write(folder / table / "2026/11/01/00" / name, "".join(some))


# Debezium --------------------------------------------------------------------------------------
# https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events:
# envelopes with schema and payload, MicroTimestamp; a delete has no `after`. Folders as of
# https://docs.confluent.io/kafka-connectors/s3-sink/current/overview.html#s3-object-names.


def debezium(folder: Path) -> None:
    def convert(_: str, value: Any) -> Any:
        return _micros(value) if isinstance(value, datetime) else value

    def envelope(table: str, op: str, before: _Row | None, after: _Row | None) -> str:
        millis = _micros(DUMPED) // 1000
        source = {"connector": "postgresql", "name": "market", "schema": "public", "table": table}
        payload = {
            "before": before,
            "after": after,
            "source": {**source, "ts_ms": millis, "snapshot": "true" if op == "r" else "false"},
            "op": op,
            "ts_ms": millis + 12,
            "transaction": None,
        }
        schema = {"type": "struct", "optional": False, "name": f"market.public.{table}.Envelope"}
        return _compact({"schema": schema, "payload": payload}) + "\n"

    for table, rows in TABLES.items():
        topic = f"market.public.{table}" if table == "plays" else f"dump.public.{table}"
        op = "c" if table == "plays" else "r"
        lines = [envelope(table, op, None, _mapped(row, convert)) for row in rows]
        if table == "plays":
            lines.append(envelope(table, "d", {"id": 17}, None))
        path = folder / "topics" / topic / "year=2026/month=11/day=01/hour=00"
        _write(path / f"{topic}+0+0000000000.json.gz", "".join(lines))


# Airbyte ---------------------------------------------------------------------------------------
# https://docs.airbyte.com/integrations/destinations/s3: JSONL without normalization, in
# ${NAMESPACE}/${STREAM_NAME}/${YEAR}_${MONTH}_${DAY}_${EPOCH}_, the epoch in milliseconds.


def airbyte(folder: Path) -> None:
    def convert(_: str, value: Any) -> Any:
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value

    millis = _micros(DUMPED) // 1000
    for table, rows in TABLES.items():
        lines = [
            {
                "_airbyte_raw_id": uuid_of(row["id"]),
                "_airbyte_extracted_at": millis,
                "_airbyte_generation_id": 11,
                "_airbyte_meta": {"changes": [], "sync_id": 10111},
                "_airbyte_data": _mapped(row, convert),
            }
            for row in rows
        ]
        text = "".join(f"{_compact(line)}\n" for line in lines)
        _write(folder / "public" / table / f"2026_11_01_{millis}_0.jsonl.gz", text)


#: By section of docs/exports.md and what tells several of its files apart.
BY_HAND: Mapping[str, Callable[[Path], None]] = {
    "bigquery.json": bigquery_json,
    "bigquery.csv": bigquery_csv,
    "bigquery.parquet": bigquery_parquet,
    "snowflake.csv": snowflake_csv,
    "snowflake.json": snowflake_json,
    "snowflake.parquet": snowflake_parquet,
    "snowflake-with-uuids.csv": snowflake_uuids,
    "amazon-data-firehose.json": firehose,
    "debezium.json": debezium,
    "airbyte.jsonl": airbyte,
}
