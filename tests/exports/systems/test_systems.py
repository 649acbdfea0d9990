"""Files of other systems are read as they are meant, with the tables of docs/exports.md.

(specification, section 1: exports that say things differently)
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest

from analysis.inspection.inspection import inspect
from cli.inspect import document
from pipelines.exports.text_ids import id_of
from pipelines.refresh import refresh
from pipelines.settings import load_settings
from tests.exports.systems.sections import FILES, blocks
from tests.exports.systems.world import AS_OF, DUMPED, IDS, TABLES, object_id_of, uuid_of
from tests.product import rows as rows_of

RULEBOOK = Path(__file__).parents[3] / "rules/beatpass.toml"
SECTIONS = blocks()
SYSTEMS = sorted(path.name for path in FILES.iterdir())
#: What the text of a section says that each of its tables needs for other files.
FURTHER = {"spark-csv.backslashes": 'escape = "\\\\"', "mysql.tsv": 'quote = ""'}
#: The texts that ids are in some systems.
TEXTS: Mapping[str, Callable[[int], str]] = {
    "snowflake-with-uuids.csv": uuid_of,
    "mongodb.json": object_id_of,
    "mongodb-canonical.json": object_id_of,
}
#: Systems that write local times.
LOCAL = {"laravel.csv": 'timezone = "Europe/Berlin"'}
#: What is rejected of the files of some.
REJECTED = {"debezium.json": ["play_id:required"]}
#: Names of the marketplace's columns that are not ours.
_OURS = {
    "producers": {
        "id": "producer_id",
        "name": "display_name",
        "created_at": "joined_at",
        "profile_percent": "profile_completion",
    },
    "tracks": {"id": "track_id"},
    "plays": {"id": "play_id", "seconds": "seconds_played"},
}
_Rows = list[dict[str, Any]]


def _published(folder: Path, exports: Path, tables: str) -> dict[str, _Rows]:
    """What a refresh publishes, and the rows that it accepted of each table."""
    path = folder / "settings.toml"
    path.write_text(
        f'[project]\nexports = "{exports}"\nstore = "store"\nrulebook = "{RULEBOOK}"\n{tables}'
    )
    manifest = refresh(load_settings(path), AS_OF).manifest
    store = folder / "store"
    names = ("progress", "xp_ledger", "rejects", "bad_cells")
    found = {name: rows_of(manifest.paths(store, name)) for name in names}
    for entity in TABLES:
        kept = sorted(store.glob(f"work/files/{entity}/*/rows.*.parquet"))
        frame = pl.concat(map(pl.read_parquet, kept))
        times = [n for n, of in frame.schema.items() if of.is_temporal()]
        # Systems keep more or fewer digits of a second, and write rows in one file or several.
        frame = frame.drop("row", *times, "text_id", strict=False)
        found[entity] = frame.to_dicts()
    return found


@cache
def _plain() -> dict[str, _Rows]:
    """The same of the marketplace as it is read by default."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for entity, table in TABLES.items():
            ours = _OURS[entity]
            frame = pl.DataFrame(table, infer_schema_length=None).rename(ours)
            path = folder / "exports" / entity / f"{DUMPED:%Y-%m-%d}.parquet"
            path.parent.mkdir(parents=True)
            frame.write_parquet(path)
        return _published(folder, folder / "exports", "")


def _with_ids(rows: _Rows, text: Callable[[int], str]) -> _Rows:
    """The rows with the ids that stand for the texts of a system."""
    names = {"play_id", *IDS}
    return [
        {n: id_of(text(v)) if n in names and v is not None else v for n, v in row.items()}
        for row in rows
    ]


def _tables(system: str) -> str:
    """The tables of the document, as they stand there."""
    said = SECTIONS[system.partition(".")[0]]["toml"]
    further = FURTHER.get(system, "")
    return re.sub(r"^\[exports\.\w+\]$", lambda table: f"{table[0]}\n{further}", said, flags=re.M)


def test_there_are_files_for_every_table_of_the_document() -> None:
    assert {system.partition(".")[0] for system in SYSTEMS} == set(SECTIONS)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_inspect_proposes_is_pasted_and_the_files_mean_the_same(
    system: str, tmp_path: Path
) -> None:
    """Nobody has read the document; a zone alone cannot be told from files."""
    path = tmp_path / "inspected.toml"
    path.write_text(
        f'[project]\nexports = "{FILES / system}"\nstore = "store"\nrulebook = "{RULEBOOK}"\n'
    )
    proposed = document(inspect(load_settings(path), None, AS_OF))["settings"]
    if system in LOCAL:
        proposed = re.sub(r"^\[.*\]$", rf"\g<0>\n{LOCAL[system]}", proposed, flags=re.M)
    _compare(system, _published(tmp_path, FILES / system, proposed))


@pytest.mark.parametrize("system", SYSTEMS)
def test_files_of_a_system_mean_what_it_exported(system: str, tmp_path: Path) -> None:
    _compare(system, _published(tmp_path, FILES / system, _tables(system)))


def _compare(system: str, found: dict[str, _Rows]) -> None:
    plain, text = _plain(), TEXTS.get(system)
    assert [row["reason"] for row in found["rejects"]] == REJECTED.get(system, [])
    assert found["bad_cells"] == []
    for name in (*TABLES, "progress", "xp_ledger"):
        expected = plain[name] if text is None else _with_ids(plain[name], text)
        assert sorted(found[name], key=str) == sorted(expected, key=str), name
