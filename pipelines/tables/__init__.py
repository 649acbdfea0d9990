"""The registry of tables: every table with its columns, its key, its step and its inputs.

A table has one name everywhere: here, as its SQL file, as its asset, as the folder of its Parquet
files. Assets, descriptions, lineage and docs/tables.md are derived from its declaration.
"""

from collections.abc import Mapping
from typing import Final

from pipelines.tables.declaration import COUNT, DAY, FLAG, ID, TEXT, TIME, Column, Declaration
from pipelines.tables.export_rows import EXPORT_ROWS, METADATA_FIELDS
from pipelines.tables.published import CONTENT, PUBLISHED, SNAPSHOT
from pipelines.tables.table import StoreFile, Table, pieces, union
from pipelines.tables.working import WORKING

__all__ = [
    "CONTENT",
    "COUNT",
    "DAY",
    "EXPORT_ROWS",
    "FLAG",
    "ID",
    "METADATA_FIELDS",
    "PUBLISHED",
    "SNAPSHOT",
    "TABLES",
    "TEXT",
    "TIME",
    "WORKING",
    "Column",
    "Declaration",
    "StoreFile",
    "Table",
    "pieces",
    "union",
]

#: Every table that a refresh makes.
TABLES: Final[Mapping[str, Declaration]] = {**WORKING, **PUBLISHED}
