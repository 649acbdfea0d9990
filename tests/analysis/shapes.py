"""One small marketplace as other systems would write it, for `beatxp inspect`."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = Sequence[Any]

COLUMNS = {
    "producers": (
        "producer_id", "display_name", "joined_at", "profile_completion", "status", "user_id",
        "listed",
    ),
    "tracks": (
        "track_id", "producer_id", "title", "status", "published_at", "updated_at", "artwork",
        "description", "genres",
    ),
    "plays": ("play_id", "track_id", "played_at", "listener_id", "seconds_played"),
}  # fmt: skip
ROWS: dict[str, list[Row]] = {
    "producers": [
        (1, 'Ann "A"', "2026-01-01 10:00:00", 100, "active", 101, True),
        (2, "Bob, jr", "2026-01-02 10:00:00", 90, "suspended", 102, True),
        (3, "Cä\\d", "2026-01-03 10:00:00", 80, "active", None, None),
    ],
    "tracks": [
        (11, 1, 'T "1"', "published", "2026-02-01 10:00:00", "2026-02-02 10:00:00", None, "d", "a"),
        (12, 2, "T, 2", "draft", None, "2026-02-02 10:00:00", None, None, None),
        (13, 3, "T\n3", "removed", "2026-02-03 10:00:00", "2026-02-03 10:00:00", None, None, None),
    ],
    "plays": [
        (n, 11 if n % 2 else 13, f"2026-03-0{1 + n % 5} 1{n % 10}:00:00", 101 if n % 3 else None, 9)
        for n in range(1, 40)
    ],
}
_CODES = {"published": 1, "draft": 0, "removed": 2, "active": 1, "suspended": 0}
Shape = Callable[[Path], None]


def _write(exports: Path, names: dict[str, str], text: Callable[[str], str | bytes]) -> None:
    for entity, name in names.items():
        path = exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text(entity)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


def _names(ending: str, stamp: str = "2026-04-01") -> dict[str, str]:
    return {
        "producers": f"producers/{stamp}.{ending}",
        "tracks": f"tracks/{stamp}.{ending}",
        "plays": f"plays/part-0.{ending}",
    }


def _coded(entity: str) -> list[Row]:
    return [[_CODES.get(cell, cell) for cell in row] for row in ROWS[entity]]


def _csv(rows: Iterable[Row], null: str = "", delimiter: str = ",", quoting: int = 0) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerows([null if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def _objects(entity: str, change: Callable[[str, Any], Any] = lambda _, v: v) -> list[Any]:
    return [
        {name: change(name, cell) for name, cell in zip(COLUMNS[entity], row, strict=True)}
        for row in ROWS[entity]
    ]


def _lines(objects: Iterable[Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def pandas(exports: Path) -> None:
    """CSV in which integers that may be null are floats."""

    def text(entity: str) -> str:
        floats = {"user_id", "listener_id"} & set(COLUMNS[entity])
        rows = [
            [
                float(c) if n in floats and c else c
                for n, c in zip(COLUMNS[entity], row, strict=True)
            ]
            for row in ROWS[entity]
        ]
        return _csv([COLUMNS[entity], *rows])

    _write(exports, _names("csv"), text)


def firehose(exports: Path) -> None:
    """Objects after each other without line ends, in folders by hour."""
    names = {entity: f"{entity}/2026/04/01/06/stream-1.json" for entity in COLUMNS}
    _write(exports, names, lambda entity: "".join(map(json.dumps, _objects(entity))))


def spark_csv(exports: Path) -> None:
    """CSV with backslashes before quotes."""

    def cell(value: Any) -> str:
        text = "" if value is None else str(value).lower() if value is True else str(value)
        if not set(text) & set('",\n'):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def text(entity: str) -> str:
        rows = (COLUMNS[entity], *ROWS[entity])
        return "".join(",".join(map(cell, row)) + "\n" for row in rows)

    _write(exports, _names("csv"), text)


def mysql_enclosed(exports: Path) -> None:
    """INTO OUTFILE with quotes around texts, codes for words, and no header."""

    def cell(value: Any) -> str:
        if value is None:
            return "\\N"
        if isinstance(value, int):
            return str(int(value))
        return (
            '"' + str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\\n") + '"'
        )

    rows = {entity: [",".join(map(cell, row)) for row in _coded(entity)] for entity in COLUMNS}
    _write(exports, _names("csv"), lambda entity: "\n".join(rows[entity]) + "\n")


def mysql_tabs(exports: Path) -> None:
    """INTO OUTFILE as it is by default, and PostgreSQL's COPY in its text format."""

    def cell(value: Any) -> str:
        if value is None:
            return "\\N"
        text = str(int(value)) if isinstance(value, bool) else str(value)
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")

    rows = {entity: ["\t".join(map(cell, row)) for row in ROWS[entity]] for entity in COLUMNS}
    _write(exports, _names("tsv"), lambda entity: "\n".join(rows[entity]) + "\n")


def other_names(exports: Path) -> None:
    """CSV of another country, with other names for folders, columns and states."""
    folders = {
        "producers": "users/2026-04-01.csv",
        "tracks": "beats/2026-04-01.csv",
        "plays": "listens/all.csv",
    }
    headers = {
        "producers": ("id", "name", "created_at", "profile_completion", "is_active", "listener_id",
                      "public"),
        "tracks": ("id", "user_id", "title", "status", "published_at", "updated_at", "cover_url",
                   "description", "genre"),
        "plays": ("id", "beat_id", "listened_at", "user_id", "duration"),
    }  # fmt: skip

    def text(entity: str) -> str:
        return _csv([headers[entity], *_coded(entity)], delimiter=";", quoting=csv.QUOTE_ALL)

    _write(exports, folders, text)


def mongoexport(exports: Path) -> None:
    """Extended JSON with ids of 24 digits."""
    called = {"producers": "producer_id", "tracks": "track_id", "plays": "play_id"}

    def name(entity: str, column: str) -> str:
        first, *others = column.split("_")
        camel = first + "".join(word.capitalize() for word in others)
        return "_id" if called[entity] == column else camel

    def value(column: str, cell: Any) -> Any:
        if cell is None:
            return None
        if column.endswith("_id"):
            return {"$oid": f"65a1b2c3d4e5f6a7b8c9{cell:04x}"}
        if column.endswith("_at"):
            return {"$date": f"{cell.replace(' ', 'T')}.000Z"}
        return {"$numberLong": str(cell)} if column == "profile_completion" else cell

    def text(entity: str) -> str:
        return _lines(
            {name(entity, column): cell for column, cell in each.items()}
            for each in _objects(entity, value)
        )

    _write(exports, _names("json"), text)


def debezium(exports: Path) -> None:
    """Envelopes of changes, with times in microseconds."""

    def value(column: str, cell: Any) -> Any:
        if cell is None or not column.endswith("_at"):
            return cell
        return int(datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp() * 1_000_000)

    def text(entity: str) -> str:
        return _lines(
            {"payload": {"before": None, "after": after, "op": "c", "ts_ms": 1}}
            for after in _objects(entity, value)
        )

    _write(exports, _names("json"), text)


def airbyte(exports: Path) -> None:
    """A folder for the namespace, one for each stream, and records in an envelope."""
    names = {entity: f"public/{entity}/2026_04_01_1775001600000_0.jsonl.gz" for entity in COLUMNS}

    def text(entity: str) -> bytes:
        lines = _lines({"_airbyte_raw_id": "x", "_airbyte_data": row} for row in _objects(entity))
        return gzip.compress(lines.encode())

    _write(exports, names, text)


def null_words(exports: Path) -> None:
    """CSV of an SQL client, in files with a date as people write it."""

    def text(entity: str) -> str:
        return _csv([COLUMNS[entity], *ROWS[entity]], null="NULL", quoting=csv.QUOTE_ALL)

    _write(exports, _names("csv", "dump-01.04.2026"), text)


SHAPES: tuple[Shape, ...] = (
    pandas,
    firehose,
    spark_csv,
    mysql_enclosed,
    mysql_tabs,
    other_names,
    mongoexport,
    debezium,
    airbyte,
    null_words,
)
