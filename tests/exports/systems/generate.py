# /// script
# requires-python = ">=3.11"
# dependencies = ["pandas==3.1.1", "pyarrow", "pymongo==4.20.1", "pyspark==4.3.0"]
# ///
"""Writes the files in `files`: each system runs what docs/exports.md says, on the same marketplace.

`PYTHONPATH=. uv run tests/exports/systems/generate.py [SYSTEM ...]`, with Java, `php`, `psql` and
`mariadb` on the path and a database that these find by themselves (PGHOST, MYSQL_UNIX_PORT, ...),
whose server may write into /tmp. The last were written by pandas 3.1.1, PyMongo 4.20.1 (its
`bson.json_util` writes what mongoexport does), Spark 4.3.0, PHP 8.2, PostgreSQL 15.18 and MariaDB
10.11. The other systems' files are written by hand.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.exports.systems.by_hand import BY_HAND
from tests.exports.systems.sections import FILES, blocks
from tests.exports.systems.world import IDS, LISTS, TABLES, Table, object_id_of

#: What applications that keep a number for a status keep.
_STATUSES = {"suspended": 0, "active": 1, "draft": 0, "published": 1, "removed": 2}
_BLOCKS = blocks()


@contextmanager
def _exporting(*names: str) -> Iterator[None]:
    """A folder in which `exports` has a folder for each table; what is written there is kept.

    Files of several kinds go into the folder of the name that says which: "pandas.csv".
    """
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        exports = Path(folder) / "exports"
        for table in TABLES:
            (exports / table).mkdir(parents=True)
        # The server of a database may be another user.
        for path in (Path(folder), exports, *exports.iterdir()):
            path.chmod(0o777)
        yield
        for name in names:
            shutil.rmtree(FILES / name, ignore_errors=True)
            ending = name.partition(".")[2]
            for path in exports.rglob("*"):
                if path.is_file() and (len(names) == 1 or path.suffix == f".{ending}"):
                    target = FILES / name / path.relative_to(exports)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)


def _with_texts(rows: Table) -> Table:
    """Lists as texts, for where a cell cannot hold one."""
    return [
        {n: json.dumps(v, ensure_ascii=False) if n in LISTS else v for n, v in row.items()}
        for row in rows
    ]


# Programs ----------------------------------------------------------------------------------------


def pandas() -> None:
    import pandas

    frames: dict[str, Any] = {
        name: pandas.DataFrame(_with_texts(rows)) for name, rows in TABLES.items()
    }
    with _exporting("pandas.csv", "pandas.ndjson", "pandas.parquet"):
        exec(_BLOCKS["pandas"]["python"], frames)


def _spark(section: str, name: str, texts: bool, changed: Callable[[str], str]) -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False)
    spark = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    types = {
        "producers": "id long, name string, created_at timestamp, profile_percent int, "
        "status string, user_id long, listed boolean",
        "tracks": "id long, producer_id long, title string, status string, "
        "published_at timestamp, updated_at timestamp, artwork string, description string, "
        "genres array<string>, tags array<string>, bpm double, musical_key string, scale string, "
        "collection string",
        "plays": "id long, track_id long, played_at timestamp, listener_id long, seconds int",
    }
    frames: dict[str, Any] = {"spark": spark}
    for table, of in types.items():
        rows = _with_texts(TABLES[table]) if texts else TABLES[table]
        schema = of.replace("array<string>", "string") if texts else of
        frames[table] = spark.createDataFrame([tuple(r.values()) for r in rows], schema)
    with _exporting(name):
        for table in TABLES:
            (Path("exports") / table).rmdir()
        # The JVM stays where it was started.
        code = _BLOCKS[section]["python"].replace('"exports/', f'"{Path.cwd()}/exports/')
        exec(changed(code), frames)


def spark_json() -> None:
    _spark("spark-json", "spark-json.json", False, str)

    def parquet(code: str) -> str:
        return code.replace("write.json(", "write.parquet(").replace('"gzip"', '"snappy"')

    _spark("spark-json", "spark-json.parquet", False, parquet)


def spark_csv() -> None:
    _spark("spark-csv", "spark-csv.quotes", True, str)

    def quoting(code: str) -> str:
        assert "escape='\"'" in code
        return code.replace("escape='\"'", "quoteAll=True")

    _spark("spark-csv", "spark-csv.backslashes", True, quoting)


def laravel() -> None:
    """With numbers for statuses, local times, and a zero date for none."""

    def kept(name: str, value: Any) -> Any:
        if name == "status":
            return _STATUSES[value]
        if name == "published_at" and value is None:
            return "0000-00-00 00:00:00"
        if isinstance(value, datetime):
            return value.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d %H:%M:%S")
        return int(value) if isinstance(value, bool) else value

    tables = {
        table: [
            {name: kept(name, value) for name, value in row.items()} for row in _with_texts(rows)
        ]
        for table, rows in TABLES.items()
    }
    shim = """<?php
        class DB {
            public $rows;
            static function table($name) {
                $found = new DB();
                $found->rows = json_decode(file_get_contents('tables.json'))->$name;
                return $found;
            }
            function orderBy($column) { return $this; }
            function cursor() { return $this->rows; }
        }
    """
    with _exporting("laravel.csv"):
        Path("tables.json").write_text(json.dumps(tables))
        Path("export.php").write_text(shim + _BLOCKS["laravel"]["php"])
        subprocess.run(["php", "-n", "export.php"], check=True)


# Databases ---------------------------------------------------------------------------------------


def _sql(value: Any, is_mysql: bool) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(value, str):
        digits = value.encode().hex()
        if is_mysql:
            return f"convert(x'{digits}' using utf8mb4)"
        return f"convert_from('\\x{digits}', 'UTF8')"
    if isinstance(value, list):
        return "array[" + ", ".join(_sql(each, False) for each in value) + "]::text[]"
    return str(value)


def _inserted(tables: Mapping[str, Table], types: str, is_mysql: bool) -> str:
    """SQL that makes the tables and fills them."""
    lines = [types]
    for table, rows in tables.items():
        for row in rows:
            values = ", ".join(_sql(value, is_mysql) for value in row.values())
            lines.append(f"INSERT INTO {table} VALUES ({values});")
    return "\n".join(lines)


def postgresql() -> None:
    types = """
        SET timezone = 'UTC';
        SET client_min_messages = warning;
        DROP TABLE IF EXISTS producers, tracks, plays;
        CREATE TABLE producers (id bigint, name text, created_at timestamptz, profile_percent int,
            status text, user_id bigint, listed boolean);
        CREATE TABLE tracks (id bigint, producer_id bigint, title text, status text,
            published_at timestamptz, updated_at timestamptz, artwork text, description text,
            genres text[], tags text[], bpm double precision, musical_key text, scale text,
            collection text);
        CREATE TABLE plays (id bigint, track_id bigint, played_at timestamptz, listener_id bigint,
            seconds int);
    """
    psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    subprocess.run(psql, input=_inserted(TABLES, types, False).encode(), check=True)
    for section, name in (
        ("postgresql-csv", "postgresql-csv.csv"),
        ("postgresql-text", "postgresql-text.tsv"),
    ):
        with _exporting(name):
            subprocess.run(psql, input=_BLOCKS[section]["psql"].encode(), check=True)


def mysql() -> None:
    types = """
        SET time_zone = '+00:00';
        ALTER DATABASE CHARACTER SET utf8mb4;
        DROP TABLE IF EXISTS producers, tracks, plays;
        CREATE TABLE producers (id bigint, name text, created_at timestamp(6) NULL,
            profile_percent tinyint, status tinyint, user_id bigint, listed tinyint(1));
        CREATE TABLE tracks (id bigint, producer_id bigint, title text, status tinyint,
            published_at timestamp(6) NULL, updated_at timestamp(6) NULL, artwork text,
            description text, genres json, tags json, bpm double, musical_key text, scale text,
            collection text);
        CREATE TABLE plays (id bigint, track_id bigint, played_at timestamp(6) NULL,
            listener_id bigint, seconds int);
    """
    numbered = {
        table: [
            {n: _STATUSES[v] if n == "status" else v for n, v in row.items()}
            for row in _with_texts(rows)
        ]
        for table, rows in TABLES.items()
    }
    mariadb = ["mariadb", "--default-character-set=utf8mb4"]
    subprocess.run(mariadb, input=_inserted(numbered, types, True).encode(), check=True)
    code = _BLOCKS["mysql"]["sql"]
    bare = re.sub(r"\n +FIELDS [^;]*", "", code).replace(".csv'", ".tsv'")
    for name, statements in (("mysql.csv", code), ("mysql.tsv", bare)):
        with _exporting(name):
            here = statements.replace("'exports/", f"'{Path.cwd()}/exports/")
            subprocess.run(mariadb, input=here.encode(), check=True)


def mongodb() -> None:
    from bson import Int64, ObjectId
    from bson.json_util import CANONICAL_JSON_OPTIONS, RELAXED_JSON_OPTIONS, dumps

    def camel(name: str) -> str:
        if name in IDS and name != "id":
            return re.sub("_id$", "Id", name)
        return "_id" if name == "id" else re.sub("_(.)", lambda m: m[1].upper(), name)

    def kept(name: str, value: Any) -> Any:
        if value is not None and name in IDS:
            return ObjectId(object_id_of(value))
        return Int64(value) if value is not None and name == "seconds" else value

    for name, options in (
        ("mongodb.json", RELAXED_JSON_OPTIONS),
        ("mongodb-canonical.json", CANONICAL_JSON_OPTIONS),
    ):
        with _exporting(name):
            for table, rows in TABLES.items():
                documents = [{camel(n): kept(n, v) for n, v in row.items()} for row in rows]
                lines = [
                    dumps(each, json_options=options, ensure_ascii=False, separators=(",", ":"))
                    for each in documents
                ]
                path = Path("exports") / table / "2026-11-01.json"
                path.write_text("".join(f"{line}\n" for line in lines))


def _by_hand(name: str, write: Callable[[Path], None]) -> Callable[[], None]:
    def written() -> None:
        shutil.rmtree(FILES / name, ignore_errors=True)
        write(FILES / name)

    return written


SYSTEMS: Mapping[str, Callable[[], None]] = {
    "pandas": pandas,
    "spark-json": spark_json,
    "spark-csv": spark_csv,
    "laravel": laravel,
    "postgresql": postgresql,
    "mysql": mysql,
    "mongodb": mongodb,
    **{name: _by_hand(name, write) for name, write in BY_HAND.items()},
}


if __name__ == "__main__":
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    for system in sys.argv[1:] or SYSTEMS:
        SYSTEMS[system]()
