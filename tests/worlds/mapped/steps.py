"""The steps of a world once more, with what `[exports.<entity>]` has to say at each of them."""

import json
import re
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.oracle.entities import ENTITIES, Entity
from tests.oracle.formats import format_of, rows_of
from tests.oracle.raw import BadFileError, RawRow
from tests.oracle.stamps import stamp_of
from tests.worlds.columns import KINDS
from tests.worlds.encoding import compress
from tests.worlds.world import Step

from .cells import Notation
from .drawing import Table, other_table, random_table, random_texts
from .ids import Texts
from .json_texts import json_text
from .parquet import parquet_file
from .paths import mapped_path
from .separated import separated_text

_ENDING = re.compile(r"(\.snappy)?\.[a-z]+(\.(gz|zst|bz2))?\Z")


@dataclass(frozen=True)
class MappedStep:
    """A step of a plain world, and what stands in its place."""

    plain: Step
    step: Step
    tables: dict[str, Table]
    """Those of `[exports]` by entity."""
    texts: Texts

    @property
    def settings(self) -> str:
        """The tables as TOML."""
        return "".join(
            f"[exports.{entity}]\n" + "".join(f"{key} = {_toml(v)}\n" for key, v in table.items())
            for entity, table in self.tables.items()
        )


def mapped(
    seed: int, steps: list[Step], *, changing: bool = True, texts: Texts | None = None
) -> list[MappedStep]:
    """The same facts in the same order, as other systems say them.

    While the world is `changing`, some change how on the way. `texts` are drawn if None.
    """
    rng = Random(f"mapping of {seed}")
    exporters = [_Exporter(rng, ENTITIES[name], steps) for name in KINDS]
    drawn = texts is None
    texts = texts or random_texts(rng)
    found = []
    for number, step in enumerate(steps):
        again = rng.random() < 0.3 and changing
        if number and again and drawn:
            texts = random_texts(rng)
        files: dict[str, bytes | None] = {}
        for exporter in exporters:
            redrawn = number == 0 or again or (changing and rng.random() < 0.1)
            if redrawn:
                exporter.redraw(texts)
            exporter.deliver(step, files, everything=redrawn)
        tables = {one.entity.name: table for one in exporters if (table := one.valid_table())}
        found.append(MappedStep(step, replace(step, files=files), tables, texts))
    return found


def misread(seed: int, steps: list[MappedStep]) -> list[MappedStep]:
    """The same files, of which the settings say something else from step to step."""
    rng = Random(f"misreading of {seed}")
    found = []
    tables: dict[str, Table] = {}
    for number, one in enumerate([*steps, replace(steps[-1], step=_without_files(steps[-1].step))]):
        tables = {entity: tables.get(entity, table) for entity, table in one.tables.items()}
        for entity in rng.sample(sorted(tables), rng.choice((0, 1, 2)) if number else 0):
            tables[entity] = other_table(rng, entity, tables[entity])
        found.append(replace(one, tables=dict(tables)))
    return found


def _without_files(step: Step) -> Step:
    return replace(step, files={})


class _Exporter:
    """One entity's files as they are there now."""

    def __init__(self, rng: Random, entity: Entity, steps: list[Step]) -> None:
        self.entity = entity
        self.table: Table = {}
        self._rng = rng
        self._start = f"{entity.name}/"
        paths = {p for step in steps for p in step.files if p.startswith(self._start)}
        self._places = {p: n for n, p in enumerate(sorted(paths, key=str.encode))}
        contents = {(p, c) for step in steps for p, c in step.files.items() if p in paths and c}
        self._words = _words(entity, contents)
        self._texts = Texts({})
        self._plain: dict[str, bytes] = {}
        self._there: dict[str, str] = {}

    def redraw(self, texts: Texts) -> None:
        """From now on, files are written by another table."""
        self._texts = texts
        self.table = random_table(self._rng, self.entity.name, texts, self._words)

    def valid_table(self) -> Table:
        """The table, without names of columns where no file has any, which would be a mistake."""
        for path in self._plain:
            rows = self._rows(path)
            if rows is not None and (format_of(path) != "json" or any(row for row in rows)):
                return self.table
        places = ("folder", "timezone", "stamp")
        return {key: self.table[key] for key in places if key in self.table}

    def deliver(self, step: Step, files: dict[str, bytes | None], *, everything: bool) -> None:
        """Add the files that a step changes, and all others where the table has changed."""
        changed = {p: c for p, c in step.files.items() if p.startswith(self._start)}
        for path, content in changed.items():
            if content is None:
                self._plain.pop(path, None)
            else:
                self._plain[path] = content
        for path in set(self._there) if everything else changed.keys() & self._there:
            files[self._there.pop(path)] = None
        for path in sorted(self._plain if everything else changed.keys() & self._plain):
            target, content = self._written(path)
            self._there[path] = target
            files[target] = content

    def _rows(self, path: str) -> list[RawRow] | None:
        return _rows_of(self.entity, path, self._plain[path])

    def _written(self, path: str) -> tuple[str, bytes]:
        folder = self.table.get("folder", self.entity.name)
        below, name = path.removeprefix(self._start), path.rpartition("/")[2]
        content = self._plain[path]
        hidden = any(part.startswith(("_", ".")) for part in below.split("/"))
        if hidden or not format_of(name) or name.endswith((".tmp", ".part")):
            return f"{folder}/{below}", content
        ending = _ENDING.search(name)
        assert ending, name
        target = below
        if not self.entity.time:
            place, stamp = self._places[path], stamp_of(below)
            target = mapped_path(self._rng, self.table, place, stamp, ending[0])
        rows = self._rows(path)
        if rows is None:
            return f"{folder}/{target}", b"\xff of no format"
        return f"{folder}/{target}", self._encoded(ending[0], content, rows)

    def _encoded(self, ending: str, content: bytes, raw_rows: list[RawRow]) -> bytes:
        rng, table = self._rng, self.table
        kind = format_of(ending)
        notation = Notation(rng, self.entity.name, table, self._texts, kind in ("json", "parquet"))
        names = table.get("columns", {})
        columns = {column: names.get(column, column) for column in self.entity.columns}
        used = {theirs.partition(".")[0] for theirs in columns.values()}
        decoys = [column for column in columns if column not in used]
        decoys = rng.sample(decoys, rng.randrange(len(decoys) + 1))
        plain = [
            None if raw is None else {column: raw.get(column) for column in columns}
            for raw in raw_rows
        ]
        if kind == "parquet":
            return parquet_file(notation, content, columns, decoys, plain)
        rows = [
            row and {column: notation.cell(column, cell) for column, cell in row.items()}
            for row in plain
        ]
        if kind == "json":
            text = json_text(rng, columns, decoys, rows)
        else:
            delimiter = "\t" if kind == "tsv" else table.get("delimiter", ",")
            text = separated_text(rng, table, delimiter, columns, decoys, rows)
        return compress(text.encode(), ending)


def _rows_of(entity: Entity, path: str, content: bytes) -> list[RawRow] | None:
    """The rows of a plain file; None if it is to be rejected whole, or ignored."""
    if not format_of(path):
        return None
    try:
        return rows_of(path, content, entity.required, list(entity.columns))
    except BadFileError:
        return None


def _words(entity: Entity, contents: set[tuple[str, bytes]]) -> set[str]:
    """All texts that are cells of the entity's columns."""
    found = set()
    for path, content in contents:
        for row in _rows_of(entity, path, content) or ():
            found |= {c for name in entity.columns if isinstance(c := (row or {}).get(name), str)}
    return found


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
